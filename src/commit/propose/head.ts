import { isError, TagboatError } from '../../errors.ts';
import { headOf } from '../../plan/pull-request.ts';
import type { GitCredential } from '../../plan.ts';
import type { Forge } from '../../wire/forge/forge.ts';
import { commitsSince } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { filesTouched } from '../edit/rewrite.ts';
import { decideOnTip, type Landing, type TipDecision } from '../land/landing.ts';
import { isAsProposed, trailersOf } from '../order/trailers.ts';

/** A delivery to be proposed. */
export interface Proposing {
  readonly landing: Landing;
  readonly forge: Forge;
  readonly credential: GitCredential | undefined;
}

/** The branch that is proposed, as it is. */
export interface Head {
  readonly at: ObjectId;
  /** All that it has and the base hasn't is a commit of ours, as we made it. */
  readonly ours: boolean;
  /** What that commit was made on; undefined where it isn't ours alone. */
  readonly on: ObjectId | undefined;
  readonly snapshot: Snapshot;
  /** What there would be to do on it; undefined where it has nothing of its own, or can't be edited any more. */
  readonly onHead: TipDecision | undefined;
}

/** Reads the branch at `at`. Throws PULL_REQUEST_HEAD_TAKEN, ORDER_*, and what reading files throws. */
export async function readHead(landing: Landing, tip: ObjectId, at: ObjectId): Promise<Head> {
  const { repo, delivery } = landing;
  const snapshot = await repo.readPaths(at, filesTouched(delivery));
  const commits = await commitsSince(repo.remote, at, tip);
  if (commits?.size === 0) return { at, ours: true, on: undefined, snapshot, onHead: undefined };
  for (const { message } of commits?.values() ?? []) refuseTaken(landing, message);
  const own = commits?.get(at);
  const ours =
    commits?.size === 1 && own?.parents.length === 1 && isAsProposed(own.message, snapshot.folders.get('')?.id ?? '');
  const asked = { ...delivery, edits: delivery.edits.map((edit) => ({ ...edit, replaces: undefined })) };
  const onHead = await decideOnTip({ ...landing, delivery: asked, made: undefined }, at).catch((error: unknown) => {
    // A commit of ours from before the files changed: it is made anew. But what is newer or nobody can tell stays.
    const unclear = isError(error, 'ORDER_DIVERGED') || isError(error, 'ORDER_UNKNOWN');
    if (ours && error instanceof TagboatError && !unclear) return undefined;
    throw error;
  });
  return { at, ours, on: ours ? own.parents[0] : undefined, snapshot, onHead };
}

/** Two apps may have deliveries of one name to one config repo, and each would undo the other's. */
function refuseTaken({ delivery }: Landing, theirs: string): void {
  const value = (message: string, key: string) => trailersOf(message).find((one) => one.key === key)?.value;
  for (const key of ['Tagboat-App', 'Tagboat-Delivery']) {
    const [own, other] = [value(delivery.message, key), value(theirs, key)];
    if (own === undefined || other === undefined || own === other) continue;
    const by = `${value(theirs, 'Tagboat-App') ?? 'another app'} (${value(theirs, 'Tagboat-Delivery') ?? 'no delivery'})`;
    throw new TagboatError('PULL_REQUEST_HEAD_TAKEN', { repo: delivery.repo, head: headOf(delivery), by });
  }
}
