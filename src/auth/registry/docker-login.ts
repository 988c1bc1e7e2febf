import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { RegistryCredential } from '../../plan.ts';
import { at, jsonIn } from '../../wire/fields.ts';
import { beginning } from '../../wire/text/shorten.ts';
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
import { gitLabLogin, ownLogin, setVariables } from './variables.ts';

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
 * What is written down for a place (a host, with a path if there is one): our own variables, DOCKER_AUTH_CONFIG, then what
 * Docker or podman would take (of each file in their order the place's credential helper, the common store, the file's own
 * entry), then what GitLab gives its jobs. Undefined when none has anything. Throws REGISTRY_LOGIN_INCOMPLETE,
 * DOCKER_CONFIG_INVALID or CREDENTIAL_HELPER_FAILED.
 */
export async function dockerLogin(world: World, keeper: Keeper, place: string): Promise<DockerLogin | undefined> {
  const found = await look(world, keeper, place);
  const won = found === undefined ? 'no login' : `login from ${found.from}`;
  world.trace?.(`registry ${place}: ${won}, of ${loginPlaces(world.env).join(', ') || 'nothing'}`);
  return found;
}

/** Where a login is looked for, in the order in which it counts. */
export function loginPlaces(env: Env): string[] {
  const { first, last } = setVariables(env);
  return [...first, ...(env.DOCKER_AUTH_CONFIG?.trim() ? ['DOCKER_AUTH_CONFIG'] : []), ...configFiles(env), ...last];
}

async function look(world: World, keeper: Keeper, place: string): Promise<DockerLogin | undefined> {
  const [host = ''] = place.split('/');
  const own = ownLogin(world.env, host);
  if (own !== undefined) return { credential: kept(keeper, own), from: own.from, passing: false };
  const given = world.env.DOCKER_AUTH_CONFIG?.trim();
  if (given) {
    // In the environment there are logins alone, no programs to run.
    const found = entryIn(keeper, configIn(given, 'DOCKER_AUTH_CONFIG'), place, 'DOCKER_AUTH_CONFIG');
    if (found !== undefined) return found;
  }
  for (const file of configFiles(world.env)) {
    const text = await read(file);
    if (text === undefined) continue;
    const config = configIn(text, file);
    const helper = helperFor(config, place);
    const plain = helper === undefined ? undefined : await askHelper(world, keeper, helper, host);
    if (plain !== undefined) {
      return { credential: kept(keeper, plain), from: `docker-credential-${helper}`, passing: true };
    }
    const found = entryIn(keeper, config, place, file);
    if (found !== undefined) return found;
  }
  const gitLab = gitLabLogin(world.env, host);
  return gitLab && { credential: kept(keeper, gitLab), from: gitLab.from, passing: false };
}

function entryIn(keeper: Keeper, config: DockerConfig, place: string, file: string): DockerLogin | undefined {
  const entry = entryFor(config, place);
  if (entry === 'malformed') {
    throw new TagboatError('DOCKER_CONFIG_INVALID', { file, why: `the auth of ${place} can't be decoded` });
  }
  return entry === undefined ? undefined : { credential: kept(keeper, entry), from: file, passing: false };
}

/** `DOCKER_CONFIG` is a folder; without it, `.docker` in the home folder. */
function dockerConfigFile(env: Env): string | undefined {
  if (env.DOCKER_CONFIG) return join(env.DOCKER_CONFIG, 'config.json');
  return env.HOME ? join(env.HOME, '.docker', 'config.json') : undefined;
}

/** The file that is named, Docker's, then podman's (containers-auth.json(5)). */
function configFiles(env: Env): string[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, HOME } = env;
  const settings = XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : undefined);
  const files = [
    REGISTRY_AUTH_FILE,
    dockerConfigFile(env),
    ...[XDG_RUNTIME_DIR, settings].map((dir) => (dir ? join(dir, 'containers', 'auth.json') : undefined)),
  ];
  return files.flatMap((file) => file || []);
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TagboatError('DOCKER_CONFIG_INVALID', { file, why: `it can't be read (${code})` });
  }
}

function configIn(text: string, file: string): DockerConfig {
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
      { peer: text === undefined ? undefined : { text: beginning(keeper.clean(text), 2_000), retryable: false } },
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
  const answer = jsonIn(stdout);
  const [username, password] = [at(answer, 'Username'), at(answer, 'Secret')];
  return typeof password === 'string'
    ? { username: typeof username === 'string' ? username : '', password }
    : undefined;
}

function kept(keeper: Keeper, { username, password }: PlainLogin): RegistryCredential {
  const label = username === identityTokenUser ? 'identity token' : 'registry password';
  const secret = keeper.keep(password, label);
  keeper.basic(username, secret, label);
  return { username, password: secret };
}
