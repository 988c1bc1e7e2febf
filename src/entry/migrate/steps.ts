import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import { parseYaml } from '../../wire/yaml.ts';

/** One step of a job, and where it stands. */
export interface Step {
  readonly at: number;
  readonly label: string;
  readonly line: number;
  /** All of its bytes, its lines' ends included. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly id: string | undefined;
  readonly uses: string | undefined;
  readonly run: string | undefined;
  /** The line of the script's first line. */
  readonly runLine: number;
  readonly condition: string | undefined;
  readonly shell: string | undefined;
  readonly dir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Job {
  readonly name: string;
  readonly line: number;
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly needs: readonly string[];
  readonly dir: string | undefined;
  readonly matrix: Readonly<Record<string, readonly string[]>> | undefined;
  /** The bytes of the key `strategy`, where there is one. */
  readonly strategy: readonly [from: number, to: number] | undefined;
  /** The spaces before each step's dash. */
  readonly indent: string;
}

/** A GitHub workflow with the places of its steps. */
export interface Workflow {
  readonly text: string;
  readonly events: readonly string[];
  /** Branches or patterns of `on.push`; undefined where it has none. */
  readonly branches: readonly string[] | undefined;
  readonly tagsOnly: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: readonly Job[];
  readonly hasConcurrency: boolean;
  /** Where the key `jobs` begins. */
  readonly jobsAt: number;
}

/** Reads a workflow's text. Throws MIGRATE_FILE_INVALID; undefined when it has no jobs with steps. */
export function readWorkflow(file: string, text: string): Workflow | undefined {
  const document = parseYaml(text, { depth: 64, documents: 4 })?.[0];
  const [error] = document?.errors ?? [];
  if (error !== undefined) {
    const place = placeAt(file, text, error.pos[0], 'line');
    throw new TagboatError('MIGRATE_FILE_INVALID', { file, why: error.message }, { place });
  }
  const root = document?.contents;
  if (!isMap(root)) return undefined;
  const jobs = get(root, 'jobs');
  if (!isMap(jobs)) return undefined;
  const on = get(root, 'on');
  const push = isMap(on) ? get(on, 'push') : undefined;
  const branches = isMap(push) ? textsOf(get(push, 'branches')) : undefined;
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const read = (jobs.items as Pair[]).flatMap(({ key, value }): Job[] => {
    const list = isMap(value) ? get(value, 'steps') : undefined;
    if (!isMap(value) || !isSeq(list) || list.flow === true) return [];
    const first = lineStart(text, (list.items[0] as Node | undefined)?.range?.[0] ?? 0);
    // What stands above a step, comments and blank lines, is its own.
    const ends = list.items.map((item) => endOf(text, item as Node));
    const steps = list.items.flatMap((item, at) =>
      isMap(item) ? [stepOf(text, item, { at, from: ends[at - 1] ?? first, to: ends[at] ?? first, lineOf })] : [],
    );
    const strategy = get(value, 'strategy');
    const matrix = isMap(strategy) ? get(strategy, 'matrix') : undefined;
    const defaults = get(value, 'defaults');
    const run = isMap(defaults) ? get(defaults, 'run') : undefined;
    return [
      {
        name: textOf(key) ?? '',
        line: lineOf((key as Node).range?.[0] ?? 0),
        steps,
        env: recordOf(get(value, 'env')),
        outputs: recordOf(get(value, 'outputs')),
        needs: textsOf(get(value, 'needs')) ?? [],
        dir: isMap(run) ? textOf(get(run, 'working-directory')) : undefined,
        matrix: matrix === undefined ? undefined : matrixOf(matrix),
        indent: /^ */.exec(text.slice(first))?.[0] ?? '',
        strategy: strategy === undefined ? undefined : rangeOfKey(text, value, 'strategy'),
      },
    ];
  });
  const jobsKey = (root.items as Pair[]).find(({ key }) => textOf(key) === 'jobs')?.key as Node | undefined;
  return {
    text,
    events: isMap(on) ? (on.items as Pair[]).map(({ key }) => textOf(key) ?? '') : (textsOf(on) ?? []),
    branches,
    tagsOnly: isMap(push) && get(push, 'tags') !== undefined && branches === undefined,
    env: recordOf(get(root, 'env')),
    jobs: read,
    hasConcurrency: get(root, 'concurrency') !== undefined,
    jobsAt: jobsKey?.range?.[0] ?? 0,
  };
}

interface Spot {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly lineOf: (offset: number) => number;
}

function stepOf(text: string, item: YAMLMap, { at, from, to, lineOf }: Spot): Step {
  const run = get(item, 'run');
  const uses = textOf(get(item, 'uses'));
  const line = lineOf(item.range?.[0] ?? 0);
  const isBlock = isScalar(run) && run.type?.startsWith('BLOCK') === true;
  const name = textOf(get(item, 'name'));
  return {
    ...{ at, line, from, to, text: text.slice(from, to), uses },
    label: name ?? uses ?? `step ${at + 1}`,
    id: textOf(get(item, 'id')),
    run: textOf(run),
    runLine: run === undefined ? line : lineOf((run as Node).range?.[0] ?? 0) + (isBlock ? 1 : 0),
    condition: textOf(get(item, 'if')),
    shell: textOf(get(item, 'shell')),
    dir: textOf(get(item, 'working-directory')),
    env: recordOf(get(item, 'env')),
    inputs: recordOf(get(item, 'with')),
  };
}

/** Lists of texts are all that is understood of a matrix. */
function matrixOf(node: unknown): Readonly<Record<string, readonly string[]>> | undefined {
  if (!isMap(node)) return {};
  const lists = (node.items as Pair[]).map(({ key, value }) => [textOf(key) ?? '', textsOf(value)] as const);
  return lists.every(([, list]) => list !== undefined) ? (Object.fromEntries(lists) as Record<string, string[]>) : {};
}

/** What a map's key holds. */
function get(map: YAMLMap, name: string): unknown {
  const found = (map.items as Pair[]).find(({ key }) => textOf(key) === name);
  return found?.value ?? undefined;
}

function textOf(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return node.type === 'PLAIN' && typeof node.source === 'string' ? node.source : String(node.value);
}

function textsOf(node: unknown): string[] | undefined {
  if (isScalar(node)) return [textOf(node) ?? ''];
  if (!isSeq(node)) return undefined;
  const texts = node.items.map(textOf);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function recordOf(node: unknown): Record<string, string> {
  if (!isMap(node)) return {};
  return Object.fromEntries((node.items as Pair[]).map(({ key, value }) => [textOf(key) ?? '', textOf(value) ?? '']));
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The end of the last line that the node takes up: blank lines and comments below it are not its own. */
function endOf(text: string, node: Node): number {
  const from = node.range?.[0] ?? 0;
  const written = from + text.slice(from, node.range?.[1] ?? 0).trimEnd().length;
  const newline = text.indexOf('\n', Math.max(written, from));
  return newline < 0 ? text.length : newline + 1;
}

function rangeOfKey(text: string, map: YAMLMap, name: string): readonly [number, number] {
  const pair = (map.items as Pair[]).find(({ key }) => textOf(key) === name);
  return [lineStart(text, (pair?.key as Node).range?.[0] ?? 0), endOf(text, pair?.value as Node)];
}
