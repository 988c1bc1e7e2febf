import { type Reach, short } from './reach.ts';
import type { Surroundings } from './results.ts';
import { median, ratio } from './statistics.ts';
import { table } from './table.ts';

export const handoffSteps = ['cold', 'changed', 'unchanged'] as const;
export type HandoffStep = (typeof handoffSteps)[number];
export const handoffFlows = ['docker', 'bake', 'tagboat-docker', 'tagboat-buildx', 'tagboat-assemble'] as const;
export type HandoffFlow = (typeof handoffFlows)[number];

/** Seconds of each part of a hand-off, one entry a round. */
export interface HandoffPhases {
  /** Until all images are in the registry. */
  readonly images: number[];
  /** From there until the config commit is on its branch. */
  readonly commit: number[];
  /** From there until the pods run it and whoever asked is told. */
  readonly live: number[];
}

export interface HandoffCell {
  readonly roundTripMs: number;
  readonly step: HandoffStep;
  readonly flows: Partial<Record<HandoffFlow, HandoffPhases>>;
}

export interface HandoffResults {
  readonly around: Surroundings;
  /** Files of the config repo. */
  readonly files: number;
  readonly cells: readonly HandoffCell[];
}

export const handoffWhats: Readonly<Record<HandoffStep, string>> = {
  cold: 'cold, an empty registry',
  changed: 'one source file changed',
  unchanged: 'nothing changed, a new tag',
};

export const handoffTitles: Readonly<Record<HandoffFlow, string>> = {
  docker: 'docker ×3, clone, argocd',
  bake: 'bake, clone, argocd',
  'tagboat-docker': 'tagboat ship, docker',
  'tagboat-buildx': 'tagboat ship, buildx',
  'tagboat-assemble': 'tagboat ship, assembling',
};

/** Seconds of whole hand-offs, round by round. */
export function wholes({ images, commit, live }: HandoffPhases): number[] {
  return images.map((seconds, round) => seconds + (commit[round] ?? Number.NaN) + (live[round] ?? Number.NaN));
}

/** The whole in seconds and its three parts, and how many times Tagboat fits into each rival. */
export function handoffTable({ cells }: Pick<HandoffResults, 'cells'>): string {
  return table([
    [
      'from a commit until pods run it',
      ...handoffFlows.map((flow) => handoffTitles[flow]),
      'docker ×3 against',
      'bake against',
    ],
    ...cells.map(({ roundTripMs, step, flows }) => [
      `${handoffWhats[step]}; ${roundTripMs} ms`,
      ...handoffFlows.map((flow) => withParts(flows[flow])),
      ...rivals.map((rival) => against(flows, rival)),
    ]),
  ]);
}

const rivals = ['docker', 'bake'] as const;
/** With the rival's own builder, and without any. */
const ours = { docker: ['tagboat-docker', 'tagboat-assemble'], bake: ['tagboat-buildx', 'tagboat-assemble'] } as const;

function withParts(runs: HandoffPhases | undefined): string {
  if (runs === undefined) return '–';
  const parts = [runs.images, runs.commit, runs.live].map((part) => median(part).toFixed(1));
  return `${median(wholes(runs)).toFixed(1)} s (${parts.join(' + ')})`;
}

function against(flows: HandoffCell['flows'], rival: (typeof rivals)[number]): string {
  return ours[rival].map((one) => times(faster(flows, rival, one))).join(', ');
}

function times(ratio: number): string {
  return Number.isNaN(ratio) ? '–' : `${short(ratio)}×`;
}

function faster(flows: HandoffCell['flows'], rival: HandoffFlow, one: HandoffFlow): number {
  const [theirs, its] = [flows[rival], flows[one]];
  return theirs === undefined || its === undefined ? Number.NaN : ratio(wholes(theirs), wholes(its));
}

/** Plainly, where a rival was faster; it would be easy to overlook in a table. */
function slower({ cells }: HandoffResults): string {
  const found = rivals.flatMap((rival) =>
    ours[rival].flatMap((one) => {
      const rows = cells.filter(({ flows }) => faster(flows, rival, one) < 1);
      const where = rows.map(({ step, roundTripMs }) => `${handoffWhats[step]}, ${roundTripMs} ms`);
      return rows.length === 0 ? [] : [`- ${handoffTitles[rival]} beats ${handoffTitles[one]}: ${where.join('; ')}`];
    }),
  );
  return found.length === 0 ? 'No rival was faster in any row.' : `Where a rival was faster:\n\n${found.join('\n')}`;
}

export function handoffSection(results: HandoffResults, picture: string): string {
  return `## The whole hand-off

![Seconds from a commit of the app repo until its pods run it](${picture})

From a commit of the app repo, with three Dockerfiles without \`RUN\`, until the pods run it and whoever asked is told: the commands of the workflow
that Tagboat replaces, one after the other, beside one \`tagboat ship\`. All on one real Argo CD with a real Kubernetes
control plane (nodes played by KWOK, pods that take two seconds until their readiness probe has an answer), git's own \`http-backend\` with a config repo
of ${results.files.toLocaleString('en')} files, and Debian's \`docker-registry\`; each way has an application, a config repo, a registry and a builder of
its own. In brackets: until the images are in the registry, then until the config commit is on its branch, then until it
runs. The last two columns are how many times Tagboat's time fits into the rival's, with the same builder and assembling. With a
round trip, registry, git host and Argo CD's API are each behind a proxy that adds it, for Argo CD's own reading of the
repo too. After each hand-off all pods run the pushed tag and are ready, or the run fails.

${handoffTable(results)}

${slower(results)}

The rivals end with \`argocd app wait\` in a loop until the revision is theirs, with \`--refresh\`, which they need so as not to wait for
Argo CD's next poll; bake is \`docker buildx bake --push\` on a BuildKit daemon of its own, which keeps its own cache from step to step, as those of
Tagboat with buildx do; the cache in the registry, which Tagboat would keep for machines that have none, is off.`;
}

export function handoffReaches({ cells }: HandoffResults): Reach[] {
  return cells.flatMap(({ roundTripMs, step, flows }) =>
    rivals.map(
      (rival): Reach => ({
        what: `the whole hand-off, ${roundTripMs} ms, ${handoffWhats[step]}: faster than with ${rival === 'docker' ? 'docker build and push' : 'docker buildx bake'}, with the same builder`,
        figure: faster(flows, rival, ours[rival][0]),
        is: 'at least',
        limit: 1,
        unit: '×',
      }),
    ),
  );
}
