import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, type TestContext } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type Checker, cfnLint, clusterModule, goChecker } from '../../../scripts/checkers.mjs';
import { migrateFile } from '../../../src/entry/migrate/migrate.ts';
import { tempDir } from '../../support/git-host.ts';
import { appRepo, runInit } from './scene.ts';

const root = resolve(import.meta.dirname, '../../..');
const files = {
  'services/api/Dockerfile': 'FROM scratch\nCOPY x /\n',
  'services/api/x': 'x',
  'services/web-ui/Dockerfile': 'FROM scratch\nCOPY y /\n',
  'services/web-ui/y': 'y',
};
const aws = {
  account: '123456789012',
  region: 'eu-west-1',
  configRepo: 'acme/config',
  place: ['v.yaml:.tag'],
} as const;

/** A set-up as init writes it. */
async function written(options: Parameters<typeof runInit>[1], origin = 'https://github.com/acme/shop') {
  const dir = await appRepo(files, origin);
  expect((await runInit(dir, options)).errors).toEqual([]);
  return dir;
}

/** A checker's command, or the test is skipped by what is missing. */
function commandOf({ skip }: TestContext, { command, missing }: Checker): readonly [string, ...string[]] {
  if (command === undefined) skip(`install ${missing}`);
  return command as readonly [string, ...string[]];
}

