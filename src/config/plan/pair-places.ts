import { TagboatError } from '../../errors.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { PlacePair } from '../../plan/listed.ts';
import type { DeliveryConfig } from '../shape/checked.ts';
import { parseTemplate } from '../shape/template.ts';

type Place = DeliveryConfig['set'][number];

/**
 * Which place of one delivery stands for which of another. Only places of one template can, since it tells the image
 * and the form of the value. Of several with one template, those belong together whose files and paths differ in the
 * same words, as `dev` and `prod` do. Pure. Throws PROMOTE_UNPAIRED, and PROMOTE_AMBIGUOUS where more than one could be
 * meant.
 */
export function pairPlaces(from: DeliveryConfig, to: DeliveryConfig): PlacePair[] {
  const pairs = new Map<Place, Place>();
  for (const template of new Set(to.set.map(({ value }) => value))) {
    const sources = from.set.filter(({ value }) => value === template);
    const targets = to.set.filter(({ value }) => value === template);
    for (const target of targets) pairs.set(target, sourceOf(target, { from, to, sources, targets }));
  }
  return to.set.map((place) => ({ to: placeOf(place), from: placeOf(pairs.get(place) ?? place) }));
}

interface OneTemplate {
  readonly from: DeliveryConfig;
  readonly to: DeliveryConfig;
  readonly sources: readonly Place[];
  readonly targets: readonly Place[];
}

function sourceOf(target: Place, group: OneTemplate): Place {
  const { from, to, sources, targets } = group;
  const about = { from: from.name, to: to.name, ...placeOf(target) };
  const [only, second] = sources;
  if (only === undefined) throw new TagboatError('PROMOTE_UNPAIRED', about);
  if (second === undefined && (targets.length === 1 || namesImage(target.value))) return only;
  const match = renamed(group) ?? samePaths(group);
  const source = match?.(target);
  if (source !== undefined) return source;
  if (second === undefined) throw new TagboatError('PROMOTE_UNPAIRED', about);
  throw new TagboatError('PROMOTE_AMBIGUOUS', { ...about, candidates: sources.map(placeOf) });
}

type Match = (target: Place) => Place | undefined;

/** By the one renaming that gives each target a source of its own; none is better than any. */
function renamed({ sources, targets }: OneTemplate): Match | undefined {
  const renamings = new Set(targets.flatMap((target) => sources.map((source) => renaming(source, target))));
  renamings.delete(undefined);
  const matches = [...renamings].map(
    (one): Match =>
      (target) =>
        sources.find((source) => renaming(source, target) === one),
  );
  const fitting = matches.filter((match) => isOneToOne(match, targets));
  const unchanged: Match = (target) => sources.find((source) => renaming(source, target) === '');
  if (isOneToOne(unchanged, targets)) return unchanged;
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** By the path alone, where no two places of either side share one. */
function samePaths({ sources, targets }: OneTemplate): Match | undefined {
  const match: Match = (target) => {
    const same = sources.filter(({ path }) => path === target.path);
    return same.length === 1 ? same[0] : undefined;
  };
  return isOneToOne(match, targets) ? match : undefined;
}

function isOneToOne(match: Match, targets: readonly Place[]): boolean {
  const found = targets.map(match);
  return found.every((source) => source !== undefined) && new Set(found).size === targets.length;
}

/** What of the source's file and path is another word in the target's, as `dev prod`; undefined where two words are. */
function renaming(source: Place, target: Place): string | undefined {
  const [ours, theirs] = [wordsIn(source), wordsIn(target)];
  if (ours.length !== theirs.length) return differing(ours.join(''), theirs.join(''));
  const changes = new Set(ours.flatMap((word, at) => (word === theirs[at] ? [] : [`${word} ${theirs[at]}`])));
  return changes.size > 1 ? undefined : ([...changes][0] ?? '');
}

function wordsIn({ file, path }: Place): string[] {
  return `${file} ${path}`.split(/([^A-Za-z0-9]+)/);
}

/** What is left of both without their common beginning and end. */
function differing(one: string, other: string): string {
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return `${one.slice(start, one.length - end)} ${other.slice(start, other.length - end)}`;
}

function namesImage(template: string): boolean {
  return parseTemplate(template).some((piece) => typeof piece !== 'string' && piece.of !== undefined);
}

function placeOf({ file, path }: Place): HeldPlace {
  return { file, path };
}
