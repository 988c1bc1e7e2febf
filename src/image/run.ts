import { arch } from 'node:os';
import type { Platform } from '../plan.ts';
import type { World } from '../wire/world.ts';
import { machinePlatform } from './platform.ts';
import { type BuildContext, createShelves, type Shelves } from './shelves.ts';

/** What the images of one run share. */
export interface Run {
  readonly shelves: Shelves;
  /** This machine as a platform. */
  readonly machine: Platform;
  /** The answer to a question that is asked once a run. A failed answer is asked for again. */
  once<T>(question: string, work: () => Promise<T>): Promise<T>;
}

const runs = new WeakMap<BuildContext, Run>();

/** The run that a context belongs to. */
export function runOf(world: World, context: BuildContext): Run {
  const found = runs.get(context);
  if (found !== undefined) return found;
  const answers = new Map<string, Promise<unknown>>();
  const run: Run = {
    shelves: createShelves(world, context),
    machine: machinePlatform(arch()),
    once: <T>(question: string, work: () => Promise<T>) => {
      const known = answers.get(question) as Promise<T> | undefined;
      if (known !== undefined) return known;
      const answer = work();
      answers.set(question, answer);
      answer.catch(() => answers.delete(question));
      return answer;
    },
  };
  runs.set(context, run);
  return run;
}
