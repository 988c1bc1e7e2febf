import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { commit } from '../../src/entry/commands/commit.ts';
import type { ErrorReport } from '../../src/errors.ts';
import type { CommitOutcome } from '../../src/plan/outcome.ts';
import type { GitHost, GitHostFault, GitHostRequest, RepoSetup } from '../../src/sandbox/git-host/git-host.ts';
import { chart, fileAt, isPush, isSound, refsOf, tipOf, valuesWith } from '../commit/landing.ts';
import { type CliOptions, type CliResult, cli, resultOf } from '../support/cli.ts';
import { gitHost, noHttpBackend } from '../support/git-host.ts';
import { type HereOptions, here } from '../support/here.ts';
import type { End, Guarantee } from './scenario.ts';

/** A config repo on a real git host, and a `tagboat commit` that set its value from `a` to `b`, or didn't. */
export interface ConfigRepoScene {
  readonly host: GitHost;
  readonly end: End;
  readonly error: ErrorReport | undefined;
  /** The branch before the run; undefined where there was none. */
  readonly tipBefore: string | undefined;
  readonly refsBefore: string;
}

export interface Committing {
  readonly repo?: RepoSetup;
  /** What goes wrong with one request; may change the repository meanwhile. */
  readonly fault?: (
    request: GitHostRequest,
    host: GitHost,
  ) => GitHostFault | undefined | Promise<GitHostFault | undefined>;
  /** Done when the repository is there, before the run. */
  readonly prepare?: (host: GitHost) => unknown;
  /** What to set. Default: the front's tag to `b`. */
  readonly set?: readonly string[];
  readonly branch?: string;
  /** The URL to commit to, from the right one. */
  readonly url?: (url: string) => string | Promise<string>;
}

/** Why these scenes can't be set on this machine, if they can't. */
export const missing = noHttpBackend;

/** What a run sets unless told otherwise. */
const edit = 'main/values.yaml:.front.imageTag=b';

/** Commits in this process, where waits are over at once. */
export async function commitHere(options: Committing, run: HereOptions = {}): Promise<ConfigRepoScene> {
  const { host, url, before } = await setScene(options);
  const settings = { json: true, quiet: false, color: false, jobs: 1 };
  const what = { repo: url, branch: options.branch ?? 'main', set: options.set ?? [edit], create: false };
  const { exitCode, errors, commits } = await here(commit(settings, what), { command: 'commit', ...run });
  return { host, ...before, error: errors[0], end: { sees: errors[0]?.code ?? commits[0]?.is, exitCode } };
}

/** Commits by the real command line, in a process of its own. */
export async function commitByCli(options: Committing, run: CliOptions = {}): Promise<ConfigRepoScene> {
  const { host, url, before } = await setScene(options);
  const sets = (options.set ?? [edit]).flatMap((one) => ['--set', one]);
  const done = await cli(['commit', '--repo', url, '--branch', options.branch ?? 'main', ...sets, '--json'], run);
  return { host, ...before, ...endOf(done) };
}

/** Another run on the same config repo, after the first one's end. */
export async function commitAgain(scene: ConfigRepoScene, set: string = edit): Promise<ConfigRepoScene> {
  const done = await cli(['commit', '--repo', scene.host.repoUrl('config'), '--set', set, '--json']);
  return { ...scene, ...endOf(done) };
}

function endOf(done: CliResult): Pick<ConfigRepoScene, 'end' | 'error'> {
  // A killed process tells nothing.
  if (done.code === null) return { error: undefined, end: { sees: undefined, exitCode: null } };
  const { errors, value } = resultOf(done);
  const { commits = [] } = (value ?? {}) as { commits?: readonly CommitOutcome[] };
  return { error: errors[0], end: { sees: errors[0]?.code ?? commits[0]?.is, exitCode: done.code } };
}

