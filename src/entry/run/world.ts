import { setFlagsFromString } from 'node:v8';
import { createExec, type Exec } from '../../wire/exec.ts';
import { shownUrl } from '../../wire/failure.ts';
import { withinAllowance } from '../../wire/forge/allowance.ts';
import { keptHosts } from '../../wire/forge/known-hosts.ts';
import { createHttp } from '../../wire/http/client.ts';
import type { Http } from '../../wire/http.ts';
import { isSecretName } from '../../wire/secret-names.ts';
import type { Clock, Env, Trace, World } from '../../wire/world.ts';
import { version } from './version.ts';

const clock: Clock = {
  now: () => Date.now(),
  passedMs: () => performance.now(),
  // By hand: node:timers/promises rejects with an error of its own, made with its stack for each sleep that is cut short.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** The real world. Call `close()` at the end: kept connections hold the process. */
export function createWorld(
  from: Pick<World, 'env' | 'signal' | 'mask' | 'notice' | 'trace'>,
): World & { close(): void } {
  const { env, signal, mask, notice, trace } = from;
  const hosts = keptHosts(env, clock.now);
  const sockets = createHttp({ userAgent: `tagboat/${version}`, env, takesAhead: true });
  const http = withinAllowance(sockets, clock);
  const exec = createExec((program) => childEnv(program, env));
  const told =
    trace === undefined ? { http, exec } : { http: tracedHttp(http, trace), exec: tracedExec(exec, trace), trace };
  return {
    ...told,
    gitHosts: hosts.hosts,
    clock,
    env,
    signal,
    random: Math.random,
    mask,
    notice,
    close: () => {
      hosts.save();
      sockets.close();
    },
  };
}

/** What the Action is given, what Tagboat reads itself, and what the job's identity is asked for with. */
const ours = /^(?:TAGBOAT|INPUT|ARGOCD|ACTIONS_ID_TOKEN)_/;

/** Whose secrets builders, credential helpers and clusters' plugins log in to registries and clouds with. */
const logins =
  /^(?:AWS|AZURE|ARM|GOOGLE|CLOUDSDK|DOCKER|BUILDX|BUILDKIT|REGISTRY|CONTAINERS|KUBE\w*|OCI|DIGITALOCEAN)_/i;

/** The job's variables that aren't ours, with its secrets: for a program whose file may read any of them. */
export function withoutOurs(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

/** The environment that a program gets: what it needn't know it can't print. Git here only reads what is checked out. */
export function childEnv(program: string, env: Env): Env {
  const withheld = (name: string): boolean => isSecretName(name) && (program === 'git' || !logins.test(name));
  return Object.fromEntries(Object.entries(withoutOurs(env)).filter(([name]) => !withheld(name)));
}

/** The same http; each request is told once its answer is read or given up: method, URL, status, bytes, milliseconds. */
export function tracedHttp(http: Http, trace: Trace): Http {
  return async (request) => {
    const began = performance.now();
    const what = `${request.method ?? 'GET'} ${shownUrl(request.url)}`;
    const took = () => `${Math.round(performance.now() - began)} ms`;
    try {
      const response = await http(request);
      const { body } = response;
      // What came along with the head is there already; a listener to `data` would take the rest from its reader.
      let bytes = body.readableLength;
      const push = body.push.bind(body);
      body.push = (chunk: unknown, ...rest) => {
        if (chunk instanceof Uint8Array) bytes += chunk.byteLength;
        return push(chunk, ...rest);
      };
      body.once('close', () => trace(`${what} ${response.status} ${bytes} bytes ${took()}`));
      return response;
    } catch (error) {
      trace(`${what} failed after ${took()}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  };
}

/** The same exec; each child is told at its end: arguments, exit, milliseconds. */
export function tracedExec(exec: Exec, trace: Trace): Exec {
  return async (command) => {
    const began = performance.now();
    const what = [command.program, ...command.args].map(shownArgument).join(' ');
    const tell = (end: string) => trace(`$ ${what}: ${end}, ${Math.round(performance.now() - began)} ms`);
    try {
      const finished = await exec(command);
      tell(finished.missing ? 'not there' : finished.signal === null ? `exit ${finished.code}` : finished.signal);
      return finished;
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
}

/** An argument as it may be shown: no password of a URL, no value of a name that says it is a secret. */
function shownArgument(argument: string): string {
  const [, name, flag] = /^((?:--?)?([A-Za-z_][\w.-]*))=/.exec(argument) ?? [];
  const shown =
    name !== undefined && flag !== undefined && isSecretName(flag.replaceAll(/[.-]/g, '_').toUpperCase())
      ? `${name}=***`
      : argument.replace(/:\/\/[^/@\s]+@/g, '://***@');
  return /^[\w@%+=:,./*-]+$/.test(shown) ? shown : JSON.stringify(shown);
}

/**
 * Keeps V8's room for new objects as large as it is by now: it would grow to 48 MB in whoever reads much, and stay so.
 * For what goes on for long; nothing but the number of small collections changes.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
