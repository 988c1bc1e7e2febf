import type { Candidate, NotYet } from '../../../plan/listed.ts';
import { isObjectId } from '../../../wire/git/pack/object.ts';
import { oneLine, short } from '../printable.ts';
import { type Cell, minuteOf, type ProductStyle, tableLines } from './style.ts';

/** What is due of each delivery with `after`, and of the rest why not yet. */
export function candidatesText(candidates: readonly Candidate[], { colors }: ProductStyle, now: number): string {
  const head = ['DELIVERY', 'AFTER', 'VALUE', 'DUE'].map((text): Cell => ({ text, as: colors.dim }));
  const rows = candidates.flatMap((one) => {
    const { delivery, after, values, due, notYet } = one;
    const told = due ? [dueText(one)] : notYet.map((why) => notYetText(why, { after, now }));
    return told.map((text, at): Cell[] => [
      { text: at === 0 ? delivery : '', as: colors.bold },
      { text: at === 0 ? after : '' },
      { text: at === 0 ? valueText(values.map(({ to }) => to)) : '', as: colors.cyan },
      { text, as: due ? colors.green : notYet[at]?.is === 'nothing' ? colors.dim : colors.yellow },
    ]);
  });
  return `${tableLines([head, ...rows], [20, 20, 20, 300]).join('\n')}\n`;
}

function dueText({ healthy, after }: Candidate): string {
  return healthy === undefined ? `due (${after} names no application: that it landed counts alone)` : 'due';
}

function valueText(values: readonly string[]): string {
  const all = [...new Set(values)].map((value) => (isObjectId(value) ? short(value) : value));
  return all.length > 1 ? `${values.length} values` : (all[0] ?? '');
}

/** Why values aren't promoted yet, in a line. */
function notYetText(notYet: NotYet, { after, now }: { readonly after: string; readonly now: number }): string {
  switch (notYet.is) {
    case 'nothing':
      return 'nothing to promote';
    case 'soaking':
      return `soaking until ${minuteOf(notYet.until)}`;
    case 'unhealthy':
      return oneLine(`${after} is ${notYet.health}: ${notYet.application}, ${notYet.why}`);
    case 'closed':
      return notYet.opens === undefined
        ? 'no window opens in sight: every one is frozen'
        : `window opens ${momentIn(notYet.opens, notYet.zone, now)}`;
    case 'frozen':
      return `frozen until ${momentIn(notYet.until, notYet.zone, now)} (${oneLine(notYet.text)})`;
    case 'held': {
      const { by, why, until, path } = notYet.hold;
      return oneLine(
        `held by ${by} ${until === undefined ? 'until it is released' : `until ${minuteOf(until)}`}: ${why} (${path})`,
      );
    }
    case 'older':
      return oneLine(`${notYet.path} in ${notYet.file} is from a newer commit (${short(notYet.theirs)})`);
    case 'otherLine':
      return oneLine(
        `${notYet.path} in ${notYet.file} is from ${short(notYet.theirs)}, of another line of the history`,
      );
    case 'byHand':
      return oneLine(`${notYet.path} in ${notYet.file} was set by hand: promote it by name if that is meant`);
    case 'unknown':
      return oneLine(notYet.why);
  }
}

/** A time as the zone's clocks show it: `Mon 09:00 Europe/Berlin`, with its date where it is no matter of days. */
function momentIn(iso: string, zone: string, now: number): string {
  const time = new Date(iso);
  const far = time.getTime() - now > 6 * 86_400_000;
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    ...(far ? { day: 'numeric', month: 'short', year: 'numeric' } : {}),
  }).format(time);
  return `${parts.replaceAll(',', '')} ${zone}`;
}
