import type { ErrorReport } from '../../../errors.ts';
import type { Event } from '../../../events.ts';

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
    return hit.length === 0 ? [{ name: undefined, error, elsewhere: false }] : hit;
  });
  for (const { name, error, elsewhere } of told) {
    const key = JSON.stringify({ ...error, message: without(name, error.message), hint: without(name, error.hint) });
    const { hit = [], ...first } = causes.get(key) ?? { error, elsewhere };
    causes.set(key, { ...first, hit: name === undefined || hit.includes(name) ? hit : [...hit, name] });
  }
  return [...causes.values()];
}

/** A text without the name, where it stands as a word of its own. */
function without(name: string | undefined, text: string): string {
  if (name === undefined) return text;
  const letters = name.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w.-])${letters}(?![\\w-])`, 'g'), '\0');
}

/** The names in front of a cause that hit several: the message itself names one. */
export function hitWords({ hit }: Cause): string {
  return hit.length > 1 ? `${hit.join(', ')}: ` : '';
}
