import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openContext } from '../src/image/context/context.ts';
import { createDigestReader } from '../src/image/context/read.ts';
import { createSeen } from '../src/image/context/seen.ts';
import { takeFiles } from '../src/image/fingerprint/files.ts';
import { run } from './process.ts';
import type { ContextRuns } from './reuse-results.ts';

/** Takes the fingerprint of everything in a large context, in turn with `cat` of the same files. */
export async function measureContext(
  plan: { readonly rounds: number; readonly files: number; readonly fileBytes: number },
  dir: string,
): Promise<ContextRuns> {
  writeTree(dir, plan.files, plan.fileBytes);
  const cat: number[] = [];
  const fingerprint: number[] = [];
  const extraBytes: number[] = [];
  const signal = new AbortController().signal;
  try {
    // Both then read from memory: a cold disk would hide what each costs itself.
    await readAll(dir);
    for (let round = 0; round < plan.rounds; round += 1) {
      cat.push(await readAll(dir));
      const before = process.memoryUsage.rss();
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss());
      }, 20);
      const start = performance.now();
      const context = await openContext('bench', dir, join(dir, 'Dockerfile'), { keep: false });
      const taking = { source: '.', chmod: '', exclude: [], parents: false };
      await takeFiles(context.root, taking, createDigestReader(signal, createSeen(Date.now())));
      fingerprint.push((performance.now() - start) / 1_000);
      clearInterval(watch);
      extraBytes.push(Math.max(most, process.memoryUsage.rss()) - before);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return { files: plan.files, bytes: plan.files * plan.fileBytes, cat, fingerprint, extraBytes };
}

async function readAll(dir: string): Promise<number> {
  const script = 'find . -type f -print0 | xargs -0 cat > /dev/null';
  return (await run({ argv: ['sh', '-c', script], cwd: dir })).seconds;
}

/** Some hundred files a folder, as source trees have; no two alike. */
function writeTree(dir: string, files: number, bytes: number): void {
  const noise = randomBytes(bytes + files);
  for (let at = 0; at < files; at += 1) {
    const folder = join(dir, String(Math.floor(at / 10_000)), String(Math.floor(at / 100) % 100));
    if (at % 100 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${at}.txt`), noise.subarray(at, at + bytes));
  }
}
