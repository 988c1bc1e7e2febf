// Children of tests are started by a small process. To fork, the kernel copies the page tables of whoever starts a
// child: 3 ms for an empty Node, 40 ms for a worker that has loaded all of this, and the tests start some thousands.
// The children are as real as before: same program, arguments, environment, folder, process group; their streams are
// sockets between them and the worker, as node's own are.
import childProcess, { type ChildProcess, type SpawnOptions, type SpawnSyncReturns } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll } from 'vitest';

// A worker runs this for each of its files, and has node's own functions the first time alone.
const kept = Symbol.for('tagboat.spawn');
const { spawn: nodeSpawn, spawnSync: nodeSpawnSync, execFileSync: nodeExecFileSync } = childProcess;
const first = { spawn: nodeSpawn, spawnSync: nodeSpawnSync, execFileSync: nodeExecFileSync };
const shared = globalThis as { [kept]?: { readonly real: typeof first; starter?: Starter } };
shared[kept] ??= { real: first };
const state = shared[kept];
const { real } = state;

interface Asked {
  readonly pid?: number;
  readonly error?: NodeJS.ErrnoException;
  readonly status?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly stdout?: string;
  readonly stderr?: string;
}

type Done = (code: number | null, signal: NodeJS.Signals | null) => void;

interface Starter {
  readonly path: string;
  /** Asks and waits for the answer, without a turn of the event loop: `spawn` answers at once, with the pid. */
  readonly ask: (request: object) => Asked;
  readonly running: Map<number, Done>;
}

function startStarter(): Starter {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-starter-'));
  const [path, requests, answers] = [join(dir, 's'), join(dir, 'requests'), join(dir, 'answers')];
  const made = real.spawnSync('mkfifo', [requests, answers]);
  if (made.status !== 0) throw new Error('mkfifo failed');
  const program = join(import.meta.dirname, 'starter.mjs');
  const child = real.spawn(process.execPath, [program, path, requests, answers], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const to = openSync(requests, 'r+');
  const from = openSync(answers, 'r+');
  const running = new Map<number, Done>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { pid, code, signal } = JSON.parse(line) as {
      pid: number;
      code: number | null;
      signal: NodeJS.Signals | null;
    };
    running.get(pid)?.(code, signal);
    running.delete(pid);
  });
  // It must not keep the worker alive.
  child.unref();
  (child.stdout as Socket).unref();
  (child.stdin as Socket).unref();
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const chunk = Buffer.alloc(64 * 1024);
  const read = (): Asked => {
    const parts: Buffer[] = [];
    for (;;) {
      const length = readSync(from, chunk);
      parts.push(Buffer.from(chunk.subarray(0, length)));
      if (chunk[length - 1] === 10) return JSON.parse(Buffer.concat(parts).toString()) as Asked;
    }
  };
  read();
  return {
    path,
    running,
    ask: (request) => {
      const bytes = Buffer.from(`${JSON.stringify(request)}\n`);
      for (let at = 0; at < bytes.byteLength; ) at += writeSync(to, bytes, at);
      return read();
    },
  };
}

/** What `spawn` answers with, for a child whose parent is the starter. */
class Child extends EventEmitter {
  readonly stdin: Socket | null;
  readonly stdout: Socket | null;
  readonly stderr: Socket | null;
  readonly stdio: readonly (Socket | null)[];
  readonly pid: number | undefined;
  readonly spawnfile: string;
  readonly spawnargs: readonly string[];
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  killed = false;
  connected = false;

  constructor(by: Starter, file: string, args: readonly string[], options: object, stdio: readonly string[]) {
    super();
    this.spawnfile = file;
    this.spawnargs = [file, ...args];
    const sockets = stdio.map((one) => (one === 'pipe' ? createConnection(by.path) : null));
    this.stdio = sockets;
    [this.stdin = null, this.stdout = null, this.stderr = null] = sockets;
    const asked = by.ask({ file, args, options, stdio });
    this.pid = asked.pid;
    let open = 1;
    const closed = () => {
      open -= 1;
      if (open === 0) this.emit('close', this.exitCode, this.signalCode);
    };
    for (const socket of sockets) {
      if (socket === null) continue;
      open += 1;
      socket.once('close', closed);
    }
    // What is written to a child that has ended fails, and else nobody would see that its input is closed.
    this.stdin?.resume();
    if (asked.pid === undefined) {
      const error = Object.assign(new Error(asked.error?.message), asked.error);
      for (const socket of sockets) socket?.destroy();
      this.exitCode = asked.error?.errno ?? -1;
      setImmediate(() => {
        this.emit('error', error);
        closed();
      });
      return;
    }
    setImmediate(() => this.emit('spawn'));
    by.running.set(asked.pid, (code, signal) => {
      this.exitCode = code;
      this.signalCode = signal;
      this.stdin?.destroy();
      this.emit('exit', code, signal);
      // Nobody may have read them, and they end all the same.
      this.stdout?.resume();
      this.stderr?.resume();
      setImmediate(closed);
    });
  }

  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    if (this.pid === undefined || this.exitCode !== null || this.signalCode !== null) return false;
    try {
      process.kill(this.pid, signal);
      this.killed = true;
      return true;
    } catch {
      return false;
    }
  }

  ref(): void {}
  unref(): void {}
}

