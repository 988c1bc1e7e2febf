import type { Reason, Verdict } from '../../../src/plan/deploy.ts';
import { type CliResult, cli, resultOf } from '../cli.ts';
import { isSettled, observe } from './observer.ts';
import type { Application, Shop } from './shop.ts';

/** Seconds that no verdict may be later than Argo CD's own; its polls, which nobody is to wait for, are minutes apart. */
export const soon = 60;

/** One run that ends with a verdict. */
export interface Waited {
  readonly result: CliResult;
  /** The one application's verdict; undefined when the run ended without. */
  readonly verdict: Verdict | undefined;
  /** Codes of the run's errors. */
  readonly errors: readonly string[];
  /** Seconds from the push to the verdict. */
  readonly seconds: number | undefined;
  /** Seconds from Argo CD's own last word to the verdict; undefined where one of them never came. */
  readonly late: number | undefined;
}

/** How a run is measured. */
export interface Waiting {
  /** What is measured, for the line that tells it. */
  readonly what: string;
  /** Argo CD's own state is final; false where none is. Default: synced, compared since, and Healthy or Degraded. */
  readonly isFinal?: false | ((application: Application) => boolean);
}

export interface WaitOptions extends Waiting {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Another API server than the one there is. */
  readonly server?: string;
}

/** Runs `tagboat wait` for a commit that has just been pushed, until it ends. */
export function waitFor(shop: Shop, commit: string, options: WaitOptions): Promise<Waited> {
  const { argocd } = shop.cluster;
  const { args = [], env = {}, server = argocd.url } = options;
  const target = ['--repo', shop.repo, '--application', shop.name, '--commit', commit, '--server', server];
  const usual = args.includes('--timeout') ? [] : ['--timeout', '5m'];
  const wait = ['wait', ...target, ...usual, ...args, '--json'];
  const token = { ARGOCD_AUTH_TOKEN: argocd.tokens.deployer, ...env };
  return watchRun(shop, options, (onLine) => cli(wait, { env: token, onLine }), commit);
}

/**
 * Runs something that ends with a verdict, and prints how long it was from the push to Argo CD's own last word and to
 * the verdict. The push is the config commit's landing in this run, or the run's begin for a commit from before.
 */
export async function watchRun(
  shop: Shop,
  { what, isFinal }: Waiting,
  run: (onLine: (line: string) => void) => Promise<CliResult>,
  known?: string,
): Promise<Waited> {
  const observer = observe(shop);
  let pushed = Date.now();
  let commit = known;
  let ended: number | undefined;
  const result = await run((line) => {
    const event = JSON.parse(line) as CliResult['events'][number];
    if (event.type === 'verdict.finished') ended = Date.now();
    if (event.type !== 'commit.finished' || event.outcome.is !== 'landed') return;
    pushed = Date.now();
    commit = event.outcome.commit;
  });
  const verdict = verdictIn(result);
  const is = isFinal ?? (commit === undefined ? false : isSettled(commit));
  const final = is === false ? undefined : await (isOfState(verdict) ? observer.began(is) : observer.since(is));
  observer.stop();
  tell(what, pushed, final, ended);
  const since = (at: number | undefined) =>
    ended === undefined || at === undefined ? undefined : (ended - at) / 1_000;
  return {
    result,
    verdict,
    errors: resultOf(result).errors.map(({ code }) => code),
    seconds: since(pushed),
    late: since(final),
  };
}

/** All parts of a verdict's reasons, the outer before the inner. */
export function partsOf(verdict: Verdict | undefined): Reason[] {
  const all = (reason: Reason): Reason[] => [reason, ...reason.parts.flatMap(all)];
  return verdict === undefined || verdict.is === 'healthy' ? [] : verdict.reasons.flatMap(all);
}

/** Whether the verdict is of a state of the application's, not of a want of one. */
function isOfState(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && ['healthy', 'degraded', 'syncFailed'].includes(verdict.is);
}

function verdictIn({ events }: CliResult): Verdict | undefined {
  return events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict] : [])).at(-1);
}

function tell(what: string, pushed: number, final: number | undefined, ended: number | undefined): void {
  const seconds = (at: number | undefined) => (at === undefined ? '    -' : `${((at - pushed) / 1_000).toFixed(1)} s`);
  process.stdout.write(`from push: Argo CD final ${seconds(final)}, verdict ${seconds(ended)}: ${what}\n`);
}
