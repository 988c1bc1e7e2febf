import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Exec } from '../../../src/wire/exec.ts';
import { start } from './start.ts';

/** Runs short programs by the spawner: all of their output is kept, and nothing stops them. */
export const execSmall: Exec = async ({ program, args, env = {}, cwd, stdin }) => {
  const child = start({ program, args, env, cwd, stdin: stdin !== undefined, stderr: true });
  if (stdin !== undefined) {
    const input = typeof stdin === 'string' || stdin instanceof Uint8Array ? [stdin] : stdin;
    Readable.from(input).pipe(child.stdin);
  }
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr ?? Readable.from([]))]);
  const { code, signal, error } = await child.closed;
  const missing = error === 'ENOENT' || error === 'EACCES';
  return { code, signal, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8'), missing };
};
