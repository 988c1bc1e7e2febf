import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

type Env = Readonly<Record<string, string | undefined>>;

/** A child process to run. Never a shell; secrets never in `args`. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the environment that the program gets; `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Called for every line of stdout and stderr as it comes, without its end of line. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Characters of a line that are handed on; of a longer one only its end is. Default 64 Ki. */
  readonly longestLine?: number;
  /** Bytes of each stream kept for the result; older ones are dropped. Default 1 MiB. */
  readonly keep?: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** How a child ended. Results and failures share their fields: a bad exit is not an exception. */
export interface Finished {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it; `timeout` when that was because its time was over. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** True when the program doesn't exist or isn't executable. */
  readonly missing: boolean;
  /** True when there was more output than `keep`, so that the beginning is missing. */
  readonly truncated?: boolean;
}

/** Runs a child to its end. On abort its group gets SIGTERM, after 5 s SIGKILL; then the signal's reason is thrown. */
export type Exec = (command: Command) => Promise<Finished>;

/** How long a child has for its own end after SIGTERM, and what it left behind for a third of its silence. */
interface Grace {
  readonly killAfterMs: number;
  readonly quietMs: number;
}

const isWindows = process.platform === 'win32';

/** Runs children with node's own spawn, on the environment given for each program: the parent's is never read here. */
export function createExec(
  base: Env | ((program: string) => Env),
  { killAfterMs, quietMs }: Grace = { killAfterMs: 5_000, quietMs: 700 },
): Exec {
  return (command) =>
    new Promise((resolve, reject) => {
      command.signal?.throwIfAborted();
      const child = spawn(command.program, [...command.args], {
        cwd: command.cwd,
        env: { ...(typeof base === 'function' ? base(command.program) : base), ...command.env },
        stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // A process group of its own, so that a stop reaches what it has started itself (docker runs its plugins so).
        // Windows has no such groups, and would open a window for each.
        detached: !isWindows,
        windowsHide: true,
      });
      const stdout = collect(child.stdout, command, 'stdout');
      const stderr = collect(child.stderr, command, 'stderr');
      let missing = false;
      let timedOut = false;
      let broken: { readonly error: unknown } | undefined;
      let killing: NodeJS.Timeout | undefined;
      let ended = false;
      const stop = () => {
        // Once it has ended, its id may be another's.
        if (ended || killing !== undefined) return;
        signalGroup(child, 'SIGTERM');
        killing = setTimeout(signalGroup, killAfterMs, child, 'SIGKILL');
      };
      const expire = () => {
        timedOut = true;
        stop();
      };
      const timer = command.timeoutMs === undefined ? undefined : setTimeout(expire, command.timeoutMs);
      command.signal?.addEventListener('abort', stop, { once: true });

      const finish = (code: number | null, signal: string | null): void => {
        ended = true;
        clearTimeout(timer);
        clearTimeout(killing);
        // What it left behind after a stop has had its SIGTERM.
        if (killing !== undefined) signalGroup(child, 'SIGKILL');
        command.signal?.removeEventListener('abort', stop);
        if (command.signal?.aborted) reject(command.signal.reason);
        else if (broken !== undefined) reject(broken.error);
        const out = stdout();
        const err = stderr();
        const truncated = out.truncated || err.truncated;
        resolve({
          code,
          signal: timedOut ? 'timeout' : signal,
          stdout: out.text,
          stderr: err.text,
          missing,
          truncated,
        });
      };
      child.on('error', (error: NodeJS.ErrnoException) => {
        missing = error.code === 'ENOENT' || error.code === 'EACCES';
        // A folder that isn't there gives the same code as a program that isn't.
        if (missing && command.cwd !== undefined && !existsSync(command.cwd)) missing = false;
        if (!missing) broken = { error };
        if (child.pid === undefined) finish(null, null);
      });
      child.on('exit', () => letGo(child, quietMs));
      child.on('close', finish);
      if (command.stdin !== undefined && child.stdin !== null) {
        feed(command.stdin, child.stdin, (error) => {
          broken ??= { error };
          stop();
        });
      }
    });
}

/** A group that is gone already is what was wanted. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, signal);
  } catch {}
}

/**
 * After its exit a child's output ends, unless something it left behind holds the pipes: then they are closed after
 * three rounds without a byte: more than one, because a busy event loop runs timers before it reads what has come.
 */
function letGo(child: ChildProcess, quietMs: number): void {
  let quiet = 0;
  const heard = () => {
    quiet = 0;
  };
  const check = setInterval(() => {
    if (++quiet < 3) return;
    clearInterval(check);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, quietMs);
  child.stdout?.on('data', heard);
  child.stderr?.on('data', heard);
  child.once('close', () => clearInterval(check));
}

/** Hands lines on as they come and keeps the newest `keep` bytes; answers the kept text. */
function collect(
  stream: Readable | null,
  command: Command,
  name: 'stdout' | 'stderr',
): () => { readonly text: string; readonly truncated: boolean } {
  const keep = command.keep ?? 1024 * 1024;
  const chunks: Buffer[] = [];
  let size = 0;
  let truncated = false;
  let open = '';
  const decoder = new StringDecoder('utf8');
  const hand = (text: string) => {
    if (command.onLine === undefined) return;
    const lines = (open + text).split(/\r?\n/);
    // A program that never ends its line must not grow this without bound.
    open = (lines.pop() ?? '').slice(-(command.longestLine ?? 64 * 1024));
    for (const line of lines) command.onLine(line, name);
  };
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    while (size > keep) {
      truncated = true;
      const oldest = chunks.shift() ?? Buffer.alloc(0);
      const rest = oldest.subarray(Math.min(oldest.byteLength, size - keep));
      size -= oldest.byteLength - rest.byteLength;
      if (rest.byteLength > 0) chunks.unshift(rest);
    }
    hand(decoder.write(chunk));
  });
  const flush = () => {
    hand(decoder.end());
    if (open !== '') command.onLine?.(open, name);
    open = '';
  };
  stream?.on('end', flush);
  return () => {
    flush();
    return { text: Buffer.concat(chunks).toString('utf8'), truncated };
  };
}

/** Sends the input. A child that ends without reading it closes the pipe: its exit code tells, not that error. */
function feed(input: NonNullable<Command['stdin']>, to: Writable, failed: (error: unknown) => void): void {
  to.on('error', () => undefined);
  if (typeof input === 'string' || input instanceof Uint8Array) {
    to.end(input);
    return;
  }
  // Short input must not pass for all of it: the child would see its end and might succeed.
  const watched = async function* () {
    try {
      yield* input;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  pipeline(Readable.from(watched()), to).catch(() => undefined);
}