/** What a checker says, and how it ends. */
function judged([program, ...first]: readonly [string, ...string[]], args: readonly string[], env = {}) {
  const done = spawnSync(program, [...first, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
  return { code: done.status, said: `${done.stdout}${done.stderr}`, stdout: done.stdout };
}

describe('what init and migrate write, judged by those whom it is for:', () => {
  it('actionlint has nothing to say of the workflows', { timeout: 300_000 }, async (context) => {
    const command = commandOf(context, await goChecker('actionlint'));
    const dirs = [
      await written({
        configRepo: 'acme/config',
        place: ['v.yaml:.tag'],
        application: 'shop',
        argocd: 'https://a.example.com',
      }),
      await written({ ...aws, with: ['aws'] }),
      await written({ registry: 'r.example.com' }),
    ];
    const workflows = [
      ...dirs.map((dir) => join(dir, '.github/workflows/ship.yml')),
      join(root, 'examples/after/.github/workflows/ship.yml'),
    ];
    expect(judged(command, ['-shellcheck=', '-pyflakes=', ...workflows])).toMatchObject({ code: 0, said: '' });
  });

  it('actionlint finds nothing in a migrated workflow that it did not find before', {
    timeout: 300_000,
  }, async (context) => {
    const command = commandOf(context, await goChecker('actionlint'));
    const folder = join(root, 'test/entry/migrate/workflows');
    const dir = await tempDir();
    const names = readdirSync(folder).filter((name) => !name.startsWith('gitlab'));
    for (const name of names) {
      const text = readFileSync(join(folder, name), 'utf8');
      const look = { replaced: () => 'nobody looks' };
      const done = migrateFile(`.github/workflows/${name}`, text, new Set(), { wholeCommits: false, look });
      writeFileSync(join(dir, name), text);
      writeFileSync(join(dir, `after-${name}`), done.files.find(({ before }) => before !== undefined)?.after ?? text);
    }
    const said = (files: string[]): string[] => {
      const options = ['-shellcheck=', '-pyflakes=', '-format', '{{json .}}'];
      const found = JSON.parse(judged(command, [...options, ...files.map((file) => join(dir, file))]).stdout);
      return found.map(
        (one: { filepath: string; message: string }) =>
          `${one.filepath.replace(/^.*\/(?:after-)?/, '')}: ${one.message}`,
      );
    };
    const before = said(names);
    expect(said(names.map((name) => `after-${name}`)).filter((one) => !before.includes(one))).toEqual([]);
  });

  it('cfn-lint has nothing to say of the CloudFormation template', { timeout: 300_000 }, async (context) => {
    const checker = await cfnLint();
    const command = commandOf(context, checker);
    const dir = await written({ ...aws, with: ['aws'], as: 'cloudformation' });
    expect(judged(command, [join(dir, 'aws/tagboat.cloudformation.yaml')], checker.env)).toMatchObject({
      code: 0,
      said: '',
    });
  });

  it('Terraform’s files are as terraform fmt has them, or else an HCL parser reads them', {
    timeout: 300_000,
  }, async (context) => {
    const dir = await written({ ...aws, with: ['aws'], as: 'terraform' });
    const file = join(dir, 'aws/tagboat.tf');
    if (spawnSync('terraform', ['version']).status === 0) {
      expect(judged(['terraform'], ['fmt', '-check', '-diff', file])).toMatchObject({ code: 0, stdout: '' });
    }
    const command = commandOf(context, await goChecker('yq'));
    const read = judged(command, ['-p', 'hcl', '-o', 'json', '.', file]);
    expect(JSON.parse(read.stdout).resource).toMatchObject({ aws_iam_role: { deliver: { name: 'tagboat' } } });
  });

  const argocd = clusterModule('github.com/argoproj/argo-cd/v3');
  const kubernetes = clusterModule('k8s.io/kubernetes');
  const fetched = (folder: string | undefined) =>
    folder === undefined ? ' [skipped: run npm run test:cluster, which fetches it]' : '';

  it.skipIf(argocd === undefined)(`Argo CD’s own schema takes the application${fetched(argocd)}`, async () => {
    const crd = parse(readFileSync(join(argocd ?? '', 'manifests/crds/application-crd.yaml'), 'utf8'));
    const judge = new Ajv({ strict: false, validateFormats: false }).compile(
      closed(crd.spec.versions[0].schema.openAPIV3Schema),
    );
    for (const layout of ['helm', 'kustomize'] as const) {
      const dir = await written({ with: ['config-repo'], layout });
      judge(parse(readFileSync(join(dir, 'config-repo/argocd/shop.yaml'), 'utf8')));
      expect(judge.errors).toBeNull();
    }
    judge({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: {}, spec: { sauce: {} } });
    expect(judge.errors).not.toBeNull();
  });

  it.skipIf(kubernetes === undefined)(
    `Kubernetes’ own schema takes the workloads${fetched(kubernetes)}`,
    async (context) => {
      const document = readFileSync(join(kubernetes ?? '', 'api/openapi-spec/v3/apis__apps__v1_openapi.json'), 'utf8');
      const { components } = JSON.parse(document);
      const schemas = Object.fromEntries(Object.entries(components.schemas).map(([name, one]) => [name, closed(one)]));
      const $ref = '#/components/schemas/io.k8s.api.apps.v1.Deployment';
      const judge = new Ajv({ strict: false, validateFormats: false }).compile({ $ref, components: { schemas } });
      const kustomize = await written({ with: ['config-repo'], layout: 'kustomize' });
      for (const name of ['api', 'web-ui']) {
        judge(parse(readFileSync(join(kustomize, `config-repo/apps/shop/${name}.yaml`), 'utf8')));
        expect(judge.errors).toBeNull();
      }
      const cluster = join(root, '.cache/cluster');
      const helm = (existsSync(cluster) ? readdirSync(cluster) : [])
        .map((one) => join(cluster, one, 'helm'))
        .find(existsSync);
      if (helm === undefined) context.skip('the chart is not rendered: run npm run test:cluster, which builds Helm');
      const chart = await written({ with: ['config-repo'], layout: 'helm' });
      const rendered = execFileSync(helm ?? '', ['template', join(chart, 'config-repo/apps/shop')], {
        encoding: 'utf8',
      });
      const documents = parseAllDocuments(rendered).map((one) => one.toJS());
      expect(documents.map(({ metadata }) => metadata.name).sort()).toEqual(['api', 'web-ui']);
      for (const one of documents) {
        judge(one);
        expect(judge.errors).toBeNull();
      }
      judge({ ...documents[0], spec: { ...documents[0].spec, replica: 1 } });
      expect(judge.errors).not.toBeNull();
    },
  );
});

/** A schema in which a key that it doesn't name is a fault, as the API server's strict validation has it. */
function closed(schema: unknown): Record<string, unknown> {
  const read = JSON.parse(JSON.stringify(schema), (_, value) => {
    const isOpen =
      value?.additionalProperties !== undefined || value?.['x-kubernetes-preserve-unknown-fields'] === true;
    const isObject =
      typeof value?.properties === 'object' && !Array.isArray(value.properties) && value.properties.$ref === undefined;
    return isObject && !isOpen && value.type === 'object' ? { ...value, additionalProperties: false } : value;
  });
  return read as Record<string, unknown>;
}
