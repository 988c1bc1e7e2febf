import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ship } from '../../src/entry/commands/ship.ts';
import type { ErrorReport } from '../../src/errors.ts';
import type { CommitOutcome } from '../../src/plan/outcome.ts';
import type { Env } from '../../src/wire/world.ts';
import { isPush, isSound } from '../commit/landing.ts';
import { type CliOptions, cli, resultOf, type Town, type TownServers, town } from '../support/cli.ts';
import { noHttpBackend, tempDir } from '../support/git-host.ts';
import { type HereOptions, here } from '../support/here.ts';
import type { RegistryOptions } from '../support/registries.ts';
import type { End, Guarantee } from './scenario.ts';

/** An app repo with two images and a delivery, all servers it needs, and a `tagboat ship` of it. */
export interface AppRepoScene {
  readonly town: Town;
  readonly end: End;
  readonly error: ErrorReport | undefined;
  readonly errors: readonly ErrorReport[];
  /** What the run put on its streams, where it had any. */
  readonly printed: string;
}

export interface Shipping {
  readonly registry?: Omit<RegistryOptions, 'dir'>;
  readonly servers?: TownServers;
  /** Done before the run; what it changes in the app repo has to be committed by it. */
  readonly prepare?: (town: Town) => unknown;
  /** The images that are asked for; undefined: all. */
  readonly image?: readonly string[];
  /** Variables of the job that are other ones. */
  readonly env?: (town: Town) => Env | Promise<Env>;
}

/** Why these scenes can't be set on this machine, if they can't. */
export const missing = noHttpBackend;

/** Ships by the real command line, in a process of its own. */
export async function shipByCli(options: Shipping = {}, run: CliOptions = {}): Promise<AppRepoScene> {
  const { built, env } = await setScene(options);
  return { town: built, ...(await shipAgain(built, { ...run, env })) };
}

/** Another run in the same town. */
export async function shipAgain(built: Town, run: CliOptions = {}): Promise<Omit<AppRepoScene, 'town'>> {
  const done = await cli(['ship', '--json'], { cwd: built.app, env: built.env, ...run });
  const printed = done.stdout + done.stderr;
  if (done.code === null) return { error: undefined, errors: [], printed, end: { sees: undefined, exitCode: null } };
  const { errors, value } = resultOf(done);
  const { commits = [] } = (value ?? {}) as { commits?: readonly CommitOutcome[] };
  return { error: errors[0], errors, printed, end: { sees: errors[0]?.code ?? commits[0]?.is, exitCode: done.code } };
}

/** Ships in this process, where waits are over at once. */
export async function shipHere(options: Shipping = {}, run: HereOptions = {}): Promise<AppRepoScene> {
  const { built, env } = await setScene(options);
  const command = ship({ json: true, quiet: false, color: false, jobs: 2, image: options.image });
  const { exitCode, errors, commits, events } = await here(command, { command: 'ship', cwd: built.app, env, ...run });
  const printed = events.map((event) => JSON.stringify(event)).join('\n');
  return { town: built, errors, error: errors[0], printed, end: { sees: errors[0]?.code ?? commits[0]?.is, exitCode } };
}

async function setScene({ registry, servers, prepare, env }: Shipping): Promise<{ built: Town; env: Env }> {
  const built = await town(registry, servers);
  await prepare?.(built);
  return { built, env: { ...built.env, ...(await env?.(built)) } };
}

/** Writes files into the app repo and commits them. */
export function committed(files: Readonly<Record<string, string>>): (town: Town) => Promise<void> {
  return async ({ write, commit }) => {
    await write(files);
    await commit('Change');
  };
}

/** Rewrites the app repo's config and commits it. */
export function configured(change: (text: string, town: Town) => string): (town: Town) => Promise<void> {
  return async (built) => {
    const text = readFileSync(join(built.app, 'tagboat.yaml'), 'utf8');
    const changed = change(text, built);
    // A change that changes nothing causes nothing.
    expect(changed).not.toBe(text);
    await built.write({ 'tagboat.yaml': changed });
    await built.commit('Configure');
  };
}

