import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { planRun } from '../../../src/config/plan/run.ts';
import { type MigratedFile, migrateFile } from '../../../src/entry/migrate/migrate.ts';
import { replacedBySed } from '../../../src/entry/migrate/sed.ts';
import { imageName } from '../../../src/plan.ts';
import { source } from '../../image/images.ts';
import { tempDir } from '../../support/git-host.ts';

const tag = (more = '') => `image:\n  repository: ghcr.io/acme/shop\n  tag: "3f2c1d0"\n${more}`;
const deployment = (name: string) =>
  `kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: ${name}\n          image: ghcr.io/acme/${name}:3f2c1d0\n        - name: proxy\n          image: ghcr.io/acme/proxy:1.4\n`;

/** The files of the config repo, which is the app repo too. */
const files: Readonly<Record<string, string>> = {
  'apps/shop/deployment.yaml': deployment('shop'),
  'shop/deployment.yaml': deployment('shop'),
  'charts/shop/values.yaml': tag('sidecar:\n  image: x\n'),
  ...Object.fromEntries(['shop', 'prod', 'deploy', 'v'].map((dir) => [`${dir}/values.yaml`, tag()])),
  'values/prod.yaml': 'shop:\n  image:\n    tag: "3f2c1d0"\n',
  'main/values.yaml': 'front:\n  imageTag: "3f2c1d0"\n',
  'values.yaml': ['api', 'web', 'worker']
    .map((name) => `${name}:\n  tag: "3f2c1d0"\n  image:\n    tag: "3f2c1d0"\n`)
    .join(''),
  'overlays/prod/kustomization.yaml': 'images:\n  - name: shop\n    newTag: "3f2c1d0"\n',
};
const branches = ['production', 'branch_name', 'release'];

interface SimulatedStep {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly 'working-directory'?: string;
  readonly 'continue-on-error'?: boolean;
}

interface SimulatedJob {
  readonly needs?: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps: readonly SimulatedStep[];
}

/** What a workflow did: the references it pushed, the values of the config repo, its last commit's subject. */
export interface Deeds {
  readonly pushed: readonly string[];
  readonly contents: Readonly<Record<string, unknown>>;
  readonly subject: string | undefined;
}

/** A workflow with what migrate makes of it. */
export function migratedCase(name: string, workflow: string): readonly MigratedFile[] {
  const look = {
    replaced: (_: string, path: string, script: string, extended: boolean) =>
      files[path] === undefined ? 'unseen' : replacedBySed(path, files[path] ?? '', script, extended),
  };
  return migrateFile(`.github/workflows/${name}`, workflow, new Set(), { wholeCommits: false, look }).files;
}

/** The actions whose work a runner of ours can do, or that need do nothing. */
export const playedActions =
  /^(?:actions\/(?:checkout|setup-node|create-github-app-token)|aws-actions\/[\w-]+|docker\/(?:login|build-push|setup-\w+)-action|slackapi\/[\w-]+|tagboat\/tagboat|mikefarah\/yq|tj-actions\/changed-files|\.\/\.github\/actions\/build)(?:@|$)/;

/**
 * Runs a workflow: its own scripts, by bash with real git and sed (and yq, in `path`), and a docker that only notes.
 * Tagboat's step does what its config says: `configs` are the files beside the workflow.
 */
