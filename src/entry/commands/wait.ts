import { openHistory } from '../../commit/order/history.ts';
import { parseApplication, usualArgoCd } from '../../config/check/argocd.ts';
import { planCommit } from '../../config/plan/run.ts';
import { parseRepo } from '../../config/read/arguments.ts';
import { whyNoApplication, whyNoServer, whyNoTimeout } from '../../config/shape/grammar.ts';
import { timeoutOf } from '../../config/shape/timeout.ts';
import { verdictError } from '../../deploy/verdict/verdict-error.ts';
import { type ErrorReport, reportOf, usageError } from '../../errors.ts';
import type { WaitValue } from '../../events/json-event.ts';
import type { ArgoCdPlan, DeployPlan, Verdict } from '../../plan/deploy.ts';
import type { DeliveryPlan, RunPlan } from '../../plan.ts';
import { createServers } from '../run/argocd-servers.ts';
import type { CommonOptions } from '../run/options.ts';
import { ofBuilding, openRun } from '../run/prepare.ts';
import type { Body, Session } from '../run/session.ts';
import type { Ending } from '../run/stopping.ts';
import { type Watching, watchCommit } from '../run/watch.ts';
import { withAuth } from '../run/with-auth.ts';

export interface WaitOptions {
  /** The config commit. Default: the branch's tip. */
  readonly commit?: string | undefined;
  readonly application: readonly string[];
  readonly timeout?: string | undefined;
  readonly sync: boolean;
  /** Argo CD's API; with `repo`, no config file is read. */
  readonly server?: string | undefined;
  readonly repo?: string | undefined;
  readonly branch: string;
  /** PEM file of the CA behind the server. */
  readonly ca?: string | undefined;
  /** Take any certificate. */
  readonly insecure?: boolean;
}

/** `tagboat wait`: until Argo CD has a config commit live, or why it hasn't. */
export function wait(common: CommonOptions, options: WaitOptions): Body {
  return async (session) => {
    const plan =
      options.repo === undefined
        ? await fromConfig(session, common, options)
        : { source: undefined, deliveries: [fromArguments(session, options.repo, options)] };
    if (session.hooks.length === 0) return watchAll(session, plan.deliveries, options);
    const { withNotifications } = await import('../run/notify/notify.ts');
    return withNotifications(session, plan, (told) => watchAll(told, plan.deliveries, options));
  };
}

function watchAll(session: Session, deliveries: readonly DeliveryPlan[], options: WaitOptions): Promise<Ending> {
  const { world, emit, clean } = session;
  return withAuth(session, async (auth) => {
    const servers = createServers(world, emit, auth);
    try {
      const watching = { world, emit, auth, servers, clean };
      const settled = await Promise.allSettled(
        deliveries.map((delivery) => waitFor(watching, delivery, options.commit)),
      );
      world.signal.throwIfAborted();
      const verdicts: Verdict[] = [];
      const errors: ErrorReport[] = [];
      for (const [at, result] of settled.entries()) {
        if (result.status === 'rejected') errors.push(reportOf(result.reason, deliveries[at]?.name));
        else verdicts.push(...result.value);
      }
      const value: WaitValue = { verdicts };
      return { errors: [...errors, ...verdicts.flatMap(verdictError)], value };
    } finally {
      servers.close();
    }
  });
}

async function waitFor(watching: Watching, delivery: DeliveryPlan, commit: string | undefined): Promise<Verdict[]> {
  if (commit !== undefined && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) {
    throw usageError("--commit must be a commit's whole id.", 'wait');
  }
  const known = commit ?? (await tipOf(watching, delivery));
  return watchCommit(watching, delivery, { commit: known, parent: undefined, images: [] });
}

/** The branch's tip: what a delivery that changed nothing is judged by. */
async function tipOf({ world, auth }: Watching, delivery: DeliveryPlan): Promise<string> {
  const history = openHistory(world, delivery, await auth.git(delivery.repo), world.clock.now() + 60_000);
  try {
    return await history.tip();
  } finally {
    await history.close();
  }
}

async function fromConfig(
  session: Session,
  common: CommonOptions,
  options: WaitOptions,
): Promise<Pick<RunPlan, 'source' | 'deliveries'>> {
  const { config, source, plan } = await openRun(session, common, ofBuilding);
  const deliveries = plan.deliveries.flatMap((delivery) => {
    const deploy = deployOf(options, delivery.deploy, config.argocd);
    return deploy === undefined ? [] : [{ ...delivery, deploy }];
  });
  if (deliveries.length > 0) return { source, deliveries };
  const problem =
    config.argocd === undefined
      ? `${config.file} has no \`argocd:\`, which says where to ask.`
      : 'No delivery of this branch has an `application:` to wait for.';
  throw usageError(problem, 'wait');
}

function fromArguments(session: Session, repo: string, options: WaitOptions): DeliveryPlan {
  const { world } = session;
  // The variable of Argo CD's own CLI, which names the host alone.
  const server = options.server ?? (world.env.ARGOCD_SERVER ?? '').replace(/^(?!$|https?:\/\/)/, 'https://');
  const why = whyNoServer(server);
  if (why !== undefined) throw usageError(`--server must be ${why}.`, 'wait');
  const argocd = { ...usualArgoCd, server: server.replace(/\/+$/, '') };
  session.started();
  const base = planCommit({
    repo: parseRepo(repo, world.env.GITHUB_SERVER_URL),
    branch: options.branch,
    edits: [],
    actions: false,
  });
  return { ...base, name: 'wait', deploy: deployOf(options, undefined, argocd) };
}

/** What the command line changes about a delivery's deploy plan, or makes one of. */
function deployOf(
  options: WaitOptions,
  own: DeployPlan | undefined,
  argocd: ArgoCdPlan | undefined,
): DeployPlan | undefined {
  const named = options.application.map((text) => {
    const why = whyNoApplication(text);
    if (why !== undefined) throw usageError(`--application must be ${why}.`, 'wait');
    return parseApplication(text);
  });
  const configured = own?.argocd ?? argocd;
  const trust = options.ca !== undefined || options.insecure === true;
  if (options.ca !== undefined && options.insecure === true)
    throw usageError('--ca and --insecure are two answers to one question.', 'wait');
  if (trust && configured !== undefined && configured.server === undefined) {
    const problem =
      'The kubeconfig says whose certificate is trusted: --ca and --insecure go with an Argo CD that has a URL.';
    throw usageError(problem, 'wait');
  }
  const from = configured && {
    ...configured,
    caFile: options.ca ?? configured.caFile,
    insecure: configured.insecure || options.insecure === true,
  };
  const wanted = own !== undefined || named.length > 0 || options.repo !== undefined;
  if (from === undefined || !wanted) return undefined;
  const timeoutMs = options.timeout === undefined ? undefined : timeoutIn(options.timeout);
  return {
    argocd: timeoutMs === undefined ? from : { ...from, timeoutMs, longestMs: timeoutMs },
    applications: named.length > 0 ? named : (own?.applications ?? []),
    sync: options.sync || (own?.sync ?? false),
    onUnhealthy: 'fail',
    environment: undefined,
    ofPullRequest: named.length === 0 && own?.ofPullRequest,
  };
}

function timeoutIn(text: string): number {
  const why = whyNoTimeout(text);
  if (why !== undefined) throw usageError(`--timeout must be ${why}.`, 'wait');
  return timeoutOf(text);
}
