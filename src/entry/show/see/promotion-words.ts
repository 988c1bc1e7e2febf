import type { Candidate, NotYet } from '../../../plan/listed.ts';
import type { OpenProposal } from '../../../plan/pull-request.ts';
import { minuteOf, oneLine, short } from '../printable.ts';

/** How a promotion stands, in a line: that it is due, or why not yet. */
export function promotionText({ after, due, notYet }: Candidate, now: number): string {
  if (due) return `due to be promoted from ${after}`;
  return `not promoted from ${after} yet: ${notYet.map((why) => notYetText(why, { after, now })).join('; ')}`;
}

/** What would be promoted, in a word. */
export function promotedValue({ values }: Candidate): string {
  const all = [...new Set(values.map(({ to }) => to))].map((value) =>
    /^[0-9a-f]{40}$/.test(value) ? short(value) : value,
  );
  return all.length > 1 ? `${values.length} values` : (all[0] ?? '');
}

/** Why values aren't promoted yet, in a line. */
export function notYetText(notYet: NotYet, { after, now }: { readonly after: string; readonly now: number }): string {
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
    case 'proposed':
      return oneLine(proposedText(notYet.proposal));
    case 'declined':
      return oneLine(
        `closed without merging: ${notYet.proposal.url}; a newer value, or \`tagboat promote\` by name, proposes again`,
      );
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

/** How something waits for review. */
export function proposedText({ number, url = '', head, notAsked }: OpenProposal): string {
  const by = number === undefined ? `from ${head}` : `in #${number}`;
  return `proposed ${by}, waiting for review: ${notAsked === undefined ? url : `by which pull request isn't known (${notAsked})`}`;
}
