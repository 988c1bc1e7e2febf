import type { WhereValue } from '../../../events/json-event.ts';
import type { DeliveryStanding, ImageStanding, LiveLook, Obstacle } from '../../../plan/where.ts';
import { minuteOf, oneLine, padTo, short } from '../printable.ts';
import { commitPage } from '../report/links.ts';
import { promotionText, proposedText } from './promotion-words.ts';
import { age, type ProductStyle } from './style.ts';

/** Where a commit is: its images, then each environment on a line, with what is in the way below it. */
export function whereText(value: WhereValue, style: ProductStyle, now: number): string {
  const { commit, subject, author, committedAt, url, images, deliveries } = value;
  const { colors, link } = style;
  const when = committedAt === undefined ? [] : [`${age(now - Date.parse(committedAt))} ago`];
  const about = [...(author === undefined ? [] : [oneLine(author.name)]), ...when].join(', ');
  const head = [
    link(colors.cyan(short(commit)), commitPage(url, commit)),
    subject === undefined ? colors.dim('(not in this checkout)') : colors.bold(oneLine(subject)),
    ...(about === '' ? [] : [colors.dim(`(${about})`)]),
  ].join(' ');
  const width = Math.max(
    8,
    ...images.map(({ name }) => name.length),
    ...deliveries.map(({ delivery }) => delivery.length),
  );
  return `${[
    head,
    ...images.flatMap((image) => imageLines(image, width, style)),
    ...deliveries.flatMap((one) => deliveryLines(one, { width, style, now })),
  ].join('\n')}\n`;
}

function imageLines(
  { name, reference, is, digest, why }: ImageStanding,
  width: number,
  { colors }: ProductStyle,
): string[] {
  const marks = { built: colors.green('✓'), notBuilt: colors.yellow('!'), unknown: colors.dim('?') };
  const text = {
    built: oneLine(reference),
    notBuilt: `not built: there is no ${oneLine(reference)}`,
    unknown: colors.dim(`not asked: ${oneLine(why ?? '')}`),
  };
  const lines = [`${marks[is]} ${padTo(width, oneLine(name))}  ${text[is]}`];
  return digest === undefined ? lines : [...lines, `${' '.repeat(width + 4)}${colors.dim(digest)}`];
}

interface Writing {
  readonly width: number;
  readonly style: ProductStyle;
  readonly now: number;
}

function deliveryLines(standing: DeliveryStanding, writing: Writing): string[] {
  const { is, delivery, places, obstacles, live, notAsked } = standing;
  const { style, width, now } = writing;
  const { colors } = style;
  const line = (mark: string, text: string): string => `${mark} ${padTo(width, oneLine(delivery))}  ${text}`;
  const below = (text: string): string => `${' '.repeat(width + 4)}${text}`;
  const why = obstacles.map((one) => below(oneLine(obstacleText(one, now))));
  const have = places.filter(
    ({ since, is: stands }) => since !== undefined || stands === 'same' || stands === 'descendant',
  );
  if (is !== 'there') {
    const some = places.map(({ service, from }) => `${service} ${from === undefined ? '?' : short(from)}`).join(', ');
    const text = {
      partly: `there in ${have.length} of ${places.length} places`,
      notThere: `not there${some === '' ? '' : `; it has ${[...new Set(some.split(', '))].slice(0, 6).join(', ')}`}`,
      unknown: 'nobody can tell',
    }[is];
    return [line(is === 'unknown' ? colors.dim('?') : colors.yellow('!'), oneLine(text)), ...why];
  }
  const last = places
    .flatMap(({ since }) => (since === undefined ? [] : [since]))
    .sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  const since =
    last === undefined
      ? ''
      : ` since ${minuteOf(last.at)}${last.orEarlier ? ' or earlier' : ''}, ${style.link(short(last.commit), commitPage(standing.repo, last.commit))}`;
  const newer = places.find(({ is: stands }) => stands === 'descendant')?.from;
  const by = newer === undefined ? '' : `, in ${short(newer)}`;
  const ill = (live ?? []).filter((one) => one.is !== 'healthy');
  const isWell = live !== undefined && live.length > 0 && ill.length === 0;
  const mark = isWell ? colors.green('✓') : ill.length > 0 ? colors.yellow('!') : colors.green('·');
  return [
    line(mark, `${isWell ? 'live and healthy' : 'there'}${since}${by}`),
    ...places.filter(({ path }) => path === '').map(({ file }) => below(oneLine(file))),
    ...ill.map((one) => below(liveText(one, style))),
    ...(notAsked === undefined ? [] : [below(colors.dim(`Argo CD wasn't asked: ${oneLine(notAsked)}`))]),
  ];
}

function liveText({ application, is, why }: LiveLook, { colors }: ProductStyle): string {
  const word = is === 'degraded' || is === 'syncFailed' ? colors.red(is) : colors.yellow(is);
  return `${oneLine(application)}: ${word}, ${oneLine(why)}`;
}

function obstacleText(obstacle: Obstacle, now: number): string {
  switch (obstacle.is) {
    case 'held': {
      const { by, why, until, path } = obstacle.hold;
      return `held by ${by} ${until === undefined ? 'until it is released' : `until ${minuteOf(until)}`}: ${why} (${path})`;
    }
    case 'waiting': {
      const { publishedAt } = obstacle.change;
      const ahead = obstacle.ahead === 0 ? 'next' : `${obstacle.ahead} ahead of it`;
      return `waiting in the queue for ${age(now - Date.parse(publishedAt))}, ${ahead}`;
    }
    case 'proposed':
      return proposedText(obstacle.proposal);
    case 'rolledBack':
      return `rolled back by ${obstacle.by} at ${minuteOf(obstacle.at)}${obstacle.why === undefined ? '' : `: ${obstacle.why}`}`;
    case 'byHand':
      return `${obstacle.path} in ${obstacle.file} is ${obstacle.value}, by hand: nothing says from which commit`;
    case 'gone':
      return `${obstacle.path} is not in ${obstacle.file} any more`;
    case 'notTaken':
      return `not taken: it takes ${obstacle.takes.join(', ')}, and the commit is on ${obstacle.on.join(', ')}`;
    case 'notBuilt':
      return `not built: there is no ${obstacle.images.join(', ')}`;
    case 'otherLine':
      return `it has ${short(obstacle.from)}, which is of another line of the history`;
    case 'unknown':
      return obstacle.why;
    case 'notPromoted':
      return obstacle.candidate === undefined
        ? `it comes after ${obstacle.after}, which hasn't got it`
        : promotionText(obstacle.candidate, now);
    case 'notDelivered':
      return 'no run has delivered it yet';
  }
}
