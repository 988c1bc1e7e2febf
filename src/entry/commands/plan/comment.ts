import { createHash } from 'node:crypto';
import { headOfPullRequest } from '../../../commit/order/lineage.ts';
import { forgeOf } from '../../../commit/repo/forge.ts';
import { type ErrorReport, reportOf } from '../../../errors.ts';
import type { PlanValue } from '../../../events/json-event.ts';
import { type Event, emitNotice } from '../../../events.ts';
import type { GitCredential, Source } from '../../../plan.ts';
import { keepComment } from '../../../wire/forge/comments.ts';
import { limited } from '../../../wire/grace.ts';
import { commentMs, whyNoComment } from '../../run/notify/live-comment.ts';
import type { CommonOptions } from '../../run/options.ts';
import { runStarted, type Session } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { runLinks } from '../../show/report/links.ts';
import { summaryOf } from '../../show/summary.ts';

/** GitHub's limit is 65,536 characters, the lowest of all hosts'; the marker needs some. */
const most = 65_000;

interface Planned {
  readonly found: Source;
  readonly value: PlanValue;
  readonly errors: readonly ErrorReport[];
}

/**
 * Puts the plan on its pull request, as one comment that later runs bring up to date. What keeps it from being there is
 * told and ends nothing: the plan itself stands in the job's log and summary.
 */
export async function commentPlan(
  session: Session,
  options: CommonOptions,
  planned: Planned,
  readers: (url: string) => Promise<readonly (GitCredential | undefined)[]>,
): Promise<void> {
  const { emit } = session;
  const { found } = planned;
  const { pullRequest, url } = found;
  const tell = (level: 'info' | 'warning', why: string) =>
    emitNotice(emit, level, 'plan', 'PLAN_NOT_COMMENTED', {}, `The plan is on no pull request as a comment: ${why}.`);
  if (pullRequest === undefined || url === undefined) return tell('info', 'the run is of none');
  const { number } = pullRequest;
  if (pullRequest.foreign)
    return tell('info', `${number} is of a fork, or nothing says that it isn't, and its jobs may write nothing here`);
  const { signal, over } = limited(session.world.signal, commentMs, url);
  const world = { ...session.world, signal };
  try {
    const known = await readers(url);
    const head = await headOfPullRequest(world, { url, number, readers: known });
    if (head !== undefined && pullRequest.head !== undefined && head !== pullRequest.head)
      return tell('info', `it is of ${pullRequest.head.slice(0, 12)}, and ${number} has ${head.slice(0, 12)} by now`);
    const [credential] = known;
    const where = forgeOf(world, url, undefined, credential);
    const did = await keepComment(
      world,
      { ...where, number },
      markerOf(options),
      session.clean(commentOf(session, planned)),
    );
    const what = { created: 'made', updated: 'brought up to date', unchanged: 'there already' }[did];
    const message = `The comment on pull request ${number} is ${what}.`;
    emitNotice(emit, 'info', 'plan', 'PLAN_COMMENTED', { number, did }, message);
  } catch (error) {
    session.world.signal.throwIfAborted();
    const why = whyNoComment(error);
    if (why === undefined) throw error;
    tell('warning', why);
  } finally {
    over();
  }
}

/** Puts in the plan's place why there is none: what stands there is of an earlier commit. Tells what keeps it from that. */
export async function commentUnmade(
  session: Session,
  options: CommonOptions,
  found: Source,
  error: unknown,
): Promise<void> {
  const value: PlanValue = { images: [], deliveries: [], notes: ['The plan could not be made.'] };
  await withAuth(session, (auth) =>
    commentPlan(session, options, { found, value, errors: [reportOf(error)] }, async (url) => auth.readers(url, [])),
  );
}

/** What ours is known by: other configs, and other parts of one, have comments of their own. */
function markerOf({ app, config, delivery, image }: CommonOptions): string {
  const key = createHash('sha256')
    .update(JSON.stringify([app ?? '.', config, delivery, image]))
    .digest('hex');
  return `<!-- tagboat plan ${key.slice(0, 12)} -->`;
}

/** The same as the job's summary, without what is another in every run. */
function commentOf({ world }: Session, { found, value, errors }: Planned): string {
  const at = '';
  const exitCode = errors[0]?.exitCode ?? 0;
  const events: Event[] = [
    { ...runStarted('plan', found), at },
    ...value.deliveries.map(
      (preview): Event => ({ type: 'commit.previewed', delivery: preview.delivery, preview, at }),
    ),
    { type: 'result', command: 'plan', exitCode, seconds: 0, errors, value, at },
  ];
  const page = { diffs: 12_000, why: 'a comment holds no more; the job summary has it all', took: false };
  return summaryOf(events, most, { repo: runLinks(world.env).repo }, page);
}
