/** Names between slashes as they stand in a URL's path: each escaped, the slashes left. */
export function urlPath(names: string): string {
  return names.split('/').map(encodeURIComponent).join('/');
}
