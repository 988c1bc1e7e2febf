import { parse } from 'yaml';
import type { MigrateValue } from '../../events/json-event.ts';
import { decideJob, type Takeover } from './decide.ts';
import { readWorkflow, type Workflow, type WorkflowJob } from './github.ts';
import { readGitLab, spliceGitLab } from './gitlab.ts';
import type { FoundDelivery, FoundImage, LookIn } from './parts.ts';
import { type ByteSplice, type Job, type Pipeline, splicedText } from './pipeline.ts';
import { type ReadJob, readJob } from './read-job.ts';
import { type StepReport, told } from './tell.ts';
import { type RunText, unknownValue, variableName, variablesIn, variableValue } from './value.ts';
import { writeConfig } from './write/config-text.ts';
import { spliceGitHub, type TagboatCommand } from './write/github-step.ts';

/** A file as it would be. */
export type MigratedFile = MigrateValue['files'][number];

export interface Migration {
  readonly files: readonly MigratedFile[];
  readonly findings: readonly StepReport[];
}

export interface MigrateOptions {
  /** Take the whole commit where a workflow takes some of its digits. */
  readonly wholeCommits: boolean;
  readonly look: LookIn;
}

/** A job of which something is taken over. */
interface Done {
  readonly job: Job;
  readonly reads: readonly [ReadJob, ...ReadJob[]];
  readonly decision: Takeover;
}

/** A pipeline with all that Tagboat can take over taken over; GitLab's by its name. Pure; throws MIGRATE_FILE_INVALID. */
export function migrateFile(
  file: string,
  text: string,
  taken: ReadonlySet<string>,
  options: MigrateOptions,
): Migration {
  const isGitLab = /gitlab-ci[\w.-]*\.ya?ml$/.test(file);
  const pipeline: Pipeline | undefined = isGitLab ? readGitLab(file, text) : readWorkflow(file, text);
  const note = (line: number, job: string, why: string, is: StepReport['is'] = 'note'): StepReport => ({
    ...{ file, line, job, step: '', is, text: why },
  });
  if (pipeline === undefined) return { files: [], findings: [note(1, '', 'it is no workflow with jobs', 'left')] };
  const findings: StepReport[] = pipeline.unread.map(({ line, job, why }) => note(line, job, why, 'kept'));
  const done = takenOver(pipeline, options, (read, decision) => findings.push(...told(file, read, decision)));
  const splices: ByteSplice[] = [];
  const files: MigratedFile[] = [];
  for (const part of grouped(done)) {
    const [{ job }] = part;
    const images = part.flatMap(({ decision }) => decision.images);
    const config = configName(file, job.name, new Set([...taken, ...files.map((one) => one.file)]), isGitLab);
    const written = writeConfig({
      ...{ images, deliveries: part.flatMap(({ decision }) => decision.deliveries), from: job.from, own: pipeline.own },
      aws: part.map(({ decision }) => decision.aws).find((aws) => aws !== undefined),
    });
    files.push({ file: config, before: undefined, after: written.text });
    for (const why of written.notes) findings.push(note(job.line, job.name, why));
    for (const { decision, reads, ...one } of part) {
      const builds = decision.images.length > 0;
      const command: TagboatCommand = decision.deliveries.length === 0 ? 'build' : builds ? 'ship' : 'commit';
      if (isGitLab) splices.push(...spliceGitLab(text, one.job as never, decision, command, config));
      else {
        const own = one.job as WorkflowJob;
        splices.push(...spliceGitHub(text, own, reads[0], decision, { command, config, variables: written.variables }));
        if (reads.length > 1 && own.strategy !== undefined)
          splices.push({ from: own.strategy[0], to: own.strategy[1], text: '' });
      }
    }
  }
  if (!isGitLab) splices.push(...concurrency(pipeline as Workflow, done));
  const after = splicedText(text, splices);
  if (!isWhole(after)) {
    const why = 'what would go is named by an alias somewhere else in the file';
    return { files: [], findings: [...findings.filter(({ is }) => is !== 'replaced'), note(1, '', why, 'left')] };
  }
  return { files: after === text ? [] : [{ file, before: text, after }, ...files], findings };
}

/** Whether every alias has its anchor still. */
function isWhole(text: string): boolean {
  try {
    parse(text, { logLevel: 'error' });
    return true;
  } catch {
    return false;
  }
}

/** Every job read and decided on, in an order in which outputs are known where they are needed. */
function takenOver(
  pipeline: Pipeline,
  { wholeCommits, look }: MigrateOptions,
  tell: (read: ReadJob, decision: Takeover) => void,
): Done[] {
  const outputs = new Map<string, Readonly<Record<string, RunText>>>();
  // What another job computes only in its run comes by its outputs.
  const needs = (job: string, output: string): RunText => {
    const value = outputs.get(job)?.[output] ?? unknownValue(`it is an output of the job ${job}`);
    return variablesIn(value).some(isOfStep)
      ? variableValue(variableName(job, output), `needs.${job}.outputs.${output}`, false)
      : value;
  };
  const done: Done[] = [];
  for (const job of inOrder(pipeline.jobs)) {
    const reads = job.combinations.map((matrix) => readJob(pipeline, job, matrix, { wholeCommits, needs }));
    const [first, ...others] = reads;
    if (first === undefined) continue;
    outputs.set(job.name, first.outputs);
    const decision = together(
      reads.map((read) => decideJob(read, look)),
      first,
    );
    tell(first, decision);
    if (decision.images.length + decision.deliveries.length > 0)
      done.push({ job, reads: [first, ...others], decision });
  }
  return done;
}

