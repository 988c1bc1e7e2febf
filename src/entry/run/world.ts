import { setTimeout as sleep } from 'node:timers/promises';
import { createExec } from '../../wire/exec.ts';
import { createHttp } from '../../wire/http-client.ts';
import { isSecretName } from '../../wire/secret-names.ts';
import type { Clock, Env, World } from '../../wire/world.ts';
import { version } from './version.ts';

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    // An aborted timer rejects with an error of its own; the world promises the signal's reason.
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  },
};

/** The real world. Call `close()` at the end: kept connections hold the process. */
export function createWorld(from: Pick<World, 'env' | 'signal' | 'mask' | 'notice'>): World & { close(): void } {
  const { env, signal, mask, notice } = from;
  const http = createHttp({ userAgent: `tagboat/${version}`, env });
  const exec = createExec((program) => childEnv(program, env));
  return { http, exec, clock, env, signal, random: Math.random, mask, notice, close: () => http.close() };
}

/** What the Action is given, what Tagboat reads itself, and what the job's identity is asked for with. */
const ours = /^(?:TAGBOAT|INPUT|ARGOCD|ACTIONS_ID_TOKEN)_/;

/** Whose secrets builders, credential helpers and clusters' plugins log in to registries and clouds with. */
const logins =
  /^(?:AWS|AZURE|ARM|GOOGLE|CLOUDSDK|DOCKER|BUILDX|BUILDKIT|REGISTRY|CONTAINERS|KUBE\w*|OCI|DIGITALOCEAN)_/i;

/** The environment that a program gets: what it needn't know it can't print. Git here only reads what is checked out. */
export function childEnv(program: string, env: Env): Env {
  const withheld = (name: string): boolean => {
    if (ours.test(name)) return true;
    if (!isSecretName(name)) return false;
    return program === 'git' || !logins.test(name);
  };
  return Object.fromEntries(Object.entries(env).filter(([name]) => !withheld(name)));
}
