import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryCredential } from '../../plan.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import type { Env, World } from '../../wire/world.ts';
import { makeTempDir } from '../tree/workspace.ts';

/** Credentials in the form that builders read: a folder of its own, which only this user can look into. */
export interface Login {
  /** For `DOCKER_CONFIG`. */
  readonly dir: string;
  /** For `--authfile`. */
  readonly authFile: string;
  /** Where buildx keeps its builders, for `BUILDX_CONFIG`: still the user's own. */
  readonly buildxDir: string | undefined;
}

/**
 * Runs `work` with credentials for these hosts beside whatever the user's own Docker config has. The files are gone
 * afterwards, however it ends.
 */
export async function withLogin<T>(
  credentials: ReadonlyMap<string, RegistryCredential>,
  world: World,
  work: (login: Login) => Promise<T>,
): Promise<T> {
  const dir = await makeTempDir(world.env, 'tagboat-login-');
  try {
    const own = ownFolder(world.env);
    const config = own === undefined ? {} : await readClientConfig(join(own, 'config.json'));
    const authFile = join(dir, 'config.json');
    await writeFile(authFile, JSON.stringify(withCredentials(config, credentials, world)), { mode: 0o600 });
    // Plugins and contexts are looked for beside the config.
    if (own !== undefined) {
      for (const name of ['cli-plugins', 'contexts']) await symlink(join(own, name), join(dir, name), 'junction');
      await keepNodeId(own, dir);
      // For a builder made for this build alone; for others buildx's own folder is used.
      await keepNodeId(join(own, 'buildx'), join(dir, 'buildx'));
    }
    return await work({ dir, authFile, buildxDir: world.env.BUILDX_CONFIG ?? (own && join(own, 'buildx')) });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Where docker has its configuration; undefined where the environment tells none. */
export function ownFolder(env: Env): string | undefined {
  if (env.DOCKER_CONFIG !== undefined && env.DOCKER_CONFIG !== '') return env.DOCKER_CONFIG;
  return env.HOME === undefined || env.HOME === '' ? undefined : join(env.HOME, '.docker');
}

/** The file by which BuildKit knows a client again: it is sent what changed of a context since that client's last build. */
const nodeId = '.buildNodeID';

/** Lets a builder be the client that the user's own is. Where that can't be, whole contexts are sent. */
async function keepNodeId(own: string, dir: string): Promise<void> {
  const file = join(own, nodeId);
  const id = await readFile(file).catch(() => newNodeId(own, file));
  if (id === undefined) return;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, nodeId), id, { mode: 0o600 });
}

/** As docker makes it at its first build: random, since two clients of one name would be taken for one. */
async function newNodeId(own: string, file: string): Promise<string | undefined> {
  const id = randomBytes(32).toString('hex');
  try {
    // Not its parents: a home that isn't there stays so.
    await mkdir(own, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await writeFile(file, id, { mode: 0o600, flag: 'wx' });
    return id;
  } catch {
    return undefined;
  }
}

/** An absent or unreadable config is an empty one: docker itself says what it thinks of a broken one. */
export async function readClientConfig(file: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes === undefined ? {} : (parseObject(bytes) ?? {});
}

function withCredentials(
  config: Record<string, unknown>,
  credentials: ReadonlyMap<string, RegistryCredential>,
  world: World,
): Record<string, unknown> {
  const auths = { ...(config.auths as Record<string, unknown> | undefined) };
  const helpers = { ...(config.credHelpers as Record<string, unknown> | undefined) };
  for (const [host, { username, password }] of credentials) {
    const key = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
    const auth = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
    world.mask(auth);
    auths[key] = { auth };
    // An empty helper sends docker to the file for this host, whatever `credsStore` says for the others.
    helpers[key] = '';
  }
  return {
    ...config,
    auths,
    ...(config.credsStore === undefined && config.credHelpers === undefined ? {} : { credHelpers: helpers }),
  };
}
