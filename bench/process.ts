import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

/** A program as its user starts it. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly seconds: number;
  readonly stdout: string;
}

/** Nothing of the caller's own settings: every program measured gets this and no more. */
export function bareEnv(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'bench@example.com',
    GIT_COMMITTER_NAME: 'Bench',
    GIT_COMMITTER_EMAIL: 'bench@example.com',
  };
}

/** Runs a program to its end, from spawn to exit. Throws with its output unless it exits 0. */
export function run(command: Command): Promise<Ran> {
  const [program = '', ...args] = command.argv;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, {
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      env: command.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let seconds = 0;
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('exit', () => {
      seconds = (performance.now() - start) / 1000;
    });
    child.on('close', (code) => {
      if (code === 0) resolve({ seconds, stdout: Buffer.concat(stdout).toString('utf8') });
      else {
        const said = Buffer.concat([...stdout, ...stderr])
          .toString('utf8')
          .slice(-2000);
        reject(new Error(`${command.argv.join(' ')} ended with ${code}:\n${said}`));
      }
    });
  });
}

const timeProgram = '/usr/bin/time';

/** How peak memory is read on this machine, for the report. */
export const peakReadBy = existsSync(timeProgram) ? `${timeProgram} from outside` : 'the process itself as it exits';

/**
 * The most memory a Node program had resident at once, in bytes, whole process. Where there is no `time`, a preload
 * reads it at exit, from VmHWM if the kernel has it: getrusage's figure survives exec and may be the parent's own.
 */
export async function peakMemory(command: Command): Promise<number> {
  const file = join(tmpdir(), `tagboat-bench-peak-${process.pid}`);
  const [program = '', ...args] = command.argv;
  const argv = existsSync(timeProgram)
    ? [timeProgram, '-f', '%M', '-o', file, program, ...args]
    : [program, '--import', `data:text/javascript,${encodeURIComponent(preload(file))}`, ...args];
  try {
    await run({ ...command, argv });
    return Number(readFileSync(file, 'utf8').trim()) * 1024;
  } finally {
    rmSync(file, { force: true });
  }
}

function preload(file: string): string {
  return `import fs from 'node:fs';
process.on('exit', () => {
  let kib = process.resourceUsage().maxRSS;
  try { kib = Number(/VmHWM:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]); } catch {}
  fs.writeFileSync(${JSON.stringify(file)}, String(kib));
});`;
}
