import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../src/config/config.ts';
import { migrateFile } from '../../../src/entry/migrate/migrate.ts';
import { replacedBySed } from '../../../src/entry/migrate/sed.ts';
import { isError } from '../../../src/errors.ts';

const folder = resolve(import.meta.dirname, 'workflows');
const cases = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
const unseen = 'only the file tells which values that changes';

/** The manifests and values files that the cases' `sed` lines are about. */
const configFiles: Readonly<Record<string, string>> = {
  'apps/shop/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  template:
    spec:
      containers:
        - name: shop
          image: ghcr.io/acme/shop:3f2c1d0 # set by CI
        - name: proxy
          image: ghcr.io/acme/proxy:1.4
`,
  'charts/shop/values.yaml': 'image:\n  repository: ghcr.io/acme/shop\n  tag: "3f2c1d0"\nsidecar:\n  image: x\n',
};

function migrated(name: string, wholeCommits = false) {
  const text = readFileSync(join(folder, name), 'utf8');
  const file = name.startsWith('gitlab') ? `.gitlab-ci.yml` : `.github/workflows/${name}`;
  const look = {
    replaced: (_: string, path: string, script: string, extended: boolean) => {
      const content = configFiles[path];
      return content === undefined ? unseen : replacedBySed(path, content, script, extended);
    },
  };
  return { text, ...migrateFile(file, text, new Set(), { wholeCommits, look }) };
}

/** A config as a run reads it, whatever its variables are. */
function read(text: string) {
  const env: Record<string, string> = {};
  for (;;) {
    try {
      return parseConfig(text, 'tagboat.yaml', env);
    } catch (error) {
      if (!isError(error, 'CONFIG_VARIABLE_UNSET')) throw error;
      const { name } = error.data;
      env[name] = /ACCOUNT/.test(name) ? '123456789012' : /REGISTRY$/.test(name) ? 'registry.example.com' : 'acme';
      if (/ROLE/.test(name)) env[name] = 'arn:aws:iam::123456789012:role/ci';
      if (name === 'GITHUB_REPOSITORY' || name === 'CI_PROJECT_PATH') env[name] = 'acme/shop';
      if (name === 'CI_SERVER_URL') env[name] = 'https://gitlab.com';
    }
  }
}

describe('workflows in the styles that people write them', () => {
  it.each(cases)('%s is migrated as its golden file says', async (name) => {
    const { files, findings } = migrated(name);
    const lines = findings.map(
      ({ is, line, step, text }) => `# ${is.padEnd(8)} ${line}: ${step === '' ? '' : `${step}: `}${text}`,
    );
    const parts = files.map(({ file, after }) => `\n#### ${file}\n${after}`);
    await expect(`${lines.join('\n')}\n${parts.join('')}`).toMatchFileSnapshot(`golden/${basename(name)}.txt`);
  });

  it.each(cases)('%s: what is written is a config and a workflow, and steps that stay are the same bytes', (name) => {
    const { text, files } = migrated(name);
    for (const { file, before, after } of files) {
      if (before === undefined) {
        const config = read(after);
        expect(config.images.length + config.deliveries.length).toBeGreaterThan(0);
        continue;
      }
      expect(() => parse(after, { logLevel: 'error' }), file).not.toThrow();
      expect(before).toBe(text);
      // A step that stays is the same value, and there is nothing but such steps and ours.
      const jobs = (one: string): Record<string, { steps?: Record<string, unknown>[] }> =>
        parse(one, { logLevel: 'error' }).jobs ?? {};
      for (const [job, { steps = [] }] of Object.entries(jobs(after))) {
        const old = (jobs(text)[job]?.steps ?? []).map((step) => JSON.stringify(step));
        const ours = steps.filter((step) => !old.includes(JSON.stringify(step)));
        for (const step of ours) {
          const isOurs =
            /^(?:tagboat\/tagboat|actions\/checkout)@/.test(String(step.uses)) || step.name === 'Move the other tags';
          expect(isOurs, JSON.stringify(step)).toBe(true);
        }
      }
    }
  });
});

it('the workflow of the example becomes what examples/after is', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const { files, findings } = migrated('by-hand-ecr.yml');
  const after = (path: string) => readFileSync(join(root, 'examples/after', path), 'utf8');
  expect(files.find(({ file }) => file === 'tagboat.yaml')?.after).toBe(after('tagboat.yaml'));
  const workflow = parse(files[0]?.after ?? '');
  const wanted = parse(after('.github/workflows/ship.yml'));
  expect(workflow.concurrency).toEqual(wanted.concurrency);
  expect(workflow.jobs.build.permissions).toEqual(wanted.jobs.ship.permissions);
  expect(workflow.jobs.build.steps.slice(1)).toEqual(wanted.jobs.ship.steps.slice(1));
  expect(findings.filter(({ is }) => is === 'left' || is === 'note')).toEqual([]);
});
