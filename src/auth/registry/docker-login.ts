import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { RegistryCredential } from '../../plan.ts';
import type { Env, World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';
import {
  type DockerConfig,
  entryFor,
  helperFor,
  identityTokenUser,
  keyOf,
  type PlainLogin,
  readDockerConfig,
} from './docker-config.ts';

/** A login from Docker's config file, and where it came from. */
interface DockerLogin {
  readonly credential: RegistryCredential;
  readonly from: string;
  /** It may end: helpers hand out tokens as well as passwords, and don't say for how long. */
  readonly passing: boolean;
}

/** The helper protocol's way to say "none here": it has no code for it, only this sentence on stdout. */
const notFound = 'credentials not found in native keychain';

/**
 * What Docker would log in with: the host's credential helper, the common store, then the file's own entry.
 * Undefined when none has anything. Throws DOCKER_CONFIG_INVALID or CREDENTIAL_HELPER_FAILED.
 */
export async function dockerLogin(world: World, keeper: Keeper, host: string): Promise<DockerLogin | undefined> {
  const file = dockerConfigFile(world.env);
  const config = file === undefined ? undefined : await load(file);
  if (file === undefined || config === undefined) return undefined;
  const helper = helperFor(config, host);
  if (helper !== undefined) {
    const plain = await askHelper(world, keeper, helper, host);
    if (plain !== undefined)
      return { credential: kept(keeper, plain), from: `docker-credential-${helper}`, passing: true };
  }
  const entry = entryFor(config, host);
  if (entry === 'malformed') {
    throw new TagboatError('DOCKER_CONFIG_INVALID', { file, why: `auths."${keyOf(host)}".auth can't be decoded` });
  }
  return entry === undefined ? undefined : { credential: kept(keeper, entry), from: file, passing: false };
}

/** `DOCKER_CONFIG` is a folder; without it, `.docker` in the home folder. */
export function dockerConfigFile(env: Env): string | undefined {
  const home = env.HOME || env.USERPROFILE;
  if (env.DOCKER_CONFIG) return join(env.DOCKER_CONFIG, 'config.json');
  return home ? join(home, '.docker', 'config.json') : undefined;
}

async function load(file: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TagboatError('DOCKER_CONFIG_INVALID', { file, why: `it can't be read (${code})` });
  }
  const config = readDockerConfig(text, file);
  if (!('why' in config)) return config;
  throw new TagboatError('DOCKER_CONFIG_INVALID', { file, why: config.why }, { place: config.place });
}

/** `docker-credential-X get`: the host on stdin, `{"Username","Secret"}` on stdout (docker-credential-helpers). */
async function askHelper(world: World, keeper: Keeper, helper: string, host: string): Promise<PlainLogin | undefined> {
  const program = `docker-credential-${helper}`;
  const failed = (why: 'missing' | 'failed' | 'unusable', text?: string) =>
    new TagboatError(
      'CREDENTIAL_HELPER_FAILED',
      { program, host, why },
      { peer: text === undefined ? undefined : { text: keeper.clean(text).slice(0, 2_000), retryable: false } },
    );
  // It is run by its name from PATH; a name with a slash in it would run something else.
  if (!/^[\w.-]+$/.test(helper)) throw failed('missing');
  const done = await world.exec({
    program,
    args: ['get'],
    stdin: keyOf(host),
    signal: world.signal,
    timeoutMs: 60_000,
    keep: 256 * 1024,
  });
  if (done.missing) throw failed('missing');
  const answer = loginIn(done.stdout);
  // Kept before anything can fail: a helper may print a login and then exit badly.
  if (answer !== undefined) keeper.keep(answer.password, `password for ${host}`);
  if (done.code !== 0) {
    if (done.stdout.trim() === notFound) return undefined;
    throw failed('failed', done.stdout.trim() || done.stderr.trim() || `ended with ${done.signal ?? done.code}`);
  }
  if (answer === undefined) throw failed('unusable');
  // Some stores answer for any host, with nothing.
  return answer.password === '' ? undefined : answer;
}

function loginIn(stdout: string): PlainLogin | undefined {
  try {
    const { Username, Secret } = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown };
    if (typeof Secret !== 'string') return undefined;
    return { username: typeof Username === 'string' ? Username : '', password: Secret };
  } catch {
    return undefined;
  }
}

function kept(keeper: Keeper, { username, password }: PlainLogin): RegistryCredential {
  const label = username === identityTokenUser ? 'identity token' : 'registry password';
  const secret = keeper.keep(password, label);
  keeper.basic(username, secret, label);
  return { username, password: secret };
}