const isOfStep = ({ expression }: { readonly expression: string }): boolean =>
  /^(?:steps|env|needs)\./.test(expression);

/** A whole workflow that only delivers: a newer push waits for the one before it. */
function concurrency(
  { jobs, hasConcurrency, jobsAt, text }: Workflow,
  [only, ...others]: readonly Done[],
): ByteSplice[] {
  if (only === undefined || others.length > 0 || jobs.length > 1 || hasConcurrency) return [];
  const { decision, reads } = only;
  const isPlain = reads[0].steps.every(({ step, unclear }) => decision.removed.has(step.at) || unclear === undefined);
  if (decision.left.length > 0 || decision.deliveries.length === 0 || !isPlain) return [];
  const put = `# A newer push waits for the one before it instead of overtaking it.\nconcurrency: ship-\${{ github.ref }}\n\n`;
  return [{ from: jobsAt, to: jobsAt, text: text.includes('\r\n') ? put.replaceAll('\n', '\r\n') : put }];
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

/** What the runs of a matrix come to: one, if all of them go over whole and nothing else asks which one it is. */
function together(decisions: readonly Takeover[], { job, steps }: ReadJob): Takeover {
  const [first] = decisions;
  if (first === undefined) throw new Error('a job without a reading');
  const builds = decisions.flatMap(({ images }) => images);
  if (decisions.length === 1 || decisions.every(({ images, deliveries }) => images.length + deliveries.length === 0))
    return first;
  const images = unique(builds);
  const { removed, doing } = first;
  const same = decisions.every((one) => one.left.length === 0 && [...one.removed].join() === [...removed].join());
  const others = steps.filter(({ step }) => !removed.has(step.at));
  const asks = [job.frame, ...others.map(({ step }) => step.text), ...doing.map(({ step }) => step.condition ?? '')];
  const refs = new Set(images.map(({ refs }) => refs[0]));
  const why =
    !same || others.some(({ unclear }) => unclear !== undefined) || asks.some((text) => /\bmatrix\b/.test(text))
      ? 'each of its matrix does something besides, so the matrix has to stay'
      : refs.size < images.length
        ? 'several of its matrix push one image'
        : undefined;
  if (why !== undefined) {
    const left = [...first.left, { step: undefined, line: job.line, why }];
    return { ...first, images: [], deliveries: [], removed: new Set(), doing: [], left };
  }
  return { ...first, images, deliveries: mergedDeliveries(decisions.flatMap(({ deliveries }) => deliveries)) };
}

const unique = <T>(all: readonly T[]): T[] => [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];

function mergedDeliveries(all: readonly FoundDelivery[]): FoundDelivery[] {
  const merged: FoundDelivery[] = [];
  for (const one of all) {
    const at = merged.findIndex(({ repo, branch }) => repo === one.repo && branch === one.branch);
    const before = merged[at];
    if (before === undefined) merged.push(one);
    else
      merged[at] = {
        ...before,
        edits: unique([...before.edits, ...one.edits]),
        applications: unique([...before.applications, ...one.applications]),
        // One commit for all: a message about one of them would be wrong.
        message: before.message === one.message ? one.message : undefined,
      };
  }
  return merged;
}

/** Jobs that share a config: one that builds and one that delivers. All others have one each, or each run would do both. */
function grouped(done: readonly Done[]): [Done, ...Done[]][] {
  const groups: [Done, ...Done[]][] = [];
  const isAlone = ({ decision }: Done): boolean => decision.images.length > 0 && decision.deliveries.length > 0;
  for (const one of done) {
    const builds = one.decision.images.length > 0;
    const free =
      isAlone(one) || isTied(one.decision)
        ? undefined
        : groups.find(
            ([other, ...others]) =>
              others.length === 0 &&
              !isAlone(other) &&
              !isTied(other.decision) &&
              builds !== other.decision.images.length > 0 &&
              other.job.from.join() === one.job.from.join(),
          );
    if (free === undefined) groups.push([one]);
    else free.push(one);
  }
  return groups;
}

/** Whether a config of it needs what only this job knows: in another job that would be empty. */
function isTied({ images, deliveries }: Takeover): boolean {
  const texts = [
    ...images.flatMap(({ refs, build }: FoundImage) => [...refs, ...build.args.map(([, value]) => value)]),
    ...deliveries.flatMap(({ edits, message }) => [...edits.map(({ value }) => value), message ?? '']),
  ];
  return texts.flatMap(variablesIn).some(isOfStep);
}

function configName(file: string, job: string, taken: ReadonlySet<string>, isGitLab: boolean): string {
  const stem = isGitLab ? job.replace(/\W+/g, '-') : (/([^\\/]*?)\.ya?ml$/.exec(file)?.[1] ?? '');
  const names = ['tagboat.yaml', `tagboat.${stem}.yaml`, `tagboat.${stem}.${job.replace(/\W+/g, '-')}.yaml`];
  return names.find((name) => !taken.has(name)) ?? `tagboat.${stem}.${taken.size}.yaml`;
}