/** Beaten once, a run publishes its intent; at its next request it gets this signal. */
export function signalledInQueue(signal: NodeJS.Signals, then?: NodeJS.Signals): [Committing, CliOptions] {
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  let pushes = 0;
  let over = false;
  const fault: Committing['fault'] = async (request, host) => {
    if (isPush(request) && ++pushes === 1) await rivalPush(host);
    // What tidying asks and sends: the second signal comes in the middle of it.
    if (over && then !== undefined) {
      kill(then);
      return { is: 'delay', ms: 200 };
    }
    if (pushes < 2 || isPush(request) || over) return undefined;
    over = true;
    kill(signal);
    // A killed process hears nothing any more; one that is told to stop is not kept from cleaning up.
    return signal === 'SIGKILL' ? { is: 'hang' } : { is: 'delay', ms: 200 };
  };
  return [
    { fault },
    {
      onStart: (own) => {
        kill = own;
      },
    },
  ];
}

async function setScene({ repo, fault, prepare, url: change = (url) => url }: Committing) {
  let ready = false;
  const host: GitHost = await gitHost({ fault: (request) => (ready ? fault?.(request, host) : undefined) });
  const url = await host.createRepo('config', { files: chart, ...repo });
  await prepare?.(host);
  ready = true;
  const before = {
    tipBefore: await tipOf(host, 'config').catch(() => undefined),
    refsBefore: await refsOf(host, 'config'),
  };
  return { host, url: await change(url), before };
}

/** Somebody else's push, which changes another file. */
export async function rivalPush(host: GitHost, name = 'other.yaml'): Promise<void> {
  await host.commit('config', { files: { [name]: 'x: 1\n' }, message: 'A rival\n' });
}

/** Happens once, at the first push. */
export function atFirstPush(happen: (host: GitHost) => unknown): NonNullable<Committing['fault']> {
  let happened = false;
  return async (request, host) => {
    if (happened || !isPush(request)) return undefined;
    happened = true;
    return (await happen(host)) as GitHostFault | undefined;
  };
}

type Holds = Guarantee<ConfigRepoScene>;

export const nothingSent: Holds = {
  words: 'nothing is sent to the config repo',
  holds: ({ host }) => expect(host.requests.filter(isPush)).toEqual([]),
};

export const refsUnmoved: Holds = {
  words: 'no ref of the config repo moves',
  holds: async ({ host, refsBefore }) => expect(await refsOf(host, 'config')).toBe(refsBefore),
};

export const sound: Holds = {
  words: '`git fsck --strict` finds nothing',
  holds: ({ host }) => isSound(host, 'config'),
};

/** The commits that set the value, by the branch as it is now. */
async function settings(host: GitHost): Promise<string[]> {
  const log = await host.git('config', 'log', '--format=%H', '--grep=imageTag', '--grep=values.yaml', 'main');
  return log.split('\n').filter((line) => line !== '');
}

export const landedOnce: Holds = {
  words: 'the value is on the branch, by exactly one commit',
  holds: async ({ host }) => {
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    expect(await settings(host)).toHaveLength(1);
  },
};

export const rivalKept: Holds = {
  words: 'the other push is kept',
  holds: async ({ host }) => expect(await host.git('config', 'log', '--format=%s', 'main')).toContain('A rival'),
};

export const neverSet: Holds = {
  words: 'its value is not set, then or later',
  holds: async ({ host }) => expect(await fileAt(host, 'config')).toBe(valuesWith('a')),
};

export const queueEmpty: Holds = {
  words: 'no intent is left behind',
  holds: async ({ host }) => expect(await refsOf(host, 'config', 'refs/tagboat')).toBe(''),
};

export const onePush: Holds = {
  words: 'it is pushed once',
  holds: ({ host }) => expect(host.requests.filter(isPush)).toHaveLength(1),
};

/** The peer's words, shown as they are. */
export function tells(
  words: string,
  ...parts: readonly (string | RegExp)[]
): Guarantee<{ readonly error: ErrorReport | undefined }> {
  return {
    words,
    holds: ({ error }) => {
      const { message, hint, peer, place } = error ?? {};
      const at = `${place?.file}:${place?.line}:${place?.column}`;
      const text = [message, hint, peer?.code, peer?.text, peer?.waitSeconds, at, place?.text].join('\n');
      for (const part of parts) expect(text).toMatch(part);
    },
  };
}

/** A hook that git runs for each ref of a push, with the ref's name as its first argument. */
export async function updateHook(host: GitHost, script: string): Promise<void> {
  const hooks = join(host.repoDir('config'), 'hooks');
  await mkdir(hooks, { recursive: true });
  await writeFile(join(hooks, 'update'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** An address on loopback at which nobody listens. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}
