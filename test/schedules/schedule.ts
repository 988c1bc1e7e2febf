import { type Random, randomFrom } from './random.ts';

/** One writer: a process that sets one value. */
export interface WriterPlan {
  readonly name: string;
  readonly file: string;
  readonly value: string;
  readonly startMs: number;
  /** By a push of its own, or by GitHub's API, which makes the commit. */
  readonly via: 'git' | 'github';
  /** Ended from outside, some time after the host has seen so many of its requests. */
  readonly end:
    | { readonly signal: 'SIGKILL' | 'SIGTERM'; readonly atRequest: number; readonly afterMs: number }
    | undefined;
}

/** What may become of a writer's request, each with its probability. */
export interface Weather {
  /** 500 or 503 in place of an answer; git isn't asked. */
  readonly answer: number;
  /** Git does it, and its answer is cut in the middle. */
  readonly cut: number;
  /** Git does it, and its answer comes late. */
  readonly late: number;
  /** Neither git nor anybody answers. */
  readonly hang: number;
  /** Somebody moves the branch by hand right before the request, when it is a push. */
  readonly overtaken: number;
}

/** Somebody pushes by git itself. */
export interface HumanPlan {
  readonly atMs: number;
  readonly file: string;
  readonly value: string;
}

/** The branch is put back to its first commit by force, or deleted and made again from there. */
export interface UpheavalPlan {
  readonly is: 'rewind' | 'delete';
  readonly atMs: number;
}

export interface Schedule {
  readonly seed: number;
  /** The command line itself, or a thin program over the library, which is quicker to give up on a silent host. */
  readonly through: 'cli' | 'library';
  readonly host: { readonly atomic: boolean; readonly refusesIntents: boolean; readonly oldProtocol: boolean };
  readonly weather: Weather;
  readonly writers: readonly WriterPlan[];
  readonly humans: readonly HumanPlan[];
  readonly upheaval: UpheavalPlan | undefined;
}

export const fileNames = ['apps/a.yaml', 'apps/b.yaml', 'apps/c.yaml', 'web/d.yaml', 'web/e.yaml'] as const;

/** A values file whose comments and spacing only a careful editor leaves alone. */
export function fileWith(value: string): string {
  return `# by pipelines\nimage:\n  tag:   ${value}   # from CI\n  pull: always\n`;
}

const calm: Weather = { answer: 0, cut: 0, late: 0, hang: 0, overtaken: 0 };

/** The schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const random = randomFrom(seed);
  const through = random.chance(0.2) ? 'cli' : 'library';
  const weather = random.pick<Weather>([
    calm,
    { ...calm, answer: 0.2 },
    { ...calm, cut: 0.25 },
    { ...calm, late: 0.3 },
    { ...calm, overtaken: 0.4 },
    // The command line waits half a minute for a silent host: that is tried elsewhere.
    { answer: 0.08, cut: 0.12, late: 0.1, overtaken: 0.2, hang: through === 'cli' ? 0 : 0.03 },
  ]);
  // Drawn apart, so that all else of a seed stays as it was.
  const ways = random.fork('ways');
  const mixed = ways.chance(0.5);
  const writers = Array.from({ length: random.between(2, 7) }, (_, at) => ({
    ...writerPlan(random, at),
    via: mixed && ways.chance(0.5) ? ('github' as const) : ('git' as const),
  }));
  const humans = Array.from({ length: random.pick([0, 0, 1, 2]) }, (_, at) => ({
    atMs: random.between(100, 1_500),
    file: random.pick(fileNames),
    value: `human-${at}`,
  }));
  return {
    seed,
    through,
    host: {
      atomic: !random.chance(0.15),
      refusesIntents: random.chance(0.1),
      oldProtocol: random.chance(0.1),
    },
    weather,
    writers,
    humans,
    upheaval: random.chance(0.2)
      ? { is: random.pick(['rewind', 'delete']), atMs: random.between(200, 1_500) }
      : undefined,
  };
}

function writerPlan(random: Random, at: number): Omit<WriterPlan, 'via'> {
  return {
    name: `w${at}`,
    // Few files, so that writers meet on one; now and then they even want the same value.
    file: random.pick(fileNames),
    value: random.chance(0.15) ? 'shared' : `v${at}`,
    startMs: random.between(0, 500),
    end: random.chance(0.3)
      ? {
          signal: random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM']),
          atRequest: random.between(1, 9),
          afterMs: random.between(0, 60),
        }
      : undefined,
  };
}
