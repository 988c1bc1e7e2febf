import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { Report, Task } from './worker.ts';

/** What came of a run over all readers. */
export interface Fuzzed {
  /** One for each reader that did what it never should: it and the input, in base64. */
  readonly found: readonly { readonly subject: string; readonly input: string; readonly what: string }[];
  readonly subjects: number;
  readonly inputs: number;
  /** Inputs that were taken in spite of what is wrong with them: none would mean that nothing was reached. */
  readonly taken: number;
}

/** Without a sign for as long as this, a reader goes round in circles. It reads hundreds of inputs in a second. */
const silentMs = 30_000;

/**
 * Reads mutated inputs by all readers, in a thread of its own with little memory, and a dog that watches over it. The
 * same seed gives the same inputs.
 */
export async function fuzz(task: Task): Promise<Fuzzed> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-fuzz-'));
  try {
    const outfile = join(dir, 'worker.mjs');
    await build({
      ...{ entryPoints: [join(import.meta.dirname, 'worker.ts')], outfile, bundle: true },
      ...{ platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    return await watched(outfile, task);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function watched(file: string, task: Task): Promise<Fuzzed> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: 256 } });
    const found: Fuzzed['found'][number][] = [];
    let at = { subject: 'nothing yet', input: '' };
    let dog = setTimeout(() => undefined, 0);
    const fail = (what: string): void => {
      clearTimeout(dog);
      void worker.terminate();
      resolve({ found: [...found, { ...at, what }], subjects: 0, inputs: 0, taken: 0 });
    };
    const heard = (): void => {
      clearTimeout(dog);
      dog = setTimeout(() => fail('hangs'), silentMs);
    };
    heard();
    worker.on('message', (report: Report) => {
      heard();
      if (report.is === 'at') at = report;
      if (report.is === 'found') found.push(report);
      if (report.is === 'end') resolve({ ...report, found });
    });
    // Out of memory, among others.
    worker.on('error', (error) => fail(`${error.name}: ${error.message}\n${error.stack}`));
    worker.on('exit', (code) => {
      clearTimeout(dog);
      reject(new Error(`the worker ended with ${code} before it was done`));
    });
  });
}
