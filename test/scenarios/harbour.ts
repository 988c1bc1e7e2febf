import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { commit } from '../../src/entry/commands/commit.ts';
import type { ErrorReport } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import type { Verdict } from '../../src/plan/deploy.ts';
import type { Env } from '../../src/wire/world.ts';
import { isPush, isSound } from '../commit/landing.ts';
import { type Harbour, harbour } from '../support/argocd.ts';
import { type CliOptions, cli, resultOf } from '../support/cli.ts';
import { git, noHttpBackend, tempDir } from '../support/git-host.ts';
import { here } from '../support/here.ts';
import { fastClock } from '../support/world.ts';
import type { End, Guarantee } from './scenario.ts';

/** An app repo whose delivery is followed in Argo CD, and a `tagboat commit` that waits for the verdict. */
export interface HarbourScene {
  readonly harbour: Harbour;
  readonly end: End;
  readonly error: ErrorReport | undefined;
  readonly verdicts: readonly Verdict[];
  readonly events: readonly Happening[];
}

export interface Following {
  readonly argocd?: Parameters<typeof harbour>[0];
  /** Done before the run. */
  readonly prepare?: (harbour: Harbour) => unknown;
  /** Told of each event as it comes. */
  readonly onEvent?: (event: Happening, harbour: Harbour) => void;
  /** The job's variables. Default a token for Argo CD. */
  readonly env?: Env;
  /** How long to wait at most. */
  readonly timeout?: string;
  /** The application that the config names. Default the one that is there. */
  readonly application?: string;
  /** Where the config says that Argo CD is. Default where it is. */
  readonly server?: string;
  /** How long a pod may fail to start. */
  readonly podFailure?: string;
  /** More of the delivery's keys. */
  readonly delivery?: string;
  /** Milliseconds of silence after which a peer is given up. */
  readonly idleMs?: number;
}

/** Why these scenes can't be set on this machine, if they can't. */
export const missing = noHttpBackend;

const jobEnv = { ARGOCD_AUTH_TOKEN: 'planted-argocd-token' };

/** Commits and waits in this process, where time runs twenty times as fast: enough for git on a busy machine. */
export async function followHere(options: Following = {}): Promise<HarbourScene> {
  const { place, app } = await setScene(options);
  const command = commit(
    { json: true, quiet: false, color: false, jobs: 1 },
    { branch: 'main', set: [], create: false },
  );
  const world = () => ({ clock: fastClock(20) });
  const { exitCode, errors, verdicts, commits, events } = await here(command, {
    ...{ command: 'commit', cwd: app, env: options.env ?? jobEnv, world },
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    onEvent: (event) => options.onEvent?.(event, place),
  });
  const sees = errors[0]?.code ?? verdicts[0]?.is ?? commits[0]?.is;
  return { harbour: place, error: errors[0], verdicts, events, end: { sees, exitCode } };
}

/** The same by the real command line, in real time. */
export async function followByCli(options: Following, run: CliOptions): Promise<HarbourScene> {
  const { place, app } = await setScene(options);
  const done = await cli(['commit', '--json'], { cwd: app, env: jobEnv, ...run });
  const { errors, value } = resultOf(done);
  const { verdicts = [] } = (value ?? {}) as { verdicts?: readonly Verdict[] };
  const end = { sees: errors[0]?.code ?? verdicts[0]?.is, exitCode: done.code };
  return { harbour: place, error: errors[0], verdicts, events: done.events, end };
}

async function setScene(options: Following): Promise<{ place: Harbour; app: string }> {
  const place = await harbour(options.argocd);
  const app = await tempDir();
  const { application = 'front', timeout = '20m', podFailure = '2m', server = place.argocd.url } = options;
  const config = `argocd: { server: "${server}", timeout: ${timeout}, podFailure: ${podFailure} }
deliveries:
  main:
    repo: ${place.repo}
    from: main
    set:
      main/values.yaml: { .front.imageTag: "{commit}" }
    application: ${application}
${options.delivery ?? ''}`;
  await mkdir(app, { recursive: true });
  await writeFile(join(app, 'tagboat.yaml'), config);
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '.');
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
  await git(app, ...who, 'commit', '--quiet', '-m', 'Open the shop');
  await options.prepare?.(place);
  return { place, app };
}

type Holds = Guarantee<HarbourScene>;

export const nothingSent: Holds = {
  words: 'nothing is sent to the config repo',
  holds: ({ harbour: { host } }) => expect(host.requests.filter(isPush)).toEqual([]),
};

export const commitStays: Holds = {
  words: 'the commit is on the branch, once, and stays there',
  holds: async ({ harbour: { host } }) => {
    const log = await host.git('config', 'log', '--format=%s', '--grep=imageTag', 'main');
    expect(log.split('\n').filter((line) => line !== '')).toHaveLength(1);
    await isSound(host, 'config');
  },
};

/** What is at the bottom of the verdict's reasons. */
export function reasonsTell(words: string, ...parts: readonly string[]): Holds {
  return {
    words,
    holds: ({ verdicts, error }) => {
      const text = JSON.stringify([verdicts, error]);
      for (const part of parts) expect(text).toContain(part);
    },
  };
}

export const neverHealthy: Holds = {
  words: 'no verdict says healthy',
  holds: ({ verdicts }) => expect(verdicts.filter(({ is }) => is === 'healthy')).toEqual([]),
};

export const tokenUntold: Holds = {
  words: 'the token is told nowhere',
  holds: ({ events, error }) => expect(JSON.stringify([events, error])).not.toContain(jobEnv.ARGOCD_AUTH_TOKEN),
};

export const oneStream: Holds = {
  words: 'never more than one stream is open',
  holds: ({ harbour: { argocd } }) => expect(argocd.streams.most).toBeLessThanOrEqual(1),
};

/** Happens once, when the application is first waited for. */
export function meanwhile(happen: (harbour: Harbour) => unknown): NonNullable<Following['onEvent']> {
  let happened = false;
  return ({ type }, place) => {
    if (happened || type !== 'verdict.progress') return;
    happened = true;
    happen(place);
  };
}
