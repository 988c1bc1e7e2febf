import type { Setting } from '../plan/history.ts';

/** An image as far as values that a commit set name it. */
export interface NamedImage {
  /** Where its values stand, without their last key. */
  readonly at: string;
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

const whole = /^([a-z0-9][\w./-]*(?::\d+\/[\w./-]+)?)?(?:(?:^|:)([\w][\w.-]{0,127}))?(?:@?(sha256:[0-9a-f]{64}))?$/;

/** The images that settings name by reference, tag or digest; keys side by side are of one. Pure, and nothing is asked. */
export function imagesSet(settings: readonly Setting[]): NamedImage[] {
  const found = new Map<string, NamedImage>();
  for (const { file, path, value } of settings) {
    const [, above = '', key = ''] = /^(.*?)\.?([\w-]*)$/.exec(path) ?? [];
    const isTag = /(tag|version)$/i.test(key);
    const isName = /(image|name|repository)$/i.test(key);
    const isDigest = /digest$/i.test(key);
    if (!isTag && !isName && !isDigest) continue;
    // A tag alone reads as a name.
    const [, name, tag, digest] = whole.exec(isTag ? `:${value}` : isDigest ? `@${value}` : value) ?? [];
    if (isName && /image$/i.test(key) && tag === undefined && digest === undefined) continue;
    const told = { ...(isName && { name }), ...(!isDigest && tag !== undefined && { tag }), ...(digest && { digest }) };
    if (Object.keys(told).length === 0) continue;
    const place = `${file} ${above}`;
    found.set(place, { at: above === '' ? file : above, ...found.get(place), ...told });
  }
  return [...found.values()].filter(({ tag, digest }) => tag !== undefined || digest !== undefined);
}
