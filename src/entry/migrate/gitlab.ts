import { isMap, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { keyText, valueText } from '../../commit/edit/document.ts';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import { parseYaml } from '../../wire/yaml.ts';
import { decideJob } from './decide.ts';
import type { MigrateOptions, Migration } from './migrate.ts';
import type { ReadJob } from './read-job.ts';
import { programs } from './recognise/programs.ts';
import { runScript } from './shell/run.ts';
import { Unclear } from './shell/tree.ts';
import type { Job, Step } from './steps.ts';
import { told } from './tell.ts';
import { branchValue, commitValue, type RunText, variablesIn, variableValue } from './value.ts';
import { writeConfig } from './write/config-text.ts';
import { splicedText } from './write/rewrite-workflow.ts';

const given = (name: string): RunText => variableValue(name, name, true);

const predefined: Readonly<Record<string, RunText>> = {
  CI_COMMIT_SHA: commitValue,
  CI_COMMIT_BRANCH: branchValue,
  CI_COMMIT_REF_NAME: branchValue,
  CI_REGISTRY_IMAGE: `${given('CI_REGISTRY')}/${given('CI_PROJECT_PATH')}`,
};

/** A `.gitlab-ci.yml` with the jobs that deliver taken over, each whole or not at all. Pure. */
export function migratePipeline(
  file: string,
  text: string,
  taken: ReadonlySet<string>,
  options: MigrateOptions,
): Migration {
  const root = parseFile(file, text);
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const findings: Migration['findings'][number][] = [];
  const splices: Parameters<typeof splicedText>[1][number][] = [];
  const files: Migration['files'][number][] = [];
  const common = records(root, 'variables');
  for (const { key, value } of (root?.items ?? []) as Pair[]) {
    const script = isMap(value) ? find(value, 'script') : undefined;
    const name = keyText(key) ?? '';
    if (!isMap(value) || script === undefined || name.startsWith('.')) continue;
    const before = find(value, 'before_script');
    const lines = [...linesOf(before?.value), ...linesOf(script.value)];
    const line = lineOf((key as Node).range?.[0] ?? 0);
    const read = readScript(name, lines, line, { ...common, ...records(value, 'variables') }, options);
    const decision = decideJob(read, options.look);
    findings.push(...told(file, read, decision));
    if (decision.images.length + decision.deliveries.length === 0) continue;
    const config =
      ['tagboat.yaml', `tagboat.${name.replace(/\W+/g, '-')}.yaml`].find(
        (one) => !taken.has(one) && !files.some((made) => made.file === one),
      ) ?? `tagboat.${files.length}.yaml`;
    const branches = branchesOf(value);
    const own = `${given('CI_SERVER_URL')}/${given('CI_PROJECT_PATH')}`;
    const written = writeConfig({ ...decision, from: branches ?? ['**'], own });
    files.push({ file: config, before: undefined, after: written.text });
    for (const note of written.notes) findings.push({ file, line, job: name, step: '', is: 'note', text: note });
    splices.push(...spliceScript(text, value, { script, before }, { decision, config }));
  }
  const after = splicedText(text, splices);
  return { files: after === text ? [] : [{ file, before: text, after }, ...files], findings };
}

function parseFile(file: string, text: string): YAMLMap | undefined {
  const document = parseYaml(text, { depth: 64, documents: 4 })?.[0];
  const [error] = document?.errors ?? [];
  if (error !== undefined) {
    throw new TagboatError(
      'MIGRATE_FILE_INVALID',
      { file, why: error.message },
      { place: placeAt(file, text, error.pos[0], 'line') },
    );
  }
  return isMap(document?.contents) ? (document.contents as YAMLMap) : undefined;
}

function readScript(
  name: string,
  lines: readonly string[],
  line: number,
  variables: Readonly<Record<string, string>>,
  { wholeCommits }: MigrateOptions,
): ReadJob {
  const text = lines.join('\n');
  const step: Step = {
    ...{ at: 0, label: name, line, text, from: 0, to: 0, id: undefined, uses: undefined, run: text, runLine: line },
    ...{ condition: undefined, shell: undefined, dir: undefined, env: {}, inputs: {} },
  };
  const job: Job = {
    ...{ name, line, steps: [step], env: {}, outputs: {}, needs: [], dir: undefined },
    ...{ matrix: undefined, strategy: undefined, indent: '' },
  };
  const variable = (one: string): RunText => {
    const own = variables[one];
    if (own !== undefined)
      return own.replace(/\$\{?(\w+)\}?/g, (_, inner: string) => (inner === one ? '' : variable(inner)));
    return Object.hasOwn(predefined, one) ? (predefined[one] ?? '') : given(one);
  };
  const base = { job, outputs: {}, givers: new Map<string, number>() };
  try {
    const { found } = runScript(text, { dir: '', variable, recognisers: programs, plainBranches: false, wholeCommits });
    const others = found.find(({ fact }) => fact.is === 'stays' && !/CI_REGISTRY/.test(text));
    if (others !== undefined) throw new Unclear('a login to a registry that is not CI_REGISTRY, or a builder');
    // The login to the project's own registry is written anew, as Docker's config file has it.
    return {
      ...base,
      steps: [{ step, found: found.filter(({ fact }) => fact.is !== 'stays').map(({ fact }) => ({ fact, line })) }],
    };
  } catch (error) {
    if (!(error instanceof Unclear)) throw error;
    const delivers = /\bdocker\b|git\s+push|\byq\b|\bkustomize\b|\bargocd\b/.test(text);
    return { ...base, steps: [{ step, found: [], unclear: { why: error.why, line, delivers } }] };
  }
}

interface Found {
  readonly key: Node;
  readonly value: unknown;
}

function spliceScript(
  text: string,
  job: YAMLMap,
  { script, before }: { readonly script: Found; readonly before: Found | undefined },
  { decision, config }: { readonly decision: ReturnType<typeof decideJob>; readonly config: string },
) {
  const [from, to] = wholeLines(text, script);
  const indent = /^ */.exec(text.slice(from))?.[0] ?? '';
  const command = decision.deliveries.length === 0 ? 'build' : decision.images.length === 0 ? 'commit' : 'ship';
  const token = decision.deliveries.map((one) => one.token).find((one) => one !== undefined);
  const [variable] = token === undefined ? [] : [...token.matchAll(/\uE000variable\t(\w+)/g)].map(([, name]) => name);
  const named = token === undefined ? undefined : (variable ?? variablesIn(token)[0]?.name);
  const image = find(job, 'image');
  const hasLogin = /docker login/.test(text.slice(job.range?.[0] ?? 0, job.range?.[1] ?? 0));
  const lines = [
    ...(image === undefined ? ['image: node:22'] : []),
    ...(named === undefined || named === 'TAGBOAT_TOKEN' || find(job, 'variables') !== undefined
      ? []
      : ['variables:', `  TAGBOAT_TOKEN: $${named}`]),
    ...(hasLogin ? ['before_script:', '  - mkdir -p ~/.docker', `  - ${loginLine}`] : []),
    'script:',
    `  - npx --yes tagboat ${command}${config === 'tagboat.yaml' ? '' : ` --config ${config}`}`,
  ];
  const put = lines.map((line) => `${indent}${line}\n`).join('');
  const range = before === undefined ? undefined : wholeLines(text, before);
  const [start, end] = (image?.value as Node | undefined)?.range ?? [0, 0];
  return [
    { from, to, text: put },
    ...(range === undefined ? [] : [{ from: range[0], to: range[1], text: '' }]),
    ...(image === undefined ? [] : [{ from: start, to: end, text: 'node:22' }]),
  ];
}

const loginLine = `printf '{"auths":{"%s":{"auth":"%s"}}}' "$CI_REGISTRY" "$(printf '%s' "$CI_REGISTRY_USER:$CI_REGISTRY_PASSWORD" | base64 -w0)" > ~/.docker/config.json`;

function wholeLines(text: string, { key, value }: Found): readonly [number, number] {
  const from = text.lastIndexOf('\n', (key.range?.[0] ?? 0) - 1) + 1;
  const written = text.slice(0, (value as Node).range?.[1] ?? 0).trimEnd().length;
  const newline = text.indexOf('\n', written);
  return [from, newline < 0 ? text.length : newline + 1];
}

function find(map: YAMLMap, name: string): Found | undefined {
  const pair = (map.items as Pair[]).find(({ key }) => keyText(key) === name);
  return pair === undefined || pair.value === null ? undefined : { key: pair.key as Node, value: pair.value };
}

function linesOf(node: unknown): string[] {
  if (isSeq(node)) return node.items.flatMap(linesOf);
  const text = valueText(node);
  return text === undefined ? [] : [text];
}

function records(map: YAMLMap | undefined, name: string): Record<string, string> {
  const found = map === undefined ? undefined : find(map, name)?.value;
  if (!isMap(found)) return {};
  return Object.fromEntries(
    (found.items as Pair[]).map(({ key, value }) => [keyText(key) ?? '', valueText(value) ?? '']),
  );
}

/** Branches that a job's rules name; undefined where they don't say so plainly. */
function branchesOf(job: YAMLMap): string[] | undefined {
  const only = find(job, 'only')?.value;
  const listed = isSeq(only) ? linesOf(only).filter((one) => /^[\w./-]+$/.test(one)) : [];
  const rules = find(job, 'rules')?.value;
  const conditions = isSeq(rules)
    ? rules.items.flatMap((rule) => (isMap(rule) ? linesOf(find(rule, 'if')?.value) : []))
    : [];
  const named = conditions.flatMap((text) =>
    [...text.matchAll(/\$CI_COMMIT_BRANCH\s*==\s*["']([^"']+)["']/g)].map(([, branch = '']) => branch),
  );
  const all = [...listed, ...named];
  return all.length === 0 ? undefined : all;
}
