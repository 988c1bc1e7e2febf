import { isMap, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { keyText, rangeOf } from '../../commit/edit/document.ts';
import { evaluate, runnerVariable } from './expression.ts';
import {
  endOf,
  entryOf,
  type Job,
  lineStart,
  linesOfEntry,
  mapAt,
  type Pipeline,
  type PipelineFile,
  type Plain,
  readPipelineFile,
  recordAt,
  type Step,
  type StringMap,
  stringAt,
  stringsAt,
} from './pipeline.ts';
import { unknownValue, variableValue } from './value.ts';

/** What of a job's bytes is replaced besides its steps. */
export interface WorkflowJob extends Job {
  /** The bytes of the key `strategy`, where there is one. */
  readonly strategy: readonly [from: number, to: number] | undefined;
  /** The spaces before each step's dash. */
  readonly indent: string;
}

export interface Workflow extends Pipeline {
  readonly jobs: readonly WorkflowJob[];
  readonly hasConcurrency: boolean;
  /** Where the key `jobs` begins. */
  readonly jobsAt: number;
}

/** A workflow of GitHub Actions. Throws MIGRATE_FILE_INVALID; undefined when it has no jobs. */
export function readWorkflow(file: string, text: string): Workflow | undefined {
  const read = readPipelineFile(file, text);
  const { root, plain, lineOf } = read;
  const jobs = root === undefined ? undefined : entryOf(root, 'jobs');
  if (root === undefined || jobs === undefined || !isMap(jobs.value)) return undefined;
  const { on, env, concurrency, defaults } = mapAt(plain(root));
  const events = typeof on === 'string' || Array.isArray(on) ? (stringsAt(on) ?? []) : Object.keys(mapAt(on));
  const push = mapAt(mapAt(on).push);
  const branches = stringsAt(push.branches);
  const refusal =
    push.tags !== undefined && branches === undefined && push['branches-ignore'] === undefined
      ? 'it runs on tags, and Tagboat delivers branches'
      : events.includes('release')
        ? 'it runs on releases, and Tagboat delivers branches'
        : undefined;
  const from = branches?.every((one) => /^[\w./*-]+$/.test(one)) === true ? branches : ['**'];
  const made: WorkflowJob[] = [];
  const unread: Workflow['unread'][number][] = [];
  for (const { key, value } of jobs.value.items as Pair[]) {
    const name = keyText(key) ?? '';
    const steps = isMap(value) ? entryOf(value as YAMLMap, 'steps')?.value : undefined;
    if (isMap(value) && isSeq(steps) && steps.flow !== true)
      made.push(jobOf(read, text, { key: key as Node, value, steps }, { defaults, env, refusal, from }));
    else unread.push({ line: lineOf(key), job: name, why: 'it has no steps of its own to read' });
  }
  if (refusal === undefined && push.tags !== undefined)
    unread.push({ line: 1, job: '', why: 'it runs on tags too, for which Tagboat delivers nothing' });
  return {
    ...{ text, jobs: made, unread, evaluate, script: evaluate, concerning: (found) => found },
    own: variableValue('GITHUB_REPOSITORY', 'github.repository', true),
    given: (name) => runnerVariable(name) ?? unknownValue(`the variable ${name} is set nowhere here`),
    ...{ hasConcurrency: concurrency !== undefined, jobsAt: rangeOf(jobs.key)[0] },
  };
}

interface Nodes {
  readonly key: Node;
  readonly value: YAMLMap;
  readonly steps: { readonly items: readonly unknown[] };
}

function jobOf(
  { plain, lineOf }: PipelineFile,
  text: string,
  { key, value, steps: { items } }: Nodes,
  whole: {
    readonly defaults: Plain | undefined;
    readonly env: Plain | undefined;
    readonly refusal: string | undefined;
    readonly from: readonly string[];
  },
): WorkflowJob {
  const job = mapAt(plain(value));
  const first = lineStart(text, rangeOf(items[0] as Node)[0]);
  // What stands above a step, comments and blank lines, is its own.
  const ends = items.map((item) => endOf(text, item as Node));
  const runs = { ...mapAt(mapAt(whole.defaults).run), ...mapAt(mapAt(job.defaults).run) };
  const shell = stringAt(runs.shell) ?? (/windows/i.test(JSON.stringify(job['runs-on'] ?? '')) ? 'pwsh' : undefined);
  const steps = items.flatMap((item, at): Step[] => {
    const [from, to] = [ends[at - 1] ?? first, ends[at] ?? first];
    const step = mapAt(plain(item));
    const run = isMap(item) ? entryOf(item as YAMLMap, 'run')?.value : undefined;
    const isBlock = /^BLOCK/.test((run as { type?: string } | undefined)?.type ?? '');
    const { uses, name, env, with: inputs, id, if: condition } = step;
    return [
      {
        ...{ at, from, to, line: lineOf(item), text: text.slice(from, to), uses: stringAt(uses), id: stringAt(id) },
        label: stringAt(name) ?? stringAt(uses) ?? `step ${at + 1}`,
        run: stringAt(step.run),
        runLine: run === undefined ? undefined : lineOf(run) + (isBlock ? 1 : 0),
        condition: stringAt(condition),
        shell: stringAt(step.shell) ?? shell,
        dir: stringAt(step['working-directory']) ?? stringAt(runs['working-directory']),
        ...{ env: recordAt(env), inputs: recordAt(inputs) },
      },
    ];
  });
  const strategy = entryOf(value, 'strategy');
  const range = strategy === undefined ? undefined : linesOfEntry(text, strategy);
  const [start, , end] = rangeOf(value);
  let frame = '';
  let seen = start;
  for (const [from, to] of [[first, ends.at(-1) ?? first] as const, ...(range === undefined ? [] : [range])].sort(
    (one, other) => one[0] - other[0],
  )) {
    frame += text.slice(seen, from);
    seen = to;
  }
  frame += text.slice(seen, end);
  return {
    ...{ name: keyText(key) ?? '', line: lineOf(key), steps, frame, outputs: recordAt(job.outputs) },
    ...{ needs: stringsAt(job.needs) ?? [], combinations: combinationsOf(mapAt(job.strategy).matrix) },
    env: { ...recordAt(whole.env), ...recordAt(job.env) },
    ...{ refusal: whole.refusal, from: whole.from, strategy: range, indent: /^ */.exec(text.slice(first))?.[0] ?? '' },
  };
}

const mostCombinations = 256;

/** The runs of a matrix, as GitHub's documentation combines lists, `exclude` and `include`; one without values where it can't be told. */
function combinationsOf(matrix: Plain | undefined): readonly StringMap[] {
  const { include = [], exclude = [], ...axes } = mapAt(matrix);
  const lists = [...Object.values(axes), include, exclude];
  if (Object.keys(mapAt(matrix)).length === 0 || !lists.every(Array.isArray)) return [{}];
  const isPart = (some: StringMap, whole: StringMap): boolean =>
    Object.entries(some).every(([name, one]) => whole[name] === one);
  const listed = (list: Plain): StringMap[] => (list as readonly Plain[]).map((one) => flat('', one));
  let made = Object.entries(axes).reduce<StringMap[]>(
    (all, [name, values]) =>
      all.flatMap((one) => (values as readonly Plain[]).map((value) => ({ ...one, ...flat(name, value) }))),
    Object.keys(axes).length === 0 ? [] : [{}],
  );
  made = made.filter((one) => !listed(exclude).some((out) => isPart(out, one)));
  const originals = made.map((one) => ({ ...one }));
  for (const more of listed(include)) {
    const fits = originals.map((one) =>
      Object.keys(more).every((name) => one[name] === undefined || one[name] === more[name]),
    );
    if (fits.some(Boolean)) made = made.map((one, at) => (fits[at] === true ? { ...one, ...more } : one));
    else made.push(more);
  }
  return made.length === 0 || made.length > mostCombinations ? [{}] : made;
}

/** `service: { name: api }` is asked for as `matrix.service.name`. */
function flat(name: string, value: Plain): StringMap {
  if (typeof value === 'string') return { [name]: value };
  return Object.assign(
    {},
    ...Object.entries(mapAt(value)).map(([key, one]) => flat(name === '' ? key : `${name}.${key}`, one)),
  );
}
