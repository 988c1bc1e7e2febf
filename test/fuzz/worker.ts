import { parentPort, workerData } from 'node:worker_threads';
import { apiSubjects } from './api-subjects.ts';
import { gitSubjects } from './git-subjects.ts';
import { mutate, randomOf } from './mutate.ts';
import { registrySubjects } from './registry-subjects.ts';
import type { Subject } from './subject.ts';
import { textSubjects } from './text-subjects.ts';

/** What the worker is told to do. */
export interface Task {
  readonly seed: number;
  /** Inputs for each reader. */
  readonly runs: number;
}

/** What it tells. */
export type Report =
  | { readonly is: 'at'; readonly subject: string; readonly input: string }
  | { readonly is: 'found'; readonly subject: string; readonly input: string; readonly what: string }
  | { readonly is: 'end'; readonly subjects: number; readonly inputs: number; readonly taken: number };

const subjects: readonly Subject[] = [...gitSubjects, ...registrySubjects, ...apiSubjects, ...textSubjects];

/** Bytes that a reader may ask for while it reads one input, of which none is longer than 256 KiB. */
const most = 64 * 1024 * 1024;
let asked = 0;

/** Counts what is asked for, and says no before it is too much: nothing is to be reserved on a peer's word. */
function counting<A extends unknown[]>(make: (size: number, ...rest: A) => Buffer<ArrayBuffer>) {
  return (size: number, ...rest: A): Buffer<ArrayBuffer> => {
    asked += size;
    if (asked > most) throw new Error(`${asked} bytes were asked for`);
    return make(size, ...rest);
  };
}
Buffer.alloc = counting(Buffer.alloc.bind(Buffer) as typeof Buffer.alloc) as typeof Buffer.alloc;
Buffer.allocUnsafe = counting(Buffer.allocUnsafe.bind(Buffer));
Buffer.allocUnsafeSlow = counting(Buffer.allocUnsafeSlow.bind(Buffer));

const tell = (report: Report): void => parentPort?.postMessage(report);

/** Reads wrong inputs until one is found at which the reader fails as it never should. Answers how many it took. */
async function fuzz(subject: Subject, { seed, runs }: Task): Promise<number> {
  // What it can't read unharmed, it would refuse harmed for no reason worth a test.
  for (const input of subject.inputs) {
    tell({ is: 'at', subject: subject.name, input: input.toString('base64') });
    await subject.read(Buffer.from(input));
  }
  const random = randomOf(seed);
  let taken = 0;
  for (let run = 0; run < runs; run++) {
    const wrong = mutate(subject.inputs, random);
    const bytes = subject.mend?.(wrong) ?? wrong;
    const input = bytes.toString('base64');
    tell({ is: 'at', subject: subject.name, input });
    asked = 0;
    try {
      await subject.read(bytes);
      taken++;
    } catch (error) {
      if (subject.declared(error)) continue;
      tell({ is: 'found', subject: subject.name, input, what: (error as Error)?.stack ?? String(error) });
      return taken;
    }
  }
  return taken;
}

const task = workerData as Task;
let taken = 0;
for (const subject of subjects) taken += await fuzz(subject, task);
tell({ is: 'end', subjects: subjects.length, inputs: subjects.length * task.runs, taken });
