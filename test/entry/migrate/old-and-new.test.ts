import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { planRun } from '../../../src/config/plan/run.ts';
import { migrateFile } from '../../../src/entry/migrate/migrate.ts';
import { replacedBySed } from '../../../src/entry/migrate/sed.ts';
import { imageName } from '../../../src/plan.ts';
import { source } from '../../image/images.ts';
import { tempDir } from '../../support/git-host.ts';

const files: Readonly<Record<string, string>> = {
  'apps/shop/deployment.yaml': `kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: shop
          image: ghcr.io/acme/shop:3f2c1d0
        - name: proxy
          image: ghcr.io/acme/proxy:1.4
`,
  'charts/shop/values.yaml': 'image:\n  repository: ghcr.io/acme/shop\n  tag: "3f2c1d0"\nsidecar:\n  image: x\n',
};
const author = {
  ...{
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  },
  ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com' },
};

/** What the workflow did so far: its own scripts, run by bash with real git and sed, and a docker that only notes. */
async function oldWay(workflow: string) {
  const dir = await tempDir();
  const run = (program: string, args: string[], cwd: string) =>
    execFileSync(program, args, { cwd, env: { ...process.env, ...author }, stdio: 'pipe' }).toString();
  const seed = join(dir, 'seed');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(seed, path)), { recursive: true });
    writeFileSync(join(seed, path), text);
  }
  run('git', ['init', '--quiet', '--initial-branch=main'], seed);
  run('git', ['add', '--all'], seed);
  run('git', ['commit', '--quiet', '--message', 'Before'], seed);
  run('git', ['clone', '--quiet', '--bare', seed, join(dir, 'config.git')], dir);
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'bin/docker'), `#!/bin/sh\necho "$@" >> "${dir}/docker.log"\n`, { mode: 0o755 });
  const workspace = join(dir, 'work');
  mkdirSync(workspace);
  const envFile = join(dir, 'env');
  writeFileSync(envFile, '');
  const given: Record<string, string> = {};
  for (const step of parse(workflow).jobs.deploy.steps) {
    if (step.with?.path !== undefined)
      run('git', ['clone', '--quiet', join(dir, 'config.git'), step.with.path], workspace);
    if (step.run === undefined) continue;
    const script = step.run.replaceAll(/\$\{\{ github\.sha \}\}/g, source.commit);
    const env = {
      ...process.env,
      ...author,
      ...given,
      PATH: `${dir}/bin:${process.env.PATH}`,
      GITHUB_SHA: source.commit,
      GITHUB_ENV: envFile,
    };
    execFileSync('bash', ['-e', '-c', script], { cwd: workspace, env, stdio: 'pipe' });
    for (const line of readFileSync(envFile, 'utf8').split('\n')) {
      const [name = '', ...value] = line.split('=');
      if (name !== '') given[name] = value.join('=');
    }
  }
  const log = readFileSync(join(dir, 'docker.log'), 'utf8').split('\n');
  const git = (...args: string[]) => run('git', ['-C', join(dir, 'config.git'), ...args], dir);
  return {
    pushed: log.flatMap((line) => (line.startsWith('push ') ? [line.slice(5)] : [])),
    subject: git('log', '-1', '--format=%s', 'main').trim(),
    contents: Object.fromEntries(Object.keys(files).map((path) => [path, git('show', `main:${path}`)])),
  };
}

/** What Tagboat does by the config that was written. */
function newWay(name: string, workflow: string) {
  const look = {
    replaced: (_: string, path: string, script: string, extended: boolean) =>
      replacedBySed(path, files[path] ?? '', script, extended),
  };
  const done = migrateFile(name, workflow, new Set(), { wholeCommits: false, look });
  const config = parseConfig(done.files.find(({ file }) => file === 'tagboat.yaml')?.after ?? '', 'tagboat.yaml', {});
  const plan = planRun(config, source, { actions: true });
  const [delivery] = plan.deliveries;
  const contents = Object.entries(files).map(([path, text]) => {
    const edits = (delivery?.edits ?? []).filter(({ file }) => file === path);
    const { bytes } = editFile(path, new TextEncoder().encode(text), edits);
    return [path, new TextDecoder().decode(bytes)];
  });
  return {
    pushed: plan.images.map(imageName),
    subject: delivery?.message.split('\n')[0],
    contents: Object.fromEntries(contents),
  };
}

describe('a migrated workflow, run the old way and the new way,', () => {
  it.each([
    'twelve-digits.yml',
    'sed-tag.yml',
  ])('%s pushes the same tags and makes the same config commit', async (name) => {
    const workflow = readFileSync(resolve(import.meta.dirname, 'workflows', name), 'utf8');
    expect(newWay(name, workflow)).toEqual(await oldWay(workflow));
  });
});
