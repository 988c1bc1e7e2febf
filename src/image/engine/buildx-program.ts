import { constants, existsSync } from 'node:fs';
import { access, open, realpath } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import type { Command, Finished } from '../../wire/exec.ts';
import type { Env } from '../../wire/world.ts';
import type { ImageRun } from '../run.ts';
import { ownFolder, readClientConfig } from './login.ts';

/** What a builder is asked by: each question is a process, and so is asked once a run. */
export type AskedOnce = Pick<ImageRun, 'once' | 'world'>;

/** What is started for `docker buildx`, with `buildx` as the first argument. */
export type BuildxProgram = Pick<Command, 'program' | 'env'>;

const byDocker: BuildxProgram = { program: 'docker' };

// As docker starts its plugins (docker/cli, cli-plugins/metadata): buildx then takes the arguments that docker was given.
const asPlugin = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: 'docker' };

// docker/cli, cli-plugins/manager/manager_unix.go.
const systemFolders = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'];

/**
 * The program of docker's plugin where docker would start just that: docker itself starts it twice, once to ask what it
 * is, and takes three times as long to begin. Wherever something else may be meant by `docker`, it is docker.
 */
export function buildxProgram(run: AskedOnce): Promise<BuildxProgram> {
  return run.once('program of buildx', async () => {
    const plugin = await findPlugin(run);
    if (plugin === undefined) return byDocker;
    const [docker, version] = await Promise.all([
      ask(run, byDocker, ['--version']),
      ask(run, plugin, ['buildx', 'version']),
    ]);
    // Podman and nerdctl go by this name too, and have plugins of their own or none.
    return docker.stdout.startsWith('Docker version ') && version.code === 0 ? plugin : byDocker;
  });
}

/** Asks buildx, and its plugin already while it is found out whether that is what docker would start. */
export async function askBuildx(run: AskedOnce, ...words: readonly string[]): Promise<Finished> {
  const args = ['buildx', ...words];
  const plugin = await findPlugin(run);
  const [answer, program] = await Promise.all([plugin && ask(run, plugin, args), buildxProgram(run)]);
  return answer !== undefined && program === plugin ? answer : ask(run, byDocker, args);
}

/** Asks a program something that it answers alike all through a run. */
export function ask({ once, world }: AskedOnce, program: BuildxProgram, args: readonly string[]): Promise<Finished> {
  return once(`answer of ${JSON.stringify([program.program, ...args])}`, () =>
    world.exec({ ...program, args, signal: world.signal, timeoutMs: 20_000, keep: 64 * 1024 }),
  );
}

/** The first plugin in the folders in which docker looks, in docker's order. */
function findPlugin({ once, world: { env } }: AskedOnce): Promise<BuildxProgram | undefined> {
  return once("docker's buildx", async () => {
    const own = ownFolder(env);
    if (own === undefined || platform() === 'win32' || !(await isProgram('docker', env))) return undefined;
    const { cliPluginsExtraDirs: extra } = await readClientConfig(join(own, 'config.json'));
    const folders = [
      ...(Array.isArray(extra) ? extra.map(String) : []),
      join(own, 'cli-plugins'),
      ...systemFolders.map((folder) => `${folder}/docker/cli-plugins`),
    ];
    const file = folders.map((folder) => resolve(folder, 'docker-buildx')).find((path) => existsSync(path));
    return file === undefined ? undefined : { program: file, env: asPlugin };
  });
}

/**
 * Whether this is a program of its own: no script, which may go to another machine, no launcher by a link, which may look
 * elsewhere for plugins, and none that becomes another user or group.
 */
async function isProgram(name: string, env: Env): Promise<boolean> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = resolve(folder, name);
    try {
      await access(file, constants.X_OK);
      const handle = await open(file);
      try {
        const [{ buffer }, { mode }] = [await handle.read(Buffer.alloc(2), 0, 2, 0), await handle.stat()];
        return buffer.toString() !== '#!' && (mode & 0o6000) === 0 && basename(await realpath(file)) === name;
      } finally {
        await handle.close();
      }
    } catch {}
  }
  return false;
}
