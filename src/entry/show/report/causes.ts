import type { ErrorReport } from '../../../errors.ts';
import type { Event } from '../../../events.ts';
import { literally } from '../../../wire/text/pattern.ts';

/** What went wrong, once, and the images or deliveries that it hit. */
export interface Cause {
  readonly error: ErrorReport;
  readonly hit: readonly string[];
  /** It is about the config repo, whose files nobody finds in the app repo. */
  readonly elsewhere: boolean;
}

/** The errors of a result, those that differ in nothing but whom they hit told as one. */
export function causesOf(events: readonly Event[], errors: readonly ErrorReport[]): Cause[] {
  const causes = new Map<string, Cause>();
  const failed = events.flatMap((event) => {
    if (event.type === 'image.failed') return [{ name: event.image, error: event.error, elsewhere: false }];
    if (event.type === 'commit.failed') return [{ name: event.delivery, error: event.error, elsewhere: true }];
    return [];
  });
  const told = errors.flatMap((error): { name: string | undefined; error: ErrorReport; elsewhere: boolean }[] => {
    const hit = failed.filter((one) => JSON.stringify(one.error) === JSON.stringify(error));
    return hit.length === 0 ? [{ name: error.about?.[0], error, elsewhere: false }] : hit;
  });
  for (const { name, error, elsewhere } of told) {
    const key = causeOf(error, name);
    const { hit = [], ...first } = causes.get(key) ?? { error, elsewhere };
    causes.set(key, { ...first, hit: name === undefined || hit.includes(name) ? hit : [...hit, name] });
  }
  return [...causes.values()];
}

/** What two errors have alike that are one cause: everything, but for the names of what they are about. */
export function causeOf({ about, ...error }: ErrorReport, name: string | undefined): string {
  // The longest first: an image's name may be a part of its repository's.
  const names = [...(about ?? []), ...(name === undefined ? [] : [name])].sort((a, b) => b.length - a.length);
  const without = (text: string | undefined): string | undefined =>
    text && names.reduce((rest, one) => rest.replace(wordOf(one), '\0'), text);
  const peer = error.peer && { ...error.peer, text: without(error.peer.text) };
  return JSON.stringify({ ...error, peer, message: without(error.message), hint: without(error.hint) });
}

/** A name where it stands as a word of its own. */
function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w.-])${literally(name)}(?![\\w-])`, 'g');
}

/** The names in front of a cause that hit several: the message itself names one. */
export function hitWords({ hit }: Cause): string {
  return hit.length > 1 ? `${hit.join(', ')}: ` : '';
}
