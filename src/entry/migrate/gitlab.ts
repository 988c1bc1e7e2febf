import { isMap, type Pair, type YAMLMap } from 'yaml';
import { keyText, rangeOf } from '../../commit/edit/document.ts';
import type { Takeover } from './decide.ts';
import {
  type ByteSplice,
  entryOf,
  type Job,
  linesOfEntry,
  mapAt,
  type Pipeline,
  type Plain,
  readPipelineFile,
  recordAt,
  stringsAt,
} from './pipeline.ts';
import { branchValue, commitValue, type RunText, variablesIn, variableValue } from './value.ts';
import type { TagboatCommand } from './write/github-step.ts';

interface GitLabJob extends Job {
  readonly node: YAMLMap;
  /** Whether it has lines before its script that stand elsewhere. */
  readonly isPrepared: boolean;
}

const given = (name: string): RunText => variableValue(name, name, true);

const predefined: Readonly<Record<string, RunText>> = {
  CI_COMMIT_SHA: commitValue,
  CI_PROJECT_DIR: '/github/workspace',
  CI_COMMIT_BRANCH: branchValue,
  CI_COMMIT_REF_NAME: branchValue,
  CI_REGISTRY_IMAGE: `${given('CI_REGISTRY')}/${given('CI_PROJECT_PATH')}`,
};

/** Keys of the file that are no jobs. */
const keywords = [
  'stages',
  'variables',
  'include',
  'default',
  'workflow',
  'image',
  'services',
  'cache',
  'before_script',
];

/** A `.gitlab-ci.yml`; each of its jobs is one script. Throws MIGRATE_FILE_INVALID; undefined where it is no map. */
export function readGitLab(
  file: string,
  text: string,
): (Pipeline & { readonly jobs: readonly GitLabJob[] }) | undefined {
  const { root, plain, lineOf } = readPipelineFile(file, text);
  if (root === undefined) return undefined;
  const all = mapAt(plain(root));
  const unread: Pipeline['unread'][number][] = [];
  const include = entryOf(root, 'include');
  if (include !== undefined)
    unread.push({ line: lineOf(include.key), job: '', why: 'jobs of the files that it includes are not read' });
  const before = all.before_script ?? mapAt(all.default).before_script;
  const jobs: GitLabJob[] = [];
  for (const { key, value } of root.items as Pair[]) {
    const name = keyText(key) ?? '';
    if (!isMap(value) || name.startsWith('.') || keywords.includes(name)) continue;
    const { job, missing } = extended(all, name);
    const line = lineOf(key);
    const script = [...linesIn(job.before_script ?? before), ...linesIn(job.script)].join('\n');
    const [from, , to] = rangeOf(value);
    const refusal =
      missing !== undefined
        ? `it extends ${missing}, which is not in this file`
        : value.flow === true
          ? 'it is written in braces'
          : entryOf(value as YAMLMap, 'script') === undefined
            ? 'its script stands in what it extends'
            : job.parallel !== undefined
              ? 'it runs several times at once (parallel)'
              : whyNoBranch(job);
    const step = { at: 0, label: name, line, from, to, text: `${text.slice(from, to)}\n${script}`, run: script };
    jobs.push({
      ...{ name, line, node: value as YAMLMap, outputs: {}, needs: [], combinations: [{}], frame: '', refusal },
      steps: [{ ...step, env: {}, inputs: {} }],
      env: { ...recordAt(all.variables), ...recordAt(job.variables) },
      from: branchesOf(job),
      isPrepared: (job.before_script ?? before) !== undefined && mapAt(all[name]).before_script === undefined,
    });
  }
  return {
    ...{ text, jobs, unread, script: (one: string) => one },
    own: `${given('CI_SERVER_URL')}/${given('CI_PROJECT_PATH')}`,
    evaluate: (one, { env }) => one.replace(/\$\{?(\w+)\}?/g, (_, name: string) => env(name)),
    given: (name) => (Object.hasOwn(predefined, name) ? (predefined[name] ?? '') : given(name)),
    // The login to the project's own registry is written anew, as Docker's config file has it.
    concerning: (found) => found.filter(({ fact }) => fact.is !== 'stays' || fact.host !== given('CI_REGISTRY')),
  };
}

/** A job with what it extends, as GitLab merges it: maps key by key, all else as the last one says. */
function extended(
  all: Readonly<Record<string, Plain>>,
  name: string,
  depth = 0,
): { readonly job: Readonly<Record<string, Plain>>; readonly missing?: string } {
  const own = mapAt(all[name]);
  let job: Record<string, Plain> = {};
  for (const base of stringsAt(own.extends) ?? []) {
    if (all[base] === undefined || depth > 10) return { job: own, missing: base };
    const above = extended(all, base, depth + 1);
    if (above.missing !== undefined) return above;
    job = merged(job, above.job);
  }
  return { job: merged(job, own) };
}

