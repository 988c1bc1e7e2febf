import { spawn } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

/** A child process to run. Never a shell; secrets never in `args`. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the parent's environment; `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Called for every line of stdout and stderr as it comes, without its end of line. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Bytes of each stream kept for the result; older ones are dropped. Default 1 MiB. */
  readonly keep?: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** How a child ended. Results and failures share their fields: a bad exit is not an exception. */
export interface Finished {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** True when the program doesn't exist or isn't executable. */
  readonly missing: boolean;
}

/** Runs a child to its end. On abort it gets SIGTERM, and SIGKILL five seconds later; then the signal's reason is thrown. */
export type Exec = (command: Command) => Promise<Finished>;

/** Runs children with node's own spawn, on the environment given: the parent's is never read here. */
export function createExec(base: Readonly<Record<string, string | undefined>>): Exec {
  return (command) =>
    new Promise((resolve, reject) => {
      command.signal?.throwIfAborted();
      const child = spawn(command.program, [...command.args], {
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        env: { ...base, ...command.env },
        stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      const stdout = collect(child.stdout, command, 'stdout');
      const stderr = collect(child.stderr, command, 'stderr');
      let missing = false;
      let timedOut = false;
      const stop = () => {
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
      };
      const timer =
        command.timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              timedOut = true;
              stop();
            }, command.timeoutMs);
      command.signal?.addEventListener('abort', stop, { once: true });
      child.on('error', (error: NodeJS.ErrnoException) => {
        missing = error.code === 'ENOENT' || error.code === 'EACCES';
        if (!missing) reject(error);
        else finish(null, null);
      });
      child.on('close', (code, signal) => finish(code, signal));
      if (command.stdin !== undefined && child.stdin !== null) feed(command.stdin, child.stdin);

      function finish(code: number | null, signal: string | null): void {
        clearTimeout(timer);
        command.signal?.removeEventListener('abort', stop);
        if (command.signal?.aborted) reject(command.signal.reason);
        else resolve({ code, signal: timedOut ? 'timeout' : signal, stdout: stdout(), stderr: stderr(), missing });
      }
    });
}

/** Hands lines on as they come and keeps the newest `keep` bytes; answers the kept text. */
function collect(stream: Readable | null, command: Command, name: 'stdout' | 'stderr'): () => string {
  const keep = command.keep ?? 1024 * 1024;
  const chunks: Buffer[] = [];
  let size = 0;
  let open = '';
  const decoder = new StringDecoder('utf8');
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    while (size > keep && chunks.length > 1) size -= chunks.shift()?.byteLength ?? 0;
    if (command.onLine === undefined) return;
    const lines = (open + decoder.write(chunk)).split(/\r?\n/);
    // A program that never ends its line must not grow this without bound.
    open = (lines.pop() ?? '').slice(-64 * 1024);
    for (const line of lines) command.onLine(line, name);
  });
  stream?.on('end', () => {
    if (open !== '') command.onLine?.(open, name);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function feed(input: NonNullable<Command['stdin']>, to: Writable): void {
  const source =
    typeof input === 'string' || input instanceof Uint8Array ? Readable.from([input]) : Readable.from(input);
  // A child that ends without reading its input closes the pipe: its exit code tells, not this error.
  pipeline(source, to).catch(() => undefined);
}
