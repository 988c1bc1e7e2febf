import * as z from 'zod';
import type { FrozenDays, OpenHours } from '../../../plan/listed.ts';
import { patterns } from '../patterns.ts';

const text = (form: Readonly<Record<string, unknown>>) => z.string().meta(form);
const some = (form: Readonly<Record<string, unknown>>) => z.union([text(form), z.array(text(form)).min(1)]);

/** The keys of a delivery that gets its values by promotion. */
export const afterKeys = {
  after: text({ ...patterns.name, examples: ['staging'] })
    .optional()
    .describe(
      'In place of `from`: the delivery whose values are promoted here, by `tagboat promote` alone. No run of a commit delivers here.',
    ),
  soak: text(patterns.soak)
    .optional()
    .describe(
      'How long the values must have been in that delivery before `promote --due` takes them. Default: not at all.',
    ),
  windows: some(patterns.window)
    .optional()
    .describe(
      'When `promote --due` may promote: weekdays, hours and a time zone. Hours over midnight are of the day on which they begin. Default: at any time.',
    ),
  freeze: some(patterns.freeze)
    .optional()
    .describe(
      'Days on which `promote --due` promotes nothing: a day or a range, of one year or (without one) of every year. The time zone is that of `windows`, or is named here.',
    ),
};

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Mon-Fri 09:00-17:00 Europe/Berlin`; or why it is none, as the end of "must be …". */
export function parseHours(text: string): OpenHours | { readonly why: string } {
  const found = /^(\S+) +(\d\d):(\d\d)-(\d\d):(\d\d) +(\S+)$/.exec(text);
  const form = 'weekdays, hours and a time zone, such as "Mon-Fri 09:00-17:00 Europe/Berlin"';
  if (found === null) return { why: form };
  const [, named = '', ...rest] = found;
  const zone = rest.pop() ?? '';
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = rest.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  const days = daysIn(named);
  if (days === undefined)
    return { why: `${form}; the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, by commas and ranges` };
  if (fromMinute > 59 || toMinute > 59 || from >= 1_440 || to > 1_440)
    return { why: `${form}; the hours are 00:00 to 24:00` };
  if (from === to)
    return { why: 'hours that end later than they begin: these never open (a whole day is 00:00-24:00)' };
  const why = whyNoZone(zone);
  return why === undefined ? { text, days, from, to, zone } : { why };
}

function daysIn(named: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of named.split(',')) {
    const [first = 0, last = first] = part.split('-').map((day) => weekdays.indexOf(day) + 1);
    if (first === 0 || last === 0 || part.split('-').length > 2) return undefined;
    // Sat-Mon goes over the end of the week.
    for (let day = first; ; day = (day % 7) + 1) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort();
}

/** `2026-12-20..2027-01-02`, `12-24..12-26`, a single day, each with a zone behind it; or why it is none. */
export function parseFreeze(text: string, usual: string | undefined): FrozenDays | { readonly why: string } {
  const [, first = '', last = first, zone = usual] =
    /^((?:\d{4}-)?\d\d-\d\d)(?:\.\.((?:\d{4}-)?\d\d-\d\d))?(?: +(\S+))?$/.exec(text) ?? [];
  if (first === '' || first.length !== last.length)
    return { why: 'a day or a range of days, such as 2026-12-24, 2026-12-20..2027-01-02 or (every year) 12-24..12-26' };
  const odd = [first, last].find((day) => !isDay(day));
  if (odd !== undefined) return { why: 'of days that the calendar has' };
  if (zone === undefined)
    return { why: 'told with its time zone: 2026-12-24 Europe/Berlin (no one zone of `windows` says it)' };
  if (first.length > 5 && last < first) return { why: 'a range whose last day is not before its first' };
  if (first.length > 5 && Date.parse(last) - Date.parse(first) > 366 * 86_400_000)
    return { why: 'at most a year long: what is never to be promoted has no `after`' };
  const why = whyNoZone(zone);
  return why === undefined ? { text, first, last, zone } : { why };
}

/** Whether days of every year leave none of them. */
export function isWholeYear(freezes: readonly FrozenDays[]): boolean {
  const yearly = freezes.filter(({ first }) => first.length === 5);
  return Array.from({ length: 366 }, (_, at) => new Date(Date.UTC(2024, 0, 1 + at)).toISOString().slice(5, 10)).every(
    (day) => yearly.some((freeze) => isFrozen(freeze, `2024-${day}`)),
  );
}

/** Whether a day, `2026-12-24`, is one of them. Texts of dates compare as dates do. */
export function isFrozen({ first, last }: FrozenDays, date: string): boolean {
  const day = first.length === 5 ? date.slice(5) : date;
  return first <= last ? first <= day && day <= last : day >= first || day <= last;
}

function isDay(day: string): boolean {
  const whole = day.length === 5 ? `2024-${day}` : day;
  const time = Date.parse(`${whole}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(whole);
}

function whyNoZone(zone: string): string | undefined {
  try {
    if (/^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone })) return undefined;
  } catch {
    // Told below.
  }
  return 'in a time zone that there is, by its name in the IANA database: Europe/Berlin, America/New_York, UTC';
}
