import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Env } from '../../src/wire/world.ts';

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

/** Runs a server that prints its port, until the test ends; answers where it is. */
export async function serveUntilEnd(program: string, args: readonly string[], env: Env): Promise<string> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  const over = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await over;
  });
  for await (const line of createInterface({ input: child.stdout })) return `http://127.0.0.1:${line}`;
  throw new Error(`${program} ended before it listened`);
}
