import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';

/** The commit that a value names. */
export type NamedCommit =
  | { readonly is: 'commit'; readonly id: ObjectId }
  /** The first digits of one. */
  | { readonly is: 'short'; readonly text: string }
  | { readonly is: 'none' };

/** Seven is the least that git itself shortens to. What belongs to a word or a digest is no commit's id. */
const ids = /(?<![0-9A-Za-z]|sha256:|sha512:)[0-9a-f]{7,64}(?![0-9A-Za-z])/g;

/** The commit in `found` where `value` has `ours`, whole or shortened; undefined when `value` doesn't name `ours`. */
export function commitNamed(value: string, ours: ObjectId, found: string): NamedCommit | undefined {
  const own = [...value.matchAll(ids)].find(([id]) => ours.startsWith(id));
  if (own === undefined) return undefined;
  const [token] = own;
  const text = inPlace(found, value.slice(0, own.index), value.slice(own.index + token.length)) ?? only(found, token);
  if (text === undefined) return { is: 'none' };
  return isObjectId(text) ? { is: 'commit', id: text } : { is: 'short', text };
}

/** The id between the same beginning and the same end. */
function inPlace(found: string, start: string, end: string): string | undefined {
  if (!found.startsWith(start) || !found.endsWith(end)) return undefined;
  const middle = found.slice(start.length, found.length - end.length);
  return /^[0-9a-f]{7,64}$/.test(middle) ? middle : undefined;
}

/** The one id there is where the rest differs too: a whole one, or one as short as ours. */
function only(found: string, like: string): string | undefined {
  const all = [...new Set([...found.matchAll(ids)].map(([id]) => id))];
  const whole = all.filter((id) => isObjectId(id));
  const fitting = whole.length > 0 ? whole : all.filter((id) => id.length === like.length);
  return fitting.length === 1 ? fitting[0] : undefined;
}
