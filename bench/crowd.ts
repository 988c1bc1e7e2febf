import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bareEnv } from './process.ts';

/** How one of the processes ended. */
export interface Member {
  /** Seconds from the word to the time it printed; undefined when it printed none before the limit. */
  readonly seconds: number | undefined;
  readonly word: string;
  /** The last of what it wrote to standard error. */
  readonly said: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<{ word: string; at: number | undefined; said: string }>;
}

/**
 * Starts a process for each command, waits until all have printed `ready`, and gives all the word at once: starting
 * hundreds of processes takes longer than what is measured. `begin` is called right before the word. Whoever is not
 * done after `limitMs` is ended.
 */
export async function crowd(
  commands: readonly (readonly string[])[],
  { temp, limitMs, begin }: { temp: string; limitMs: number; begin: () => void },
): Promise<Member[]> {
  const members: Started[] = [];
  try {
    for (const [at, argv] of commands.entries()) {
      // A few at a time: a hundred that load at once only get in each other's way.
      if (at >= 8) await members[at - 8]?.ready;
      const cwd = join(temp, `writer-${at}`);
      mkdirSync(cwd, { recursive: true });
      members.push(start(argv, cwd));
    }
    await Promise.all(members.map(({ ready }) => ready));
    begin();
    const began = Date.now();
    for (const { child } of members) child.stdin?.end('go\n');
    const limit = setTimeout(() => endAll(members), limitMs);
    const ends = await Promise.all(members.map(({ ended }) => ended));
    clearTimeout(limit);
    return ends.map(({ word, at, said }) => ({
      word,
      said,
      seconds: at === undefined ? undefined : (at - began) / 1_000,
    }));
  } finally {
    endAll(members);
  }
}

function start([program = '', ...args]: readonly string[], cwd: string): Started {
  // A group of its own, so that a shell's children end with it.
  const child = spawn(program, args, { cwd, env: bareEnv(cwd), stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let said = '';
  let word = 'nothing';
  let at: number | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
  const ready = new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'ready') return resolve();
      const [first = '', time = ''] = line.split(' ');
      if (!/^\d+$/.test(time)) return;
      word = first;
      at = Number(time);
    });
    ended.then(() => reject(new Error(`${program} ended before it was ready:\n${said}`)), reject);
  });
  ready.catch(() => undefined);
  return { child, ready, ended: ended.then(() => ({ word, at, said })) };
}

function endAll(members: readonly Started[]): void {
  for (const { child } of members) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
