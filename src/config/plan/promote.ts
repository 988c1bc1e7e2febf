import type { PlacePair } from '../../plan/listed.ts';
import type { ValueType } from '../../plan/value.ts';
import type { DeliveryPlan, Edit } from '../../plan.ts';
import type { DeliveryConfig } from '../shape/checked.ts';
import { withoutWords } from './beside.ts';
import { withoutControls, writeMessage } from './message.ts';
import { defaultPerson, type Identity } from './run.ts';

export interface PromoteRequest extends Identity {
  readonly pairs: readonly PlacePair[];
  /** What the first delivery's places hold, in the pairs' order, and its branch's tip. */
  readonly values: readonly string[];
  readonly types: readonly (ValueType | undefined)[];
  readonly tip: string;
  /** The trailer `Tagboat-Source` of the delivery that brought them. */
  readonly source: string | undefined;
  readonly why: string | undefined;
  /** What the same run promotes to the first delivery, in the pairs' order. */
  readonly byUs?: readonly (string | undefined)[] | undefined;
}

/** The delivery of one place's values to the next. Pure. It tells where they came from, as the first one did. */
export function planPromote(from: DeliveryConfig, to: DeliveryConfig, request: PromoteRequest): DeliveryPlan {
  const { pairs, values, types, tip, source, why } = request;
  const edits = pairs.map(
    ({ to: { file, path } }, at): Edit => ({
      file,
      path,
      value: values[at] ?? '',
      as: types[at],
      create: to.create,
      allow: to.allow,
    }),
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
  const of = /@?([0-9a-f]{40}|[0-9a-f]{64})$/.exec(source ?? '')?.[1];
  return {
    ...{ name: to.name, repo: to.repo, branch: to.branch, createBranch: to.createBranch, edits },
    message: writeMessage({ text, trailers, delivery: to.name, edits, source: undefined }),
    ...{
      author: to.author ?? person,
      committer: person,
      deploy: to.deploy,
      order: to.order,
      promotes: {
        ...{ name: from.name, repo: from.repo, branch: from.branch, places: pairs.map((pair) => pair.from) },
        ...{ values, tip, byUs: request.byUs ?? [], of },
      },
      via: to.via,
      pullRequest: withoutWords(to.pullRequest),
    },
  };
}
