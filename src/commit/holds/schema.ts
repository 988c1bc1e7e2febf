import type { Hold } from '../../plan/holds.ts';
import { isObject } from '../../wire/fields.ts';

/** The one rule for the holds' file, for whoever writes it and whoever reads it. Pure. */

/** UTF-16 units, and bytes of the whole file, as much as is read of any file of a config repo. */
export const holdLimits = { text: 4_096, value: 65_536, holds: 1_000, bytes: 1024 * 1024 } as const;

const texts = ['file', 'path', 'by', 'why'] as const;
const optionalTexts = ['app', 'delivery'] as const;
const known: ReadonlySet<string> = new Set([...texts, ...optionalTexts, 'value', 'since', 'until']);

/** Why a value is no hold, as the end of a sentence; undefined where it is one. An unknown key may be an end misspelt. */
function holdFault(value: unknown): string | undefined {
  if (!isObject(value)) return 'it is no object';
  const unknown = Object.keys(value).find((key) => value[key] !== undefined && !known.has(key));
  if (unknown !== undefined) return `${unknown} is no key of a hold`;
  for (const key of texts) if (!isText(value[key])) return `${key} is no text of 1 to ${holdLimits.text} characters`;
  for (const key of optionalTexts) {
    if (value[key] !== undefined && !isText(value[key]))
      return `${key} is no text of 1 to ${holdLimits.text} characters`;
  }
  if (typeof value.value !== 'string') return 'value is no text';
  if (value.value.length > holdLimits.value) return `value is longer than ${holdLimits.value} characters`;
  if (!isTime(value.since)) return `since is no time with its zone`;
  return value.until === undefined || isTime(value.until) ? undefined : 'until is no time with its zone';
}

/** Why these can't be one file's holds, as the end of a sentence; undefined where they can. */
export function holdsFault(holds: readonly unknown[]): string | undefined {
  if (holds.length > holdLimits.holds) return `there are more than ${holdLimits.holds} holds`;
  const faults = holds.map((hold, at) => [at, holdFault(hold)] as const);
  const [first] = faults.filter(([, fault]) => fault !== undefined);
  return first === undefined ? undefined : `holds.${first[0]}: ${first[1]}`;
}

/** What the file's bytes hold, and what is wrong with them: then those of its holds that are sound. */
export function parseHoldsFile(bytes: Uint8Array): {
  readonly holds: readonly Hold[];
  readonly fault?: string | undefined;
} {
  let file: unknown;
  try {
    file = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return { holds: [], fault: error instanceof Error ? error.message : 'it is no JSON' };
  }
  if (!isObject(file)) return { holds: [], fault: 'it is no object' };
  if (file.version !== 1) return { holds: [], fault: 'version: it is not 1. A newer Tagboat may have written it' };
  const all = file.holds;
  if (!Array.isArray(all)) return { holds: [], fault: 'holds: it is no list' };
  const unknown = Object.keys(file).find((key) => key !== 'version' && key !== 'holds');
  const fault = unknown === undefined ? holdsFault(all) : `${unknown} is no key of it`;
  return { holds: all.filter((hold): hold is Hold => holdFault(hold) === undefined).slice(0, holdLimits.holds), fault };
}

/** A text cut to what a hold may have, with a sign that it was. */
export function fitText(text: string): string {
  if (text.length <= holdLimits.text) return text;
  // Half a surrogate pair would come back as another character.
  return `${text.slice(0, holdLimits.text - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** ISO 8601 with an offset or Z: a time of nowhere in particular would end a hold at another hour on each machine. */
function isTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [, year, month, day] =
    /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.exec(value) ?? [];
  // Date.parse takes 30 February for a day of March.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= days && !Number.isNaN(Date.parse(value));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= holdLimits.text;
}
