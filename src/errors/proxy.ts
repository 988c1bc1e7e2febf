/** What a proxy's 407 means on the way to somebody. */
export function proxyRefused(to: string): string {
  return `The proxy on the way to ${to} wants credentials.`;
}

export const proxyHint =
  'Put its user and password into the proxy variable (HTTPS_PROXY=http://user:password@proxy:3128), or the host into NO_PROXY.';