export async function runWorkflow(text: string, configs: readonly MigratedFile[], path = ''): Promise<Deeds> {
  const dir = await tempDir();
  const bare = join(dir, 'config.git');
  const home = {
    ...{ GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com', GIT_CONFIG_GLOBAL: join(dir, 'gitconfig') },
    ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com', GIT_CONFIG_NOSYSTEM: '1', HOME: dir },
    // The same commit in each run has the same id.
    ...{ GIT_AUTHOR_DATE: '2024-01-31T12:00:00Z', GIT_COMMITTER_DATE: '2024-01-31T12:00:00Z' },
  };
  const put = (file: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), content, { mode });
  };
  put('gitconfig', `[url "${bare}"]\n\tinsteadOf = https://x-access-token:acme@github.com/acme/config.git\n`);
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd, env: { ...process.env, ...home }, stdio: 'pipe' }).toString();
  for (const [file, content] of Object.entries(files)) put(`seed/${file}`, content);
  git(join(dir, 'seed'), 'init', '--quiet', '--initial-branch=main');
  git(join(dir, 'seed'), 'add', '--all');
  git(join(dir, 'seed'), 'commit', '--quiet', '--message', 'Before');
  git(dir, 'clone', '--quiet', '--bare', 'seed', bare);
  const work = join(dir, 'work');
  git(dir, 'clone', '--quiet', bare, 'work');
  const commit = git(work, 'rev-parse', 'HEAD').trim();
  for (const branch of branches) writeFileSync(join(bare, 'refs/heads', branch), `${commit}\n`);
  put(
    'bin/docker',
    `#!/bin/bash
case " $* " in
  " push "*) echo "\${@: -1}" ;;
  *" imagetools create "*) echo "$5" ;;
  *" --push "*) while [ $# -gt 0 ]; do [ "$1" = -t ] && echo "$2"; shift; done ;;
esac >> ${dir}/pushed\n`,
    0o755,
  );
  for (const program of ['argocd', 'curl', 'npm', 'chmod', 'kubectl', 'sudo', 'aws', 'version.sh'])
    put(`bin/${program}`, '#!/bin/sh\ncat </dev/null\n', 0o755);
  put('work/version.sh', '#!/bin/sh\necho 1.2.3\n', 0o755);

  const jobs = parse(text).jobs as Readonly<Record<string, SimulatedJob>>;
  const common = parse(text).env ?? {};
  const results = new Map<string, string>();
  const written: Record<string, string> = {};
  let subject: string | undefined;

  const runJob = (name: string, job: SimulatedJob, matrix: Readonly<Record<string, unknown>>): void => {
    const given: Record<string, string> = {};
    const value = (expression: string, env: Readonly<Record<string, string>>): string => {
      const [, context = '', rest = ''] = /^(\w+)\.(.+)$/.exec(expression) ?? [];
      const github: Readonly<Record<string, string>> = {
        ...{ sha: commit, ref: 'refs/heads/main', ref_name: 'main', repository: 'acme/shop', run_number: '7' },
        ...{ token: 'acme', actor: 'acme', repository_owner: 'acme' },
      };
      if (context === 'github') return github[rest] ?? '';
      if (context === 'env') return env[rest] ?? '';
      if (context === 'matrix') return String(matrix[rest] ?? '');
      if (context === 'secrets' || context === 'vars') {
        if (/ACCOUNT/.test(rest)) return '123456789012';
        return /ROLE/.test(rest) ? 'arn:aws:iam::123456789012:role/ci' : 'acme';
      }
      return results.get(`${name}/${expression}`) ?? results.get(expression) ?? '';
    };
    const filled = (one: unknown, env: Readonly<Record<string, string>>): string =>
      String(one).replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => value(expression, env));
    const holds = (condition: string | undefined): boolean => {
      const [, left, sign, right] =
        /^(?:\$\{\{\s*)?([\w.-]+)\s*([!=]=)\s*'([^']*)'(?:\s*\}\})?$/.exec(condition ?? '') ?? [];
      return left === undefined || (value(left, {}) === right) === (sign === '==');
    };
    for (const step of job.steps) {
      if (!holds(step.if)) continue;
      const own = Object.entries({ ...common, ...job.env, ...given, ...step.env });
      const env: Record<string, string> = {};
      for (const [key, one] of own) env[key] = filled(one, env);
      const inputs = Object.fromEntries(Object.entries(step.with ?? {}).map(([key, one]) => [key, filled(one, env)]));
      const action = step.uses?.split('@')[0];
      if (step.uses !== undefined && !playedActions.test(step.uses)) throw new Error(`${step.uses} can't be run here`);
      if (inputs.repository !== undefined && !existsSync(join(work, inputs.path ?? ''))) {
        git(work, 'clone', '--quiet', '--branch', inputs.ref ?? 'main', bare, inputs.path ?? '');
      }
      if (action === 'docker/build-push-action') {
        const tags = (inputs.tags ?? '').split(/[\n,]/).filter((one) => one.trim() !== '');
        writeFileSync(join(dir, 'pushed'), tags.map((one) => `${one.trim()}\n`).join(''), { flag: 'a' });
      }
      if (action === 'aws-actions/amazon-ecr-login')
        results.set(`${name}/steps.${step.id}.outputs.registry`, '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com');
      if (action === 'tj-actions/changed-files') results.set(`${name}/steps.${step.id}.outputs.any_changed`, 'true');
      if (action === 'tagboat/tagboat') {
        const file = inputs.config ?? 'tagboat.yaml';
        const config = configs.find((one) => one.file === file)?.after ?? '';
        tagboat(config, inputs.command ?? 'ship', { ...env, GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_NUMBER: '7' });
      }
      const script =
        action === 'mikefarah/yq' ? inputs.cmd : step.run === undefined ? undefined : filled(step.run, env);
      if (script === undefined) continue;
      for (const one of ['env', 'output']) put(one, '');
      const done = spawnSync('bash', ['-e', '-c', script], {
        cwd: join(work, step['working-directory'] ?? ''),
        env: {
          ...{ ...process.env, ...home, ...env, PATH: `${dir}/bin:${path}:${process.env.PATH}`, GITHUB_SHA: commit },
          ...{ GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_REPOSITORY: 'acme/shop' },
          ...{ GITHUB_ENV: join(dir, 'env'), GITHUB_OUTPUT: join(dir, 'output'), GITHUB_RUN_NUMBER: '7' },
        },
        encoding: 'utf8',
      });
      if (done.status !== 0 && step['continue-on-error'] !== true)
        throw new Error(`${step.run} ended with ${done.status}: ${done.stderr}`);
      results.set(`${name}/steps.${step.id}.outcome`, done.status === 0 ? 'success' : 'failure');
      for (const [key, one] of pairsIn(readFileSync(join(dir, 'env'), 'utf8'))) given[key] = one;
      for (const [key, one] of pairsIn(readFileSync(join(dir, 'output'), 'utf8')))
        results.set(`${name}/steps.${step.id}.outputs.${key}`, one);
    }
    for (const [key, one] of Object.entries(job.outputs ?? {}))
      results.set(`needs.${name}.outputs.${key}`, filled(one, given));
  };

  const tagboat = (text: string, command: string, env: Readonly<Record<string, string>>): void => {
    const config = parseConfig(text, 'tagboat.yaml', { ...env, GITHUB_SHA: commit, GITHUB_REF_NAME: 'main' });
    const plan = planRun(config, { ...source, commit }, { actions: true });
    if (command !== 'commit')
      writeFileSync(join(dir, 'pushed'), plan.images.map((one) => `${imageName(one)}\n`).join(''), { flag: 'a' });
    if (command === 'build') return;
    for (const { edits, message, branch } of plan.deliveries) {
      subject = message.split('\n')[0];
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const bytes = new TextEncoder().encode(git(bare, 'show', `${branch ?? 'main'}:${file}`));
        const ofFile = edits.filter((edit) => edit.file === file);
        written[file] = new TextDecoder().decode(editFile(file, bytes, ofFile).bytes);
      }
    }
  };

  for (const [name, job] of Object.entries(jobs)) for (const one of runsOf(job)) runJob(name, job, one);
  // The commit is on whichever branch has another one than the first.
  const refs = git(bare, 'for-each-ref', '--format=%(refname:short) %(objectname)', 'refs/heads').trim().split('\n');
  const [branch = 'main'] = refs.find((one) => !one.endsWith(commit))?.split(' ') ?? [];
  const last = git(bare, 'log', '-1', '--format=%s', branch).trim();
  mkdirSync(join(dir, 'end'));
  git(dir, `--git-dir=${bare}`, '--work-tree=end', 'checkout', '--quiet', '--force', branch, '--', '.');
  const pushed = existsSync(join(dir, 'pushed')) ? readFileSync(join(dir, 'pushed'), 'utf8').trim().split('\n') : [];
  return {
    pushed: [...new Set(pushed.map((one) => one.replace(/^docker\.io\//, '')))].sort(),
    subject: subject ?? (last === 'Before' ? undefined : last),
    contents: Object.fromEntries(
      Object.keys(files).map((file) => [file, parse(written[file] ?? readFileSync(join(dir, 'end', file), 'utf8'))]),
    ),
  };
}

function runsOf({ strategy }: SimulatedJob): Readonly<Record<string, unknown>>[] {
  const { include = [], ...lists } = strategy?.matrix ?? {};
  if (include.length > 0) return include as Readonly<Record<string, unknown>>[];
  const [[key, values] = ['', [{}]]] = Object.entries(lists);
  return values.map((one) => (key === '' ? {} : { [key]: one }));
}

/** `NAME=value` lines, and `NAME<<END` with lines to END. */
function pairsIn(text: string): [string, string][] {
  return [...text.matchAll(/^([\w-]+)(?:=(.*)|<<(\w+)\n([\s\S]*?)\n\3)$/gm)].map(([, key = '', value, , lines]) => [
    key,
    value ?? lines ?? '',
  ]);
}
