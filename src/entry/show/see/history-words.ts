import type { DeliveryEvent, HistoryValue } from '../../../events/json-event.ts';
import { minuteOf, oneLine, short } from '../printable.ts';
import { commitPage } from '../report/links.ts';
import { proposedText } from './promotion-words.ts';
import { age, type Cell, type ProductStyle, tableLines } from './style.ts';

/** Columns of each: when, what kind, where, what, who, how long. 100 in all. */
const widths = [16, 1, 14, 40, 16, 13];

/** What was delivered, newest first, one line each; and what isn't shown. */
export function historyText(
  { entries, proposals = [], others, whole, notAsked }: HistoryValue,
  style: ProductStyle,
): string {
  const { colors } = style;
  const rows = entries.map((entry) => rowOf(entry, style));
  const more = others === 0 ? '' : `${others} other ${others === 1 ? 'commit' : 'commits'} set none of these values.`;
  const far = whole ? '' : 'Not all commits were read.';
  const rest = [more, far].filter((one) => one !== '').join(' ');
  return `${[
    ...proposals.map((one) => `${colors.yellow('…')} ${oneLine(`${one.delivery} ${proposedText(one.proposal)}`)}`),
    ...(entries.length === 0
      ? ['= Nothing was delivered here, as far as the commits tell.']
      : tableLines(rows, widths)),
    ...(rest === '' ? [] : [colors.dim(`· ${rest}`)]),
    ...(notAsked === undefined ? [] : [colors.dim(`· ${oneLine(notAsked)}.`)]),
  ].join('\n')}\n`;
}

function rowOf(entry: DeliveryEvent, { colors, link }: ProductStyle): Cell[] {
  const { is, source, repo, commit, delivery = '', leadSeconds, healthySeconds } = entry;
  const marks = {
    ...{
      delivered: colors.green('✓'),
      promoted: colors.green('»'),
      rolledBack: colors.yellow('↶'),
      held: colors.yellow('‖'),
    },
    ...{ released: colors.green('›'), byHand: colors.yellow('!'), other: '·' },
  };
  const page = commitPage(source?.url, source?.commit ?? '');
  const lead = leadSeconds === undefined ? '' : age(leadSeconds * 1_000);
  const healthy = healthySeconds === undefined ? '' : ` +${age(healthySeconds * 1_000)}`;
  return [
    { text: minuteOf(entry.landedAt), as: (text) => link(colors.dim(text), commitPage(repo, commit)) },
    { text: '·', as: () => marks[is] },
    { text: delivery, as: colors.bold },
    { text: whatOf(entry), as: (text) => (source === undefined ? text : link(text, page)) },
    { text: (is === 'delivered' ? source?.author : undefined)?.name ?? entry.author.name },
    { text: lead + healthy, as: colors.dim },
  ];
}

function whatOf({ is, source, settings, places, services, why, from, subject }: DeliveryEvent): string {
  const commit = source === undefined ? '' : short(source.commit);
  const what = services.length > 3 ? `${services.length} services` : services.join(' ');
  const values = settings.map(({ value }) => value);
  const value = new Set(values).size === 1 ? oneLine(values[0] ?? '') : '';
  switch (is) {
    case 'delivered':
      return source?.subject === undefined
        ? `${what === '' ? '' : `${what} → `}${value || subject}`
        : `${commit} ${source.subject}`;
    case 'promoted':
      return `${commit || value} from ${from}${why === undefined ? '' : `: ${why}`}`;
    case 'rolledBack':
      return `back to ${commit || value}${why === undefined ? '' : `: ${why}`}`;
    case 'held':
      return `held ${what}${why === undefined ? '' : `: ${why}`}`;
    case 'released':
      return `released ${what}${places.length === 0 || why === undefined ? '' : `: ${why}`}`;
    case 'byHand':
      return `${what} → ${value} by hand: ${subject}`;
    case 'other':
      return subject;
  }
}
