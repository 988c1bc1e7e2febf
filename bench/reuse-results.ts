import type { Reach } from './reach.ts';
import { short } from './reach.ts';
import type { Surroundings } from './results.ts';
import { median, ratio } from './statistics.ts';
import { table } from './table.ts';

export const reuseSteps = ['cold', 'warm', 'changed'] as const;
export type ReuseStep = (typeof reuseSteps)[number];
export const reuseFlows = ['docker', 'bake', 'tagboat-docker', 'tagboat-assemble'] as const;
export type ReuseFlow = (typeof reuseFlows)[number];

/** One entry a round. */
export interface ContextRuns {
  readonly files: number;
  readonly bytes: number;
  readonly cat: readonly number[];
  readonly fingerprint: readonly number[];
  /** Resident memory that the fingerprint took beyond what was there. */
  readonly extraBytes: readonly number[];
}

interface FlowTimes {
  readonly seconds: readonly number[];
  readonly inside: readonly number[];
}

export interface ReuseResults {
  readonly around: Surroundings;
  /** Why the images are missing, or undefined. */
  readonly skipped: string | undefined;
  /** Seconds, one entry a round; `inside` is from the plan to the last image. */
  readonly times: Readonly<
    Record<
      ReuseStep,
      // Older results have no bake.
      Readonly<Record<Exclude<ReuseFlow, 'bake'>, FlowTimes> & Partial<Record<'bake', FlowTimes>>>
    >
  >;
  /** Absent where the results are older than it. */
  readonly alone?: Alone;
  readonly context: ContextRuns;
}

/** Seconds of what nobody can do without, each measured by itself, one entry a round. */
export interface Alone {
  /** A Node.js that starts and ends. */
  readonly start: readonly number[];
  /** `cat` of the app repo's files. */
  readonly read: readonly number[];
  /** `gzip` of the same files at the level that layers are packed with, on all cores. */
  readonly pack: readonly number[];
  /** `docker build` and `docker push` of the one image that a change touches. */
  readonly docker: readonly number[];
}

const whats: Readonly<Record<ReuseStep, string>> = {
  cold: 'cold, an empty registry',
  warm: 'nothing changed, a new tag',
  changed: 'one source file changed',
};

const titles: Readonly<Record<ReuseFlow, string>> = {
  docker: 'docker build + push, s',
  bake: 'docker buildx bake --push, s',
  'tagboat-docker': 'tagboat build with that Docker, s',
  'tagboat-assemble': 'tagboat build, assembling, s',
};

export function reuseTable({ times, skipped, alone, context }: ReuseResults): string {
  const heading = ['Three images', ...reuseFlows.map((flow) => titles[flow]), 'of which fingerprints and registry, s'];
  const lines = reuseSteps.map((step) => [
    whats[step],
    ...reuseFlows.map((flow) => short(median(times[step][flow]?.seconds ?? []))),
    short(median(times[step]['tagboat-docker'].inside)),
  ]);
  const note = skipped === undefined ? '' : `\n\ndocker was skipped: ${skipped}`;
  const measured = alone === undefined ? '' : `\n\n${aloneTable(alone)}`;
  const { files, bytes, cat, fingerprint, extraBytes } = context;
  const size = `${files.toLocaleString('en')} files, ${Math.round(bytes / 1e6)} MB`;
  const read = table([
    ['A context', 'cat, s', 'fingerprint, s', 'memory on top, MB'],
    [size, short(median(cat)), short(median(fingerprint)), short(median(extraBytes) / 1e6)],
  ]);
  return `${table([heading, ...lines])}${note}${measured}\n\n${read}`;
}

function aloneTable({ start, read, pack, docker }: Alone): string {
  return table([
    ['By itself', 'seconds'],
    ['a Node.js that starts and ends', short(median(start))],
    ["`cat` of the app repo's files", short(median(read))],
    ['`gzip -4` of them on all cores', short(median(pack))],
    ['`docker build` and `docker push` of the changed image', short(median(docker))],
  ]);
}

export const reuseWords = `The three images of above once more, now with what Tagboat knows them by: one whose fingerprint is in the registry gets
its new tag and is not built. Docker has its own cache from step to step, and Tagboat with Docker has the same one on a
daemon of its own. \`docker buildx bake --push\` builds and pushes all three at once by one command, on a
BuildKit daemon of its own. Then a large context, read from memory: \`cat\` of all its files beside its fingerprint, which reads
and hashes the same bytes.

Some things nobody can do without, and their times by themselves bound the ratios above: with nothing changed a Node.js
that starts and ends and one reading of the files; where all is assembled, packing them besides; with one source changed
Docker's own work on that one image, whose \`docker build\` and \`docker push\` are measured alone, after one more change.`;

/** What was to be reached. */
export function reuseReaches({ times, alone, context }: ReuseResults): Reach[] {
  const faster = (
    what: string,
    theirs: readonly number[],
    ours: readonly number[],
    limit: number,
    least?: readonly number[],
  ): Reach => ({
    what,
    figure: ratio(theirs, ours),
    is: 'at least',
    limit,
    unit: '×',
    ...(least === undefined ? {} : { bound: ratio(theirs, least) }),
  });
  const unchanged = alone && sums(alone.start, alone.read);
  const packed = alone && sums(alone.start, alone.pack);
  const rebuilt = alone && sums(alone.start, alone.docker);
  const { cold, warm, changed } = times;
  const both = (['tagboat-docker', 'tagboat-assemble'] as const).flatMap((flow) => {
    const how = flow === 'tagboat-docker' ? 'with Docker' : 'assembling';
    return [
      faster(
        `nothing changed, ${how}: faster than docker cold`,
        cold.docker.seconds,
        warm[flow].seconds,
        14,
        unchanged,
      ),
      faster(`nothing changed, ${how}: faster than docker warm`, warm.docker.seconds, warm[flow].seconds, 7, unchanged),
      faster(
        `nothing changed, ${how}, fingerprints and registry alone: faster than docker cold`,
        cold.docker.seconds,
        warm[flow].inside,
        30,
      ),
      faster(
        `one source changed, ${how}: faster than docker warm`,
        changed.docker.seconds,
        changed[flow].seconds,
        2,
        flow === 'tagboat-docker' ? rebuilt : undefined,
      ),
    ];
  });
  return [
    faster(
      'cold, assembling: faster than docker cold',
      cold.docker.seconds,
      cold['tagboat-assemble'].seconds,
      5,
      packed,
    ),
    ...both,
    {
      what: `fingerprint of ${context.files.toLocaleString('en')} files: of the speed of cat`,
      figure: ratio(context.cat, context.fingerprint),
      is: 'at least',
      limit: 0.7,
      unit: '×',
    },
    {
      what: 'the same: memory on top',
      figure: median(context.extraBytes) / 1e6,
      is: 'at most',
      limit: 64,
      unit: ' MB',
    },
  ];
}

/** What two things take one after the other, round by round. */
function sums(first: readonly number[], second: readonly number[]): number[] {
  return first.map((seconds, round) => seconds + (second[round] ?? Number.NaN));
}
