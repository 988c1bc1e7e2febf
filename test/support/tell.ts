import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from './docker-registry.ts';

/** Why there is no program to put into images, or undefined. */
export const noTell: string | undefined = hasProgram('go')
  ? undefined
  : 'Go is missing, with which the program in the images is built';

/** A static program that prints how it was started and what it sees; `wait` as its first argument waits for a signal. */
export function buildTell(): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-tell-'));
  try {
    const out = join(dir, 'tell');
    const source = join(import.meta.dirname, 'tell', 'tell.go');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
    execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', out, source], { env, stdio: 'pipe' });
    return readFileSync(out);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
