import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasProgram } from './docker-registry.ts';

/** Where what the tests install stays from one run to the next. */
export const cache: string = join(import.meta.dirname, '../../.cache');

/** Makes a folder with all that is in it, or not at all, unless it is there: several tests may want it at once. */
export function installOnce(folder: string, fill: (half: string) => void): void {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const half = mkdtempSync(join(dirname(folder), 'half-'));
  try {
    fill(half);
    try {
      renameSync(half, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/** One step of an installation. What it says is the error where it fails. */
export function installStep(program: string, ...args: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`${program} ${args.join(' ')} failed:\n${error?.message ?? `${stdout}${stderr}`.slice(-2_000)}`);
}

/** Why nothing can be built that needs this version of Go, or undefined. `what`: the end of "with which …". */
export function withoutGo(what: string, [major, minor]: readonly [number, number]): string | undefined {
  if (!hasProgram('go')) return `Go is missing, with which ${what} built`;
  const told = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout;
  const [, has, hasMinor] = /go(\d+)\.(\d+)/.exec(told) ?? [];
  const isEnough = Number(has) > major || (Number(has) === major && Number(hasMinor) >= minor);
  return isEnough ? undefined : `Go is older than ${major}.${minor}`;
}
