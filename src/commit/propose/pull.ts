import type { CommitOutcome } from '../../plan/outcome.ts';
import { headOf } from '../../plan/pull-request.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { Draft, PullRequest } from '../../wire/forge/forge.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { backoff } from '../../wire/retry.ts';
import type { MadeCommit } from '../land/push-commit.ts';
import { explainForgeFailure } from '../repo/forge.ts';
import { landedBy } from './await-merge.ts';
import { closedByUs, draftOf } from './draft.ts';
import type { Proposing } from './head.ts';

interface Proposed {
  /** The open pull request, as it was before the branch moved. */
  readonly open: PullRequest | undefined;
  /** What the branch points at. */
  readonly commit: ObjectId;
  /** This run moved it. */
  readonly moved: boolean;
  /** What it changes on the base. */
  readonly made: MadeCommit;
  /** Removes the branch: nothing is left half done where no pull request can be made. */
  readonly undo: () => Promise<unknown>;
}

/** Tries to make a pull request whose host fails in passing. */
const tries = 3;

/**
 * Makes the branch's pull request, or brings the open one up to date: its words, labels, reviewers and whether it merges by
 * itself. Undefined where it was merged or closed meanwhile: then all is to be looked at anew. Throws PULL_REQUEST_REFUSED.
 */
export async function describe(proposing: Proposing, proposed: Proposed): Promise<CommitOutcome | undefined> {
  const { landing, forge, credential } = proposing;
  const { delivery } = landing;
  const { labels = [], reviewers = [], autoMerge } = delivery.pullRequest ?? {};
  const draft = draftOf(delivery, proposed.made.rewriting.changes);
  const { open, moved } = proposed;
  let doing = 'make the pull request';
  try {
    const found = open ?? (await create(proposing, draft, proposed));
    doing = `change pull request ${found.number}`;
    const isStale = found.title !== draft.title || found.base !== draft.base || lines(found.body) !== lines(draft.body);
    const read = () => (open !== undefined && moved ? forge.read(found.number) : found);
    const pull = isStale ? await forge.edit(found.number, draft) : await read();
    if (pull.state !== 'open') return undefined;
    const missing = lacking(pull.labels, labels);
    if (missing.length > 0) await forge.label(pull.number, missing);
    doing = `ask for reviews of pull request ${pull.number}`;
    const unasked = lacking(pull.reviewers, reviewers);
    if (unasked.length > 0) await forge.askReviewers(pull, unasked);
    const { number, url } = pull;
    const { rewriting } = proposed.made;
    const outcome: Extract<CommitOutcome, { is: 'proposed' }> = {
      is: 'proposed',
      ...{ delivery: delivery.name, repo: delivery.repo, branch: delivery.branch },
      pullRequest: { number, url },
      ...{ head: draft.head, commit: proposed.commit, changes: rewriting.changes, diff: rewriting.diff },
      did: open === undefined ? 'created' : moved || isStale ? 'updated' : 'nothing',
    };
    if (autoMerge === undefined) return outcome;
    doing = `merge pull request ${number} once it may`;
    await seen(proposing, pull, proposed.commit);
    await forge.mergeWhenReady(pull, proposed.commit, autoMerge);
    const now = await forge.read(number);
    if (now.state !== 'merged' || now.head !== proposed.commit) return outcome;
    return await landedBy(landing.world, delivery, credential, outcome, now);
  } catch (error) {
    throw explainForgeFailure(error, delivery, doing, credential);
  }
}

/** The branch's open pull request. Throws PULL_REQUEST_REFUSED. */
export async function findOpen({ landing, forge, credential }: Proposing): Promise<PullRequest | undefined> {
  const { delivery } = landing;
  try {
    return await forge.find(headOf(delivery));
  } catch (error) {
    throw explainForgeFailure(error, delivery, 'tell whether there is a pull request', credential);
  }
}

/** Closes the open pull request, if there is one. Throws PULL_REQUEST_REFUSED. */
export async function closeOpen(proposing: Proposing): Promise<void> {
  const { landing, forge, credential } = proposing;
  const { delivery } = landing;
  const open = await findOpen(proposing);
  try {
    if (open === undefined) return;
    const { title, base, body, number } = open;
    await forge.edit(number, { title, base, head: headOf(delivery), body: `${body}\n\n${closedByUs}` });
    await forge.close(number);
  } catch (error) {
    throw explainForgeFailure(error, delivery, 'close the pull request', credential);
  }
}

/** A lost reply is looked for by the branch before a second one is made. */
async function create({ landing, forge }: Proposing, draft: Draft, { undo }: Proposed): Promise<PullRequest> {
  const { world } = landing;
  for (let tried = 1; ; tried += 1) {
    try {
      return await forge.create(draft);
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      const made = await forge.find(draft.head);
      if (made !== undefined) return made;
      const waitMs = backoff(tried, error, world);
      if (!error.retryable || tried >= tries || world.clock.now() + waitMs > landing.deadline) {
        await undo();
        throw error;
      }
      await world.clock.sleep(waitMs, world.signal);
    }
  }
}

/** Hosts take a moment to see on a pull request what its branch has. */
async function seen({ landing, forge }: Proposing, pull: PullRequest, commit: ObjectId): Promise<void> {
  for (let looks = 0; looks < 10 && pull.head !== commit; looks += 1) {
    await landing.world.clock.sleep(200 * 2 ** looks, landing.world.signal);
    if ((await forge.read(pull.number)).head === commit) return;
  }
}

function lacking(there: readonly string[], wanted: readonly string[]): string[] {
  const has = new Set(there.map((one) => one.toLowerCase()));
  return wanted.filter((one) => !has.has(one.toLowerCase()));
}

/** As it is compared: hosts keep line ends and white space at the ends as they like. */
function lines(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}
