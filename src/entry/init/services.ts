import { posix } from 'node:path';
import type { SeenImage } from './find-images.ts';
import type { Offer } from './find-places.ts';

/** The folder that at least three images have a folder of their own in, each named by it: one entry stands for all. */
export function servicesFolder(images: readonly SeenImage[]): string | undefined {
  const folderOf = ({ dockerfile }: SeenImage): string => posix.dirname(posix.dirname(dockerfile));
  const parents = new Set(images.filter(isPlain).map(folderOf));
  return [...parents].find((parent) => {
    const inside = images.filter((one) => folderOf(one) === parent && one.dockerfile.split('/').length > 2);
    return inside.length >= 3 && inside.every(isPlain);
  });
}

/** Whether an image is all that an entry for its folder says. */
function isPlain({ name, dockerfile, context, target, args }: SeenImage): boolean {
  const isOwn = dockerfile === `${context}/Dockerfile` && posix.basename(context) === name;
  return isOwn && context.includes('/') && target === undefined && args === undefined;
}

/**
 * Values in short: one with `{name}` in place of those that differ in their images' names alone, and by name where one
 * stands alone. Undefined where a value doesn't tell which image it is of.
 */
export function shortPlaces(places: readonly Offer[], services: readonly string[]): readonly Offer[] | undefined {
  const named = places.map((place): Offer | undefined => {
    const { value, image, file, path } = place;
    if (value !== '{tag}') return place;
    if (image === undefined) return undefined;
    const each = (text: string): string => text.replace(new RegExp(`(?<![\\w-])${image}(?![\\w-])`, 'g'), '{name}');
    const [eachFile, eachPath] = [each(file), each(path)];
    const isEach = services.includes(image) && eachFile + eachPath !== file + path;
    return isEach ? { ...place, file: eachFile, path: eachPath } : { ...place, value: `{tag.${image}}` };
  });
  if (named.includes(undefined)) return undefined;
  const all = named.flatMap((one) => one ?? []);
  const count = ({ file, path }: Offer): number => all.filter((one) => one.file === file && one.path === path).length;
  const isWhole = (one: Offer): boolean => one.value !== '{tag}' || count(one) === services.length;
  return all.flatMap((one, at) => {
    // A place that some of them have and others don't is written out.
    if (!isWhole(one)) return { ...(places[at] ?? one), value: `{tag.${one.image}}` };
    const first = all.findIndex(({ file, path }) => file === one.file && path === one.path);
    return first === at ? { ...one, today: one.value === '{tag}' ? '' : one.today } : [];
  });
}
