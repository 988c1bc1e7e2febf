import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../../../src/wire/world.ts';

/** A program to run beside others. */
export interface Part {
  /** Its name in messages and its log file. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Env;
  /** Asked again and again until it answers true. A throw counts as "not yet". */
  readonly ready: () => Promise<boolean>;
}

export interface Running {
  readonly name: string;
  /** Ends it and waits until it is gone. */
  readonly end: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Programs that run until told otherwise, and none of them longer than this process. */
export interface Processes {
  /** Starts one and waits until it is ready. Rejects with its last words when it ends before, or after five minutes. */
  start(part: Part): Promise<Running>;
  /** Ends all, the last started first. */
  close(): Promise<void>;
}

/** Milliseconds in which a program is ready also on a busy machine. */
export const patience = 300_000;

/** Keeps each program's output as `NAME.log` in the folder. */
export function createProcesses(logs: string): Processes {
  const running: Running[] = [];
  const children = new Set<ChildProcess>();
  // A test run that is interrupted runs no teardown, but it does come past here.
  const killAll = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.on('exit', killAll);

  const start = async (part: Part): Promise<Running> => {
    const log = join(logs, `${part.name}.log`);
    const output = openSync(log, 'a');
    const [program, ...args] = bound(part.program, part.args);
    const child = spawn(program, args, { stdio: ['ignore', output, output], env: part.env ?? process.env });
    closeSync(output);
    children.add(child);
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    const over = new Promise<void>((resolve) => {
      child.once('close', () => {
        children.delete(child);
        resolve();
      });
    });
    const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
      child.kill(signal);
      const gone = await Promise.race([over.then(() => true), sleep(10_000, false, { ref: false })]);
      if (!gone) child.kill('SIGKILL');
      await over;
    };
    const self = { name: part.name, end };
    running.push(self);
    const deadline = Date.now() + patience;
    while (!(await part.ready().catch(() => false))) {
      const ended = child.exitCode ?? child.signalCode;
      if (failure !== undefined) throw new Error(`${part.name} can't be started: ${failure.message}`);
      if (ended !== null) throw new Error(`${part.name} ended with ${ended}:\n${lastWords(log)}`);
      if (Date.now() > deadline) throw new Error(`${part.name} isn't ready:\n${lastWords(log)}`);
      await sleep(100);
    }
    return self;
  };

  const close = async (): Promise<void> => {
    for (const part of running.reverse()) await part.end();
    running.length = 0;
    process.off('exit', killAll);
  };
  return { start, close };
}

const setpriv = '/usr/bin/setpriv';

/** The command, tied by the kernel to the life of this process where the system can do that: a SIGKILL runs no hook. */
function bound(program: string, args: readonly string[]): [string, ...string[]] {
  return canBind ? [setpriv, '--pdeathsig', 'KILL', '--', program, ...args] : [program, ...args];
}

const canBind = ((): boolean => {
  if (!existsSync(setpriv)) return false;
  try {
    execFileSync(setpriv, ['--pdeathsig', 'KILL', '--', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The end of a log. */
export function lastWords(log: string): string {
  return readFileSync(log, 'utf8').slice(-4_000);
}

const handedOut = new Set<number>();

/**
 * Ports of loopback that nobody used a moment ago, none of them twice. They lie below those that the system gives away
 * by itself, so that no other socket gets one before the program listens there, or while it starts anew.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const port = randomInt(lowest, firstOfSystem());
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    found.push(port);
  }
  return found;
}

const lowest = 10_000;

/** Where the ports begin that Linux gives to sockets which ask for none. */
function firstOfSystem(): number {
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  const first = existsSync(range) ? Number.parseInt(readFileSync(range, 'utf8'), 10) : 32_768;
  // Where nearly all are the system's, there is no better choice than among its own.
  return first > lowest + 1_000 ? first : 32_768;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
