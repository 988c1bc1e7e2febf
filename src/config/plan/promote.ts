import { TagboatError } from '../../errors.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { DeliveryPlan, Edit } from '../../plan.ts';
import type { DeliveryConfig } from '../shape/checked.ts';
import { withoutControls, writeMessage } from './message.ts';
import { defaultPerson, type Identity } from './run.ts';

/** A place and the one whose value it gets. */
export interface Pair {
  readonly from: HeldPlace;
  readonly to: HeldPlace;
}

/**
 * Which place of one delivery stands for which of another: by the path where both have it, one by one where they set as
 * many and share none. Pure. Throws PROMOTE_UNPAIRED.
 */
export function pairPlaces(from: DeliveryConfig, to: DeliveryConfig): Pair[] {
  const byPath = to.set.map((place) => ({
    to: { file: place.file, path: place.path },
    // The same file first: one path may stand in several.
    from:
      from.set.find(({ file, path }) => path === place.path && file === place.file) ??
      from.set.find(({ path }) => path === place.path),
  }));
  const shared = byPath.filter((pair) => pair.from !== undefined).length;
  return byPath.map(({ to: place, from: same }, at) => {
    const other = shared === 0 && from.set.length === to.set.length ? from.set[at] : same;
    if (other === undefined) throw new TagboatError('PROMOTE_UNPAIRED', { from: from.name, to: to.name, ...place });
    return { to: place, from: { file: other.file, path: other.path } };
  });
}

export interface PromoteRequest extends Identity {
  readonly pairs: readonly Pair[];
  /** What the first delivery's places hold, in the pairs' order, and its branch's tip. */
  readonly values: readonly string[];
  readonly tip: string;
  /** The trailer `Tagboat-Source` of the delivery that brought them. */
  readonly source: string | undefined;
  readonly why: string | undefined;
}

/** The delivery of one place's values to the next. Pure. It tells where they came from, as the first one did. */
export function planPromote(from: DeliveryConfig, to: DeliveryConfig, request: PromoteRequest): DeliveryPlan {
  const { pairs, values, tip, source, why } = request;
  const edits = pairs.map(
    ({ to: { file, path } }, at): Edit => ({ file, path, value: values[at] ?? '', create: to.create }),
  );
  const [value = ''] = values;
  const what = values.length === 1 ? value.slice(0, 80) : `${values.length} values`;
  const text =
    withoutControls(`Promote ${what} from ${from.name} to ${to.name}`) +
    (why === undefined ? '' : `\n\n${withoutControls(why)}`);
  const trailers = [
    { key: 'Tagboat-Promote', value: `${from.name}@${tip}` },
    { key: 'Tagboat-Source', value: source ?? '' },
  ];
  const person = defaultPerson(request);
  return {
    ...{ name: to.name, repo: to.repo, branch: to.branch, edits },
    message: writeMessage({ text, trailers, delivery: to.name, edits, source: undefined }),
    ...{
      author: to.author ?? person,
      committer: person,
      deploy: to.deploy,
      order: to.order,
      queue: to.queue,
      via: to.via,
    },
  };
}
