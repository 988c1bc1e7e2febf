import type { StatusRow, StatusValue } from '../../../events/json-event.ts';
import { isObjectId } from '../../../wire/git/pack/object.ts';
import { minuteOf, oneLine, short } from '../printable.ts';
import { commitPage } from '../report/links.ts';
import { promotedValue, promotionText, proposedText } from './promotion-words.ts';
import { age, type Cell, type ProductStyle, tableLines } from './style.ts';

/** Columns of each: service, environment, value, commit, since, by whom, how far behind, what Argo CD shows. 100 in all. */
const widths = [14, 13, 14, 20, 6, 10, 6, 11];

/** What is where, a line for each service and environment, and what is to be known of them below. */
export function statusText({ rows }: StatusValue, style: ProductStyle, now: number): string {
  const { colors } = style;
  if (rows.length === 0) return '= The config delivers nothing of this name.\n';
  const head = ['SERVICE', 'ENVIRONMENT', 'VALUE', 'FROM', 'SINCE', 'BY', 'BEHIND', 'ARGO CD'];
  const sorted = rows.toSorted((a, b) => (a.service === b.service ? 0 : a.service < b.service ? -1 : 1));
  const cells = sorted.map((row, at) => cellsOf(row, { style, now, first: sorted[at - 1]?.service !== row.service }));
  const notes = new Set(sorted.flatMap((row) => notesOf(row, now)));
  return `${[
    ...tableLines([head.map((text): Cell => ({ text, as: colors.dim })), ...cells], widths),
    ...[...notes].map((note) => `${colors.yellow('!')} ${oneLine(note)}`),
  ].join('\n')}\n`;
}

interface Writing {
  readonly style: ProductStyle;
  readonly now: number;
  readonly first: boolean;
}

function cellsOf(row: StatusRow, { style, now, first }: Writing): Cell[] {
  const { service, delivery, value, commit, subject = '', at, by = '', behind, url, hold, byHand } = row;
  const { colors, link } = style;
  const { text, as } = liveCell(row, style);
  return [
    { text: first ? service : '', as: colors.bold },
    { text: delivery },
    {
      text: value === undefined ? (at === undefined ? 'none' : 'gone') : isObjectId(value) ? short(value) : value,
      as: hold || byHand ? colors.yellow : colors.cyan,
    },
    {
      text: commit === undefined ? '' : `${value === commit ? '' : `${short(commit)} `}${subject}`,
      as: (shown) => link(shown, commitPage(url, commit ?? '')),
    },
    { text: at === undefined ? '' : age(now - Date.parse(at)), as: colors.dim },
    { text: by },
    { text: behind === undefined ? '' : String(behind), as: behind === 0 ? colors.dim : colors.yellow },
    { text, as },
  ];
}

function liveCell({ live }: StatusRow, { colors }: ProductStyle): Cell {
  const worst = live?.find(({ is }) => is !== 'healthy');
  if (live === undefined || live.length === 0) return { text: 'not asked', as: colors.dim };
  if (worst === undefined) return { text: 'healthy', as: colors.green };
  return { text: worst.is, as: worst.is === 'progressing' ? colors.yellow : colors.red };
}

function notesOf(
  { service, delivery, hold, byHand, proposed, candidate, live = [], notAsked }: StatusRow,
  now: number,
): string[] {
  const end = hold?.until === undefined ? 'until it is released' : `until ${minuteOf(hold.until)}`;
  return [
    ...(hold === undefined ? [] : [`${service} in ${delivery} is held by ${hold.by} ${end}: ${hold.why}`]),
    ...(proposed === undefined
      ? []
      : [`${delivery}: ${proposed.from === undefined ? 'a change' : short(proposed.from)} ${proposedText(proposed)}`]),
    ...(candidate === undefined ? [] : [`${delivery}: ${promotedValue(candidate)} ${promotionText(candidate, now)}`]),
    ...(byHand ? [`${service} in ${delivery} was changed by hand since its last delivery`] : []),
    ...live.filter(({ is }) => is !== 'healthy').map(({ application, is, why }) => `${application}: ${is}, ${why}`),
    ...(notAsked === undefined || notAsked.startsWith('the config names')
      ? []
      : [`Argo CD wasn't asked about ${delivery}: ${notAsked}`]),
  ];
}
