import type { DeployPlan } from '../../plan/deploy.ts';
import type { EarlierValues, HoldChange } from '../../plan/holds.ts';
import type { DeliveryPlan, Edit } from '../../plan.ts';
import { proposedBeside } from './beside.ts';
import type { HoldTarget } from './hold.ts';
import { appOf, personText, withoutControls, writeMessage } from './message.ts';
import { defaultPerson, type Identity } from './run.ts';

export interface RollbackRequest extends Identity, EarlierValues {
  /** The config commit that had them, and the branch's tip that is gone back from. */
  readonly to: string;
  readonly from: string;
  readonly why: string;
  readonly by: string | undefined;
  /** ISO 8601: when the hold ends by itself. */
  readonly until: string | undefined;
  readonly deploy: DeployPlan | undefined;
}

/**
 * A commit that puts earlier values back and holds them, so that no later run undoes it unasked. Pure. It tells where
 * the values came from, so that the order of deliveries stays known.
 */
export function planRollback(target: HoldTarget, request: RollbackRequest): DeliveryPlan {
  const { delivery, places, source, repo, branch, queue } = target;
  const person = defaultPerson(request);
  const edits = places.map(({ file, path }, at): Edit => {
    const [value = '', replaces = ''] = [request.values[at], request.now[at]];
    return { file, path, value, as: request.types[at], create: false, allow: ['aliases', 'digest'], replaces };
  });
  const why = withoutControls(request.why);
  const by = withoutControls(request.by ?? personText(person));
  const holds: HoldChange = {
    ...{ is: 'hold', places: places.map(({ file, path }) => ({ file, path })), by, why: `rolled back: ${why}` },
    ...{ until: request.until, delivery, app: source && appOf(source) },
  };
  const undone = request.undone.map(
    ({ commit, subject }) => `Undoes ${commit.slice(0, 12)}: ${withoutControls(subject)}`,
  );
  const [value = ''] = request.values;
  const what = places.length === 1 ? value.slice(0, 60) : `${places.length} values as of ${request.to.slice(0, 12)}`;
  const text = [
    withoutControls(`Roll back ${delivery ?? places[0]?.path ?? ''} to ${what}`),
    '',
    why,
    '',
    ...undone,
  ].join('\n');
  const trailers = [
    { key: 'Tagboat-Rollback', value: request.from },
    { key: 'Tagboat-Rollback-To', value: request.to },
    { key: 'Tagboat-Source', value: request.source ?? '' },
  ];
  return {
    ...{ name: delivery ?? 'rollback', repo, branch, edits, holds },
    message: writeMessage({ text, trailers, delivery, edits, source: undefined }),
    ...{ author: person, committer: person, deploy: request.deploy },
    undoes: [...new Set(request.undone.flatMap((one) => one.source ?? []))].filter(
      (commit) => !request.source?.endsWith(commit),
    ),
    // Going back is what is asked for.
    order: 'off',
    ...{ ...proposedBeside(target, 'rollback'), queue },
  };
}
