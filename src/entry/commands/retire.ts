import { headOfPullRequest } from '../../commit/order/lineage.ts';
import { planRetire } from '../../config/plan/retire.ts';
import { numbered } from '../../config/plan/run.ts';
import { usageError } from '../../errors.ts';
import type { RunValue } from '../../events/json-event.ts';
import { emitNotice } from '../../events.ts';
import type { Source } from '../../plan.ts';
import { beginning } from '../../wire/text/shorten.ts';
import type { CommonOptions } from '../run/options.ts';
import { openConfig, refuseFork } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body, Session } from '../run/session.ts';
import { withAuth } from '../run/with-auth.ts';

export interface RetireOptions {
  /** The pull request's number. Default: the one that the job is of. */
  readonly pr?: string | undefined;
  /** Remove what others wrote or changed too, whatever it is from. */
  readonly force?: boolean | undefined;
}

/** `tagboat retire`: removes what was written for a pull request, by one commit a delivery. */
export function retire(common: CommonOptions, { pr, force = false }: RetireOptions): Body {
  return async (session) => {
    const { source, config, identity } = await openConfig(session, common);
    const { pullRequest } = source;
    const number = numberIn(pr ?? String(pullRequest?.number ?? ''));
    const isOwn = pullRequest?.number === number;
    if (isOwn) refuseFork(source);
    const head = isOwn ? (pullRequest.head ?? source.commit) : await headAtHost(session, source, number);
    const at = isOwn ? pullRequest.at : undefined;
    if (head === undefined) {
      const message = `Nobody tells which commit pull request ${number} ended with: a run of it that is still under way may write its files again.`;
      emitNotice(session.emit, 'warning', 'plan', 'PULL_REQUEST_UNKNOWN', { number }, message);
    }
    const { delivery: deliveries } = common;
    const plans = planRetire(config, { ...identity, number, head, at, source, deliveries, force });
    const of = head && { ...source, commit: head, pullRequest: { number, foreign: false, head, at } };
    const plan = { source: of || undefined, aws: undefined, images: [], deliveries: plans };
    const ending = await runPlan(session, plan, common);
    for (const { deploy, name } of config.deliveries) {
      const environment = numbered(deploy, number)?.environment?.name;
      if (environment === undefined || !isRetired(ending.value as RunValue, name)) continue;
      const { endDeployments } = await import('../../deploy/act/deployment.ts');
      await endDeployments(session.world, session.emit, environment);
    }
    return ending;
  };
}

/** One that is superseded or held still has its preview. */
function isRetired({ commits }: RunValue, delivery: string): boolean {
  return commits.some((one) => one.delivery === delivery && (one.is === 'landed' || one.is === 'unchanged'));
}

async function headAtHost(session: Session, { url }: Source, number: number): Promise<string | undefined> {
  return withAuth(session, async (auth) =>
    headOfPullRequest(session.world, { url, number, readers: auth.readers(url ?? '', []) }),
  );
}

function numberIn(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  const problem =
    text === ''
      ? "Say which pull request, --pr NUMBER: this job isn't one's."
      : `--pr takes a pull request's number, not ${JSON.stringify(beginning(text, 40))}.`;
  throw usageError(problem, 'retire');
}