function merged(one: Readonly<Record<string, Plain>>, other: Readonly<Record<string, Plain>>): Record<string, Plain> {
  const done: Record<string, Plain> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = done[name];
    const both = typeof value === 'object' && !Array.isArray(value) && before !== undefined;
    done[name] = both ? merged(mapAt(before), mapAt(value)) : value;
  }
  return done;
}

function linesIn(plain: Plain | undefined): string[] {
  if (plain === undefined || plain === '') return [];
  return typeof plain === 'string' ? [plain] : Array.isArray(plain) ? plain.flatMap(linesIn) : [];
}

const conditionsOf = (job: Readonly<Record<string, Plain>>) =>
  Array.isArray(job.rules) ? (job.rules as readonly Plain[]).map((rule) => recordAt(rule)) : [];

function whyNoBranch(job: Readonly<Record<string, Plain>>): string | undefined {
  const only = stringsAt(job.only) ?? stringsAt(mapAt(job.only).refs) ?? [];
  const ifs = conditionsOf(job).filter(({ when }) => when !== 'never');
  const isTag = (text: string): boolean => text === 'tags' || /^\$CI_COMMIT_TAG\b/.test(text);
  return [...only, ...ifs.map((rule) => rule.if ?? '')].some(isTag)
    ? 'it runs on tags, and Tagboat delivers branches'
    : undefined;
}

/** Branches that a job's rules name; any where they don't say so plainly, since the rules themselves stay. */
function branchesOf(job: Readonly<Record<string, Plain>>): readonly string[] {
  const only = stringsAt(job.only);
  const isBranch = (one: string): boolean =>
    /^[\w./-]+$/.test(one) &&
    !/^(?:branches|merge_requests|web|api|schedules|pushes|triggers|pipelines|external|chat)$/.test(one);
  if (only !== undefined && only.length > 0 && only.every(isBranch)) return only;
  const named = conditionsOf(job).map(({ if: text = '', when }) =>
    when === 'never' ? undefined : /^\$CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*["']([^"']+)["']$/.exec(text)?.[1],
  );
  return named.length > 0 && named.every((one) => one !== undefined) ? (named as string[]) : ['**'];
}

/** The splices that give a job Tagboat's script. */
export function spliceGitLab(
  text: string,
  job: GitLabJob,
  decision: Takeover,
  command: TagboatCommand,
  config: string,
): ByteSplice[] {
  const { node } = job;
  const script = entryOf(node, 'script');
  if (script === undefined) return [];
  const before = entryOf(node, 'before_script');
  const image = entryOf(node, 'image');
  const [from, to] = linesOfEntry(text, script);
  const indent = /^ */.exec(text.slice(from))?.[0] ?? '';
  const token = decision.deliveries.map((one) => one.token).find((one) => one !== undefined) ?? '';
  const named = /\uE000variable\t(\w+)/.exec(token)?.[1] ?? variablesIn(token)[0]?.name;
  const hasLogin = /docker login/.test(job.steps[0]?.run ?? '');
  const needsToken = named !== undefined && named !== 'TAGBOAT_TOKEN';
  const variables = entryOf(node, 'variables');
  const lines = [
    ...(image === undefined ? ['image: node:22'] : []),
    ...(needsToken && variables === undefined ? ['variables:', `  TAGBOAT_TOKEN: $${named}`] : []),
    ...(job.isPrepared && !hasLogin ? ['before_script: []'] : []),
    ...(hasLogin ? ['before_script:', '  - mkdir -p ~/.docker', `  - ${loginLine}`] : []),
    'script:',
    ...(needsToken && variables !== undefined ? [`  - export TAGBOAT_TOKEN="$${named}"`] : []),
    `  - npx --yes tagboat ${command}${config === 'tagboat.yaml' ? '' : ` --config ${config}`}`,
  ];
  const gone = before === undefined ? undefined : linesOfEntry(text, before);
  const old = image === undefined ? undefined : linesOfEntry(text, image);
  return [
    { from, to, text: lines.map((line) => `${indent}${line}\n`).join('') },
    ...(gone === undefined ? [] : [{ from: gone[0], to: gone[1], text: '' }]),
    ...(old === undefined ? [] : [{ from: old[0], to: old[1], text: `${indent}image: node:22\n` }]),
  ];
}

/** Docker's config file for the project's own registry. */
const loginLine = `printf '{"auths":{"%s":{"auth":"%s"}}}' "$CI_REGISTRY" "$(printf '%s' "$CI_REGISTRY_USER:$CI_REGISTRY_PASSWORD" | base64 -w0)" > ~/.docker/config.json`;