type Holds = Guarantee<AppRepoScene>;

export const configRepoUntouched: Holds = {
  words: 'the config repo hears nothing of it',
  holds: async ({ town: { host } }) => {
    expect(host.requests.filter(isPush)).toEqual([]);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
  },
};

export const registryUntouched: Holds = {
  words: 'nothing is pushed to the registry',
  holds: ({ town: { registry } }) => {
    const by = (...methods: string[]) => registry.requests.filter(({ method }) => methods.includes(method));
    expect(by('PUT', 'PATCH')).toEqual([]);
    // An upload that is begun and dropped tells whether a push would be taken, and puts nothing there.
    expect(by('DELETE').length).toBe(by('POST').filter(({ status }) => status === 202).length);
  },
};

export const noImage: Holds = {
  words: 'no image is in the registry',
  holds: ({ town: { registry } }) =>
    expect(
      registry.requests.filter(
        ({ method, path, status = 0 }) => method === 'PUT' && /\/manifests\//.test(path) && status < 300 && status > 0,
      ),
    ).toEqual([]),
};

export const noUploadLeft: Holds = {
  words: 'no upload is left open in the registry',
  holds: ({ town: { registry } }) => expect(readdirSync(join(registry.dir, 'uploads'))).toEqual([]),
};

export const noTempLeft: Holds = {
  words: 'no temporary file is left',
  holds: ({ town: { temp } }) => expect(readdirSync(temp)).toEqual([]),
};

export const delivered: Holds = {
  words: 'the value is on the branch, by exactly one commit',
  holds: async ({ town: { host } }) => {
    expect(await host.git('config', 'show', 'main:main/values.yaml')).toMatch(/imageTag: [0-9a-f]{40} /);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    await isSound(host, 'config');
  },
};

export const noSecretPrinted: Holds = {
  words: 'no secret is printed',
  holds: ({ printed, town: { token, env } }) => {
    const secrets = [
      token,
      Buffer.from(`x-access-token:${token}`).toString('base64'),
      env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    ];
    for (const secret of secrets) expect(printed).not.toContain(secret);
    expect(printed).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}\.|ASIA[A-Z0-9]{12,}/);
  },
};

export const configRepoUnmoved: Holds = {
  words: 'no branch of the config repo moves',
  holds: async ({ town: { host } }) => expect(await host.git('config', 'rev-list', '--count', '--all')).toBe('1\n'),
};

/** A folder with this as Docker's config file. */
export async function dockerConfig(text: string): Promise<string> {
  const dir = await tempDir();
  await writeFile(join(dir, 'config.json'), text);
  return dir;
}

/** A delivery to `acme/config` by a GitHub App that is installed on these repositories. */
export function withApp(
  installedOn: readonly string[],
  contents: 'read' | 'write' = 'write',
): Required<Pick<Shipping, 'servers' | 'prepare'>> {
  return {
    servers: { github: { app: { installedOn, permissions: { contents } } } },
    prepare: async (built) => {
      const url = await built.host.createRepo('acme/config', {
        files: { 'main/values.yaml': 'front: {imageTag: none}\n' },
      });
      await configured((text) => text.replace(built.host.repoUrl('config'), url))(built);
    },
  };
}

/** The job's variables with a GitHub App in place of the token, on a GitHub that is the town's git host. */
export function appEnv({ github, host }: Town): Env {
  return { ...github.appEnv, GITHUB_SERVER_URL: host.url, TAGBOAT_TOKEN: undefined };
}

/** Why a small disk can't be had on this machine for one process alone, if it can't. */
export const noPrivateMounts: string | undefined = (() => {
  const mount = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=256k none /tmp'];
  const { status } = spawnSync('unshare', mount, { stdio: 'ignore' });
  return status === 0 ? missing : 'needs a mount namespace of its own (Linux: unshare -rm)';
})();
