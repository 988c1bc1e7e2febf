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
export function createWorld(from: { env: Env; signal: AbortSignal; mask: (secret: string) => void }): World & {
  close(): void;
} {
  const { env, signal, mask } = from;
  const caFile = env.TAGBOAT_CA_FILE ?? env.SSL_CERT_FILE;
  const http = createHttp({
    userAgent: `tagboat/${version}`,
    proxyEnv: env,
    caFile: caFile === '' ? undefined : caFile,
  });
  // Children get what they need by private files; what they needn't know they can't print.
  const own = ([name]: [string, unknown]): boolean => name.startsWith('TAGBOAT_') && isSecretName(name);
  const exec = createExec(Object.fromEntries(Object.entries(env).filter((variable) => !own(variable))));
  return { http, exec, clock, env, signal, random: Math.random, mask, close: () => http.close() };
}
