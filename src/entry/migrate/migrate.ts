import { decideJob, type Takeover } from './decide.ts';
import type { FoundDelivery, LookIn } from './parts.ts';
import { type ReadJob, readJob } from './read-job.ts';
import { type Job, readWorkflow, type Workflow } from './steps.ts';
import { type StepReport, told } from './tell.ts';
import { type RunText, unknownValue, variableValue } from './value.ts';
import { writeConfig } from './write/config-text.ts';
import { contributing, newStep } from './write/new-step.ts';
import { splicedText, spliceJob } from './write/rewrite-workflow.ts';

/** A file as it would be. */
export interface MigratedFile {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

export interface Migration {
  readonly files: readonly MigratedFile[];
  readonly findings: readonly StepReport[];
}

export interface MigrateOptions {
  /** Take the whole commit where a workflow takes some of its digits. */
  readonly wholeCommits: boolean;
  readonly look: LookIn;
}

const mostCombinations = 32;

/** One workflow with all that Tagboat can take over taken over. Pure; throws MIGRATE_FILE_INVALID. */
export function migrateFile(
  file: string,
  text: string,
  taken: ReadonlySet<string>,
  options: MigrateOptions,
): Migration {
  const workflow = readWorkflow(file, text);
  if (workflow === undefined) {
    const why = 'it is no workflow with jobs';
    return { files: [], findings: [{ file, line: 1, job: '', step: '', is: 'left', text: why }] };
  }
  const findings: StepReport[] = [];
  const outputs = new Map<string, Readonly<Record<string, RunText>>>();
  const done: { job: Job; reads: readonly ReadJob[]; decision: Takeover }[] = [];
  for (const job of inOrder(workflow.jobs)) {
    const needs = (name: string, output: string): RunText =>
      outputs.get(name)?.[output] ?? unknownValue(`it is an output of the job ${name}`);
    const combinations = combined(job.matrix ?? {});
    const reads = combinations.map((matrix) =>
      readJob(workflow, job, matrix, { wholeCommits: options.wholeCommits, needs }),
    );
    const [first] = reads;
    if (first === undefined) continue;
    outputs.set(job.name, first.outputs);
    const decision = together(
      reads.map((read) => decideJob(read, options.look)),
      first,
      workflow,
    );
    findings.push(...told(file, first, decision));
    if (decision.images.length + decision.deliveries.length > 0) done.push({ job, reads, decision });
  }
  const splices: Parameters<typeof splicedText>[1][number][] = [];
  const files: MigratedFile[] = [];
  for (const part of grouped(done)) {
    const images = part.flatMap(({ decision }) => decision.images);
    const deliveries = part.flatMap(({ decision }) => decision.deliveries);
    const name = configName(file, part[0]?.job.name ?? '', new Set([...taken, ...files.map((one) => one.file)]));
    const written = writeConfig({
      ...{ images, deliveries, from: workflow.branches ?? ['**'] },
      aws: part.map(({ decision }) => decision.aws).find((aws) => aws !== undefined),
      own: variableValue('GITHUB_REPOSITORY', 'github.repository', true),
    });
    files.push({ file: name, before: undefined, after: written.text });
    for (const note of written.notes)
      findings.push({
        file,
        line: part[0]?.job.line ?? 1,
        job: part[0]?.job.name ?? '',
        step: '',
        is: 'note',
        text: note,
      });
    for (const { job, reads, decision } of part) {
      const hasCheckout = reads[0]?.steps.some(
        ({ step, found }) =>
          !decision.removed.has(step.at) &&
          step.uses?.startsWith('actions/checkout@') === true &&
          !found.some(({ fact }) => fact.is === 'checkout'),
      );
      const step = newStep(decision, reads[0], images, {
        config: name === 'tagboat.yaml' ? undefined : name,
        variables: written.variables,
        checkout: hasCheckout !== true,
      });
      const last = Math.max(...contributing(reads[0], decision));
      splices.push(...spliceJob(job, decision.removed, last, step, text));
      if (reads.length > 1 && job.strategy !== undefined)
        splices.push({ from: job.strategy[0], to: job.strategy[1], text: '' });
    }
  }
  const [only] = done;
  const whole =
    done.length === 1 &&
    workflow.jobs.length === 1 &&
    only !== undefined &&
    only.decision.left.length === 0 &&
    only.decision.deliveries.length > 0;
  if (whole && !workflow.hasConcurrency && isPlain(only.reads[0], only.decision)) {
    const put = `# A newer push waits for the one before it instead of overtaking it.\nconcurrency: ship-\${{ github.ref }}\n\n`;
    splices.push({
      from: workflow.jobsAt,
      to: workflow.jobsAt,
      text: text.includes('\r\n') ? put.replaceAll('\n', '\r\n') : put,
    });
  }
  const after = splicedText(text, splices);
  return { files: after === text ? [] : [{ file, before: text, after }, ...files], findings };
}

/** Jobs after those they need. */
function inOrder(jobs: readonly Job[]): Job[] {
  const done: Job[] = [];
  for (let rest = [...jobs]; rest.length > 0; ) {
    const next = rest.find(({ needs }) => needs.every((name) => !rest.some((one) => one.name === name))) ?? rest[0];
    if (next === undefined) break;
    done.push(next);
    rest = rest.filter((one) => one !== next);
  }
  return done;
}

function combined(matrix: Readonly<Record<string, readonly string[]>>): Record<string, string>[] {
  return Object.entries(matrix)
    .reduce<Record<string, string>[]>(
      (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
      [{}],
    )
    .slice(0, mostCombinations);
}

/** What the runs of a matrix come to: one, if all of them go over whole. */
function together(decisions: readonly Takeover[], { job, steps }: ReadJob, workflow: Workflow): Takeover {
  const [first] = decisions;
  if (first === undefined) throw new Error('a job without a reading');
  const stop = (why: string): Takeover => ({
    ...first,
    images: [],
    deliveries: [],
    removed: new Set(),
    left: [...first.left, { step: undefined, line: job.line, why }],
  });
  const does = first.images.length + first.deliveries.length > 0;
  if (does && workflow.tagsOnly) return stop('it runs on tags, and Tagboat delivers branches');
  if (does && workflow.events.includes('release')) return stop('it runs on releases, and Tagboat delivers branches');
  if (decisions.length === 1) return first;
  const same = decisions.every(
    ({ removed, left }) => left.length === 0 && [...removed].join() === [...first.removed].join(),
  );
  const stays = steps.filter(({ step, unclear }) => !first.removed.has(step.at) && unclear !== undefined);
  if (does && (!same || stays.length > 0))
    return stop('each of its matrix does something besides, so the matrix has to stay');
  return {
    ...first,
    images: decisions.flatMap(({ images }) => images),
    deliveries: mergedDeliveries(decisions.flatMap(({ deliveries }) => deliveries)),
  };
}

function mergedDeliveries(all: readonly FoundDelivery[]): FoundDelivery[] {
  const merged: FoundDelivery[] = [];
  for (const one of all) {
    const at = merged.findIndex(({ repo, branch }) => repo === one.repo && branch === one.branch);
    const before = merged[at];
    if (before === undefined) merged.push(one);
    else merged[at] = { ...before, edits: [...before.edits, ...one.edits] };
  }
  return merged;
}

interface Done {
  readonly job: Job;
  readonly reads: readonly ReadJob[];
  readonly decision: Takeover;
}

/** Jobs that share a config: one that builds and one that delivers. All others have one each, or each run would do both. */
function grouped(done: readonly Done[]): Done[][] {
  const groups: Done[][] = [];
  for (const one of done) {
    const builds = one.decision.images.length > 0;
    const both = builds && one.decision.deliveries.length > 0;
    const free = both
      ? undefined
      : groups.find(
          (group) =>
            group.length === 1 &&
            group.every(({ decision }) => (builds ? decision.images.length === 0 : decision.deliveries.length === 0)),
        );
    if (free === undefined) groups.push([one]);
    else free.push(one);
  }
  return groups;
}

function configName(file: string, job: string, taken: ReadonlySet<string>): string {
  const stem =
    file
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\.ya?ml$/, '') ?? '';
  const names = ['tagboat.yaml', `tagboat.${stem}.yaml`, `tagboat.${stem}.${job}.yaml`];
  return names.find((name) => !taken.has(name)) ?? `tagboat.${stem}.${taken.size}.yaml`;
}

/** Nothing is left in the job but the checkout. */
function isPlain(read: ReadJob | undefined, { removed }: Takeover): boolean {
  return (read?.steps ?? []).every(({ step, unclear }) => removed.has(step.at) || unclear === undefined);
}