/** What the starter understands: pipes and nothing, no channel to the child, no time limit of node's. */
function stdioOf({ stdio = 'pipe', ...rest }: SpawnOptions): readonly string[] | undefined {
  if (rest.timeout !== undefined || rest.signal !== undefined || rest.shell === true) return undefined;
  const three = typeof stdio === 'string' ? [stdio, stdio, stdio] : [...stdio];
  return three.every((one) => one === 'pipe' || one === 'ignore') ? (three as string[]) : undefined;
}

const plain = ({ cwd, env, detached, argv0 }: SpawnOptions): object => ({
  cwd: cwd === undefined ? process.cwd() : String(cwd),
  env: env ?? process.env,
  detached,
  argv0,
});

function spawn(file: string, ...more: unknown[]): ChildProcess {
  const args = Array.isArray(more[0]) ? (more.shift() as string[]) : [];
  const options = (more[0] ?? {}) as SpawnOptions;
  const stdio = stdioOf(options);
  if (stdio === undefined) return real.spawn(file, args, options);
  state.starter ??= startStarter();
  return new Child(state.starter, file, args.map(String), plain(options), stdio) as unknown as ChildProcess;
}

function spawnSync(file: string, ...more: unknown[]): SpawnSyncReturns<Buffer | string> {
  const args = Array.isArray(more[0]) ? (more.shift() as string[]) : [];
  const { input, encoding, maxBuffer, ...options } = (more[0] ?? {}) as childProcess.SpawnSyncOptions;
  const stdio = stdioOf(options as SpawnOptions);
  if (stdio === undefined) return real.spawnSync(file, args, { input, encoding, maxBuffer, ...options }) as never;
  state.starter ??= startStarter();
  const bytes = input === undefined ? undefined : Buffer.from(input as string).toString('base64');
  const asked = { ...plain(options as SpawnOptions), stdio, maxBuffer };
  const done = state.starter.ask({ sync: true, file, args: args.map(String), options: asked, input: bytes });
  const stream = (text: string | undefined) => {
    const all = Buffer.from(text ?? '', 'base64');
    return encoding === undefined || encoding === null || encoding === 'buffer' ? all : all.toString(encoding);
  };
  const [stdout, stderr] = [stream(done.stdout), stream(done.stderr)];
  const error = done.error && Object.assign(new Error(done.error.message), done.error);
  const { status = null, signal = null, pid = 0 } = done;
  return { status, signal, pid, stdout, stderr, output: [null, stdout, stderr], ...(error && { error }) };
}

function execFileSync(file: string, ...more: unknown[]): Buffer | string {
  const options = (Array.isArray(more[0]) ? more[1] : more[0]) as childProcess.ExecFileSyncOptions | undefined;
  const done = spawnSync(file, ...more);
  // As node does: what the child says of its own fault is seen.
  if (options?.stdio === undefined && done.stderr.length > 0) process.stderr.write(done.stderr);
  if (done.error !== undefined) throw done.error;
  if (done.status === 0) return done.stdout;
  throw Object.assign(new Error(`Command failed: ${[file, ...done.output].join(' ')}`), done);
}

function replace(by: object): void {
  Object.assign(childProcess, by);
  syncBuiltinESMExports();
}

/** For a file that is about node's own way of starting children. */
export function startDirectly(): void {
  beforeAll(() => replace(real));
  afterAll(() => replace({ spawn, spawnSync, execFileSync }));
}

if (process.platform !== 'win32') replace({ spawn, spawnSync, execFileSync });
