import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Env } from '../../../src/wire/world.ts';

/** A program to start. */
export interface Start {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Env;
  readonly cwd?: string | undefined;
  /** Whether it gets an input; without one it reads nothing. */
  readonly stdin: boolean;
  /** Whether its stderr is read. */
  readonly stderr: boolean;
  /** In a process group of its own, which `kill` then ends. */
  readonly group?: boolean;
}

/** How a program ended, or why it didn't start. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: string;
}

/** A program that runs, or soon will. */
export interface Started {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough | undefined;
  /** After its end and its last output. */
  readonly closed: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a program from a process much smaller than this one. A fork copies the page tables of whoever forks, which
 * takes a worker of vitest five times as long as git takes for a request, and stands still meanwhile.
 */
export function start({ group = false, stdin, stderr, cwd, ...asked }: Start): Started {
  const id = ++starts;
  const input = new PassThrough();
  const output = new PassThrough();
  const errors = stderr ? new PassThrough() : undefined;
  const sent = spawner().then((small) => {
    const out = open(small, `${id} out`);
    out.once('data', (first: Buffer) => {
      // The first byte says that the socket is the program's now.
      output.write(first.subarray(1));
      follow(out, output);
      if (stdin) input.pipe(out);
    });
    const ended = new Promise<Ended>((resolve) => small.ends.set(id, resolve));
    if (errors !== undefined) follow(open(small, `${id} err`), errors);
    small.process.send({ id, ...asked, cwd, stdin, stderr, detached: group });
    return { small, ended };
  });
  const read = [output, ...(errors === undefined ? [] : [errors])].map(
    (stream) => new Promise((resolve) => stream.once('end', resolve).once('close', resolve)),
  );
  return {
    stdin: input,
    stdout: output,
    stderr: errors,
    closed: sent.then(async ({ ended }) => {
      const end = await ended;
      await Promise.all(read);
      return end;
    }),
    kill: (signal) => void sent.then(({ small }) => small.process.send({ id, signal, group })),
  };
}

interface Spawner {
  readonly process: ChildProcess;
  readonly path: string;
  readonly ends: Map<number, (ended: Ended) => void>;
}

let starts = 0;
let one: Promise<Spawner> | undefined;

function spawner(): Promise<Spawner> {
  one ??= new Promise((resolve, reject) => {
    const dir = mkdtempSync(join(tmpdir(), 'tagboat-spawner-'));
    const path = join(dir, 'socket');
    const small = fork(join(import.meta.dirname, 'spawner.mjs'), [path], { execArgv: [], env: {} });
    const ends: Spawner['ends'] = new Map();
    small.once('error', reject);
    small.on('message', (message: { ready?: true; id?: number } & Ended) => {
      if (message.ready) return resolve({ process: small, path, ends });
      ends.get(message.id ?? 0)?.(message);
      ends.delete(message.id ?? 0);
    });
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    small.unref();
    small.channel?.unref();
  });
  return one;
}

/** A program's stream. Ends with the socket, however that ends; and who wants no more of it closes the socket. */
function follow(socket: Socket, stream: PassThrough): void {
  socket.pipe(stream);
  socket.once('close', () => stream.end());
  // Not at once: its name has to be told, or the program would never be started.
  const leave = () => socket.destroySoon();
  if (stream.destroyed) leave();
  else stream.once('close', leave);
}

function open({ path }: Spawner, name: string): Socket {
  const socket = connect({ path, allowHalfOpen: true });
  // A program that ends without reading its input closes it: its exit code tells.
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.write(name, 'latin1');
  return socket;
}
