/**
 * A release's numbers and pre-release (semver.org, 2.0.0) of a name such as `v1.2.0` or `cart/v1.2.0-rc.1`; `v1.2` is
 * `v1.2.0`. Undefined where it is none.
 */
function parseRelease(text: string) {
  const found =
    /^(?:.*?[/_-])??(v?)(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([\da-z.-]+))?(?:\+[\da-z.-]+)?$/i.exec(text);
  const [, v, major, minor, patch, before] = found ?? [];
  // A number alone may be anything.
  if (v === '' && minor === undefined) return undefined;
  return major && { numbers: [major, minor, patch].map((number) => Number(number ?? 0)), before: before?.split('.') };
}

/** Which of two releases is higher: negative, 0, positive as of a sort; undefined where one is none. */
export function compareReleases(one: string, other: string): number | undefined {
  const [a, b] = [parseRelease(one), parseRelease(other)];
  if (!a || !b) return undefined;
  const at = a.numbers.findIndex((number, index) => number !== b.numbers[index]);
  if (at >= 0) return (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
  if (a.before === undefined || b.before === undefined)
    return Number(a.before === undefined) - Number(b.before === undefined);
  for (const [index, part] of a.before.entries()) {
    const theirs = b.before[index];
    if (theirs === undefined) return 1;
    if (part === theirs) continue;
    const [x, y] = [part, theirs].map((text) => (/^\d+$/.test(text) ? Number(text) : undefined));
    if (x !== undefined && y !== undefined) return x - y;
    if (x !== undefined || y !== undefined) return x === undefined ? 1 : -1;
    return part < theirs ? -1 : 1;
  }
  return a.before.length - b.before.length;
}
