import { TagboatError } from '../../errors.ts';
import type { Env } from '../../wire/world.ts';
import { keyOf, type PlainLogin } from './docker-config.ts';

/** Names of the variables that hold a login: for which hosts, as whom, with what. */
type Names = readonly [hosts: string, user: string, password: string];

const ours: Names = ['TAGBOAT_REGISTRY_HOST', 'TAGBOAT_REGISTRY_USER', 'TAGBOAT_REGISTRY_PASSWORD'];
/** What GitLab gives each job, for its registry and its proxy of Docker Hub ("Predefined CI/CD variables"). */
const ofGitLab: readonly Names[] = [
  ['CI_REGISTRY', 'CI_REGISTRY_USER', 'CI_REGISTRY_PASSWORD'],
  ['CI_DEPENDENCY_PROXY_SERVER', 'CI_DEPENDENCY_PROXY_USER', 'CI_DEPENDENCY_PROXY_PASSWORD'],
];

/** A login in variables, and their names. */
interface VariableLogin extends PlainLogin {
  readonly from: string;
}

/** Whether our own variables name this host. They are before everything else there. */
export function isListed(env: Env, host: string): boolean {
  return isFor(env[ours[0]], host);
}

/** The login that whoever runs the job gives by variables, for the hosts that one of them lists. Throws REGISTRY_LOGIN_INCOMPLETE. */
export function ownLogin(env: Env, host: string): VariableLogin | undefined {
  const missing = ours.find((name) => !env[name]?.trim());
  const given = ours.filter((name) => env[name]?.trim());
  if (given.length === 0 || (env[ours[0]]?.trim() && !isListed(env, host))) return undefined;
  if (missing !== undefined) throw new TagboatError('REGISTRY_LOGIN_INCOMPLETE', { missing, given, host });
  return loginIn(env, ours);
}

/** The login that GitLab gives each job for hosts of its own. */
export function gitLabLogin(env: Env, host: string): VariableLogin | undefined {
  const names = ofGitLab.find(([hosts]) => isFor(env[hosts], host));
  return names === undefined ? undefined : loginIn(env, names);
}

/** The variables that are set, of ours and then of GitLab's. */
export function setVariables(env: Env): { readonly first: string[]; readonly last: string[] } {
  const set = (names: readonly Names[]) => names.flatMap(([hosts]) => (env[hosts]?.trim() ? [hosts] : []));
  return { first: set([ours]), last: set(ofGitLab) };
}

function loginIn(env: Env, [, user, password]: Names): VariableLogin | undefined {
  const login = { username: env[user]?.trim() ?? '', password: env[password]?.trim() ?? '' };
  return login.username === '' || login.password === '' ? undefined : { ...login, from: `${user} and ${password}` };
}

/** A list with commas; GitLab writes the port that https has anyway. */
function isFor(hosts: string | undefined, host: string): boolean {
  const plain = (one: string) => keyOf(one.toLowerCase().replace(/:443$/, ''));
  return (hosts ?? '').split(/[\s,]+/).some((one) => one !== '' && plain(one) === plain(host));
}
