import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import type { Place } from '../../errors.ts';

/** A job of a workflow that runs Tagboat, whatever for. */
export interface DeliveringJob {
  readonly file: string;
  readonly name: string;
  /** The job's own rights, or else its workflow's; undefined where neither says anything. */
  readonly permissions: ReadonlyMap<string, string> | 'read-all' | 'write-all' | undefined;
  readonly events: readonly string[];
  /** What Tagboat does in it: `ship`, `plan`. */
  readonly commands: readonly string[];
  /** The texts of `if:` that its deliveries hang on, the job's and those of its steps. */
  readonly conditions: string;
  readonly steps: readonly WorkflowStep[];
  readonly place: Place;
  /** Where `permissions:` may be put, and with which indentation; what is there already is kept. */
  readonly insert: PermissionsSpot;
}

/** How a job is given rights by an edit of its text. */
export interface PermissionsSpot {
  readonly offset: number;
  readonly indent: string;
  /** There is a map of rights in the job, one a line, and this is inside of it. */
  readonly inside: boolean;
  /** Nothing of this kind can be edited safely. */
  readonly closed: boolean;
}

export interface WorkflowStep {
  readonly commands: readonly string[];
  readonly condition: string;
  readonly uses: string | undefined;
  readonly run: string | undefined;
  readonly place: Place;
}

const folder = '.github/workflows';
const ran =
  /(?:^|[\s;&|])(?:npx\s+(?:--yes\s+)?)?tagboat(?:@[\w.-]+)?\s+(ship|build|commit|plan|wait|promote|rollback)\b/gm;

/** Whether these are for whoever merges: they push images or a config commit by the app repo's commit. */
export function delivers(commands: readonly string[]): boolean {
  return commands.some((command) => ['ship', 'build', 'commit'].includes(command));
}

/** Tagboat's commands in a script. */
export function commandsIn(script: string): string[] {
  return [...script.matchAll(ran)].map(([, command = '']) => command);
}

/** The workflows of an app repo, as far as they deliver. */
export interface Workflows {
  readonly jobs: readonly DeliveringJob[];
  /** Files that name Tagboat and are no YAML, each by its first mistake. */
  readonly broken: readonly { readonly place: Place; readonly why: string }[];
}

/** Every job below `.github/workflows` that delivers with Tagboat. */
export async function readWorkflows(dir: string): Promise<Workflows> {
  const names = await readdir(join(dir, folder)).catch(() => []);
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  const found = await Promise.all(
    files.map(async (name) => workflowIn(`${folder}/${name}`, await readFile(join(dir, folder, name), 'utf8'))),
  );
  return { jobs: found.flatMap(({ jobs }) => jobs), broken: found.flatMap(({ broken }) => broken) };
}

/** The delivering jobs of one workflow's text. Pure. */
function workflowIn(file: string, text: string): Workflows {
  const { contents, errors } = parseDocument(text, { strict: false });
  const [error] = errors;
  if (error !== undefined) {
    const broken = { place: placeAt(file, text, error.pos[0], 'line'), why: error.message.split('\n')[0] ?? '' };
    return { jobs: [], broken: text.includes('tagboat') ? [broken] : [] };
  }
  return { jobs: isMap(contents) ? jobsOf(file, text, contents) : [], broken: [] };
}

function jobsOf(file: string, text: string, contents: YAMLMap): DeliveringJob[] {
  const place = (node: Node | undefined): Place => placeAt(file, text, node?.range?.[0] ?? 0, 'line');
  const jobs = mapAt(contents, 'jobs');
  const shared = permissionsIn(contents);
  return (jobs?.items ?? []).flatMap(({ key, value }): DeliveringJob[] => {
    if (!isMap(value) || !isScalar(key)) return [];
    const list = value.get('steps', true);
    const steps = (isSeq(list) ? list.items : []).filter(isMap).map((step): WorkflowStep => {
      const [uses, run] = [textAt(step, 'uses'), textAt(step, 'run')];
      const node = (step.get(uses === undefined ? 'run' : 'uses', true) ?? step) as Node;
      const given = mapAt(step, 'with');
      const action = /^tagboat\/tagboat@/.test(uses ?? '') ? [(given && textAt(given, 'command')) ?? 'ship'] : [];
      const commands = [...action, ...commandsIn(run ?? '')].map((one) => (one.includes('${{') ? 'ship' : one));
      return { uses, run, commands, condition: String(step.get('if') ?? ''), place: place(node) };
    });
    const ours = steps.filter(({ commands }) => commands.length > 0);
    if (ours.length === 0) return [];
    const commands = ours.flatMap((step) => step.commands);
    const conditions = [String(value.get('if') ?? ''), ...ours.map(({ condition }) => condition)].join('\n');
    const events = eventsIn(contents);
    const spot = spotIn(text, value);
    const permissions = permissionsIn(value) ?? shared;
    const about = { file, name: String(key.value), permissions, events, commands, conditions, steps };
    return [{ ...about, place: place(key as Node), insert: spot }];
  });
}

function permissionsIn(map: YAMLMap): DeliveringJob['permissions'] {
  const found = map.get('permissions', true) as Node | undefined;
  if (isScalar(found)) return found.value === 'write-all' || found.value === 'read-all' ? found.value : undefined;
  if (!isMap(found)) return undefined;
  return new Map(found.items.map(({ key, value }) => [String(key), String(value)]));
}

function eventsIn(root: YAMLMap): string[] {
  const on = root.get('on', true) as Node | undefined;
  if (isScalar(on)) return [String(on.value)];
  if (isSeq(on)) return on.items.map(String);
  return isMap(on) ? on.items.map(({ key }) => String(key)) : [];
}

function spotIn(text: string, job: YAMLMap): PermissionsSpot {
  const own = job.get('permissions', true) as Node | undefined;
  const map = isMap(own) ? own : job;
  const start = (map.items[0]?.key as Node | undefined)?.range?.[0];
  const line = start === undefined ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  const indent = start === undefined ? '' : text.slice(line, start);
  const closed = start === undefined || map.flow === true || !/^ +$/.test(indent) || (own !== undefined && !isMap(own));
  return { offset: line, indent, inside: isMap(own), closed };
}

function mapAt(map: YAMLMap, key: string): YAMLMap | undefined {
  const found = map.get(key, true);
  return isMap(found) ? found : undefined;
}

function textAt(map: YAMLMap, key: string): string | undefined {
  const found = map.get(key);
  return typeof found === 'string' ? found : undefined;
}
