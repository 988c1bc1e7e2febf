import type { DeployPlan } from '../../plan/deploy.ts';
import type { HeldPlace, HoldChange } from '../../plan/holds.ts';
import type { DeliveryPlan, Source } from '../../plan.ts';
import { proposedBeside } from './beside.ts';
import { appOf, personText, withoutControls, writeMessage } from './message.ts';
import { defaultPerson, type Identity } from './run.ts';

/** Places of one config repo, as a delivery of the config names them or the command line does. */
export interface HoldTarget extends Pick<DeliveryPlan, 'repo' | 'branch' | 'via' | 'pullRequest' | 'queue'> {
  /** The delivery's name in the config, if it has one. */
  readonly delivery: string | undefined;
  readonly places: readonly HeldPlace[];
  /** They are some of the delivery's, or others. */
  readonly isPart?: boolean | undefined;
  readonly source: Source | undefined;
  /** Who follows it in Argo CD. */
  readonly deploy?: DeployPlan | undefined;
}

export interface HoldRequest extends Identity {
  readonly why: string;
  /** ISO 8601. */
  readonly until: string | undefined;
  /** Who, where the run doesn't tell. */
  readonly by: string | undefined;
}

/** A commit that holds places at the values they have. Pure. */
export function planHold(target: HoldTarget, request: HoldRequest): DeliveryPlan {
  const { delivery, places, source } = target;
  const why = withoutControls(request.why);
  const by = withoutControls(request.by ?? personText(defaultPerson(request)));
  const holds: HoldChange = {
    ...{ is: 'hold', places, by, why, until: request.until, delivery },
    app: source && appOf(source),
  };
  return plan(target, request, { holds, text: `Hold ${named(places)}\n\n${why}`, key: 'Tagboat-Hold' });
}

/** A commit that ends holds. Pure. */
export function planRelease(
  target: HoldTarget,
  request: Identity & { readonly why: string | undefined },
): DeliveryPlan {
  const { places } = target;
  const text = `Release ${named(places)}${request.why === undefined ? '' : `\n\n${withoutControls(request.why)}`}`;
  return plan(target, request, { holds: { is: 'release', places }, text, key: 'Tagboat-Release' });
}

/** A commit that makes the holds' file readable again. It waits in no queue: nobody else can land it. Pure. */
export function planRepair(target: HoldTarget, identity: Identity): DeliveryPlan {
  const text = 'Repair the holds, so that they can be read again';
  const delivery = plan({ ...target, places: [] }, identity, { holds: { is: 'repair', places: [] }, text, key: '' });
  return { ...delivery, queue: false };
}

function plan(
  target: HoldTarget,
  identity: Identity,
  { holds, text, key }: { readonly holds: HoldChange; readonly text: string; readonly key: string },
): DeliveryPlan {
  const { delivery, repo, branch, queue, places } = target;
  const trailers = places.map(({ file, path }) => ({ key, value: `${file}:${path}` }));
  const person = defaultPerson(identity);
  return {
    ...{ name: delivery ?? holds.is, repo, branch, edits: [], holds },
    message: writeMessage({ text, trailers, delivery, edits: [], source: undefined }),
    ...{ author: person, committer: person, deploy: undefined },
    ...{ ...proposedBeside(target, 'hold'), queue },
  };
}

function named(places: readonly HeldPlace[]): string {
  const [first] = places;
  if (first === undefined || places.length > 1) return `${places.length} values`;
  return withoutControls(`${first.path} in ${first.file}`);
}
