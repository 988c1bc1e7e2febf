/** Where something stands in a tagboat.yaml. */
export type ConfigPath = readonly (string | number)[];

/** A path as the file's reader sees it: `deliveries.production.set["main/values.yaml"]`. */
export function describePath(path: ConfigPath): string {
  if (path.length === 0) return 'the file';
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return steps.join('').replace(/^\./, '');
}

/** A path as the key of a map. */
export function spotKey(path: ConfigPath): string {
  return JSON.stringify(path);
}
