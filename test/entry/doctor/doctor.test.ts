import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DoctorOptions, doctor } from '../../../src/entry/doctor/doctor.ts';
import { town } from '../../support/cli.ts';
import { git, gitHost, noHttpBackend, tempDir } from '../../support/git-host.ts';
import { type HereOptions, type HereResult, here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const run = (cwd: string, options: DoctorOptions = {}, more: HereOptions = {}) =>
  here(doctor(common, options), { command: 'doctor', cwd, ...more });
const codes = ({ events }: HereResult) => events.flatMap((event) => (event.type === 'finding' ? [event.code] : []));

const schemaLine =
  '# yaml-language-server: $schema=https://raw.githubusercontent.com/tagboat/tagboat/v1/tagboat.schema.json\n';
const config = `${schemaLine}registry: 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com
aws: { role: "arn:aws:iam::123456789012:role/deliver" }
images: { app: { repository: shop/app } }
deliveries:
  main: { from: main, repo: acme/config, set: { main/values.yaml: { .front.imageTag: "{tag}" } } }
`;
const workflow = `on:
  push:
    branches: [main]
jobs:
  deliver:
    runs-on: ubuntu-latest
    permissions:
      id-token: write
      contents: read
    steps:
      - uses: actions/checkout@v4
      - uses: tagboat/tagboat@v1
`;
const right = {
  'tagboat.yaml': config,
  '.github/workflows/deliver.yml': workflow,
  Dockerfile: 'FROM scratch\nCOPY app /app\n',
  app: 'x',
};

async function repoOf(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await tempDir();
  for (const [name, text] of Object.entries({ ...right, ...files })) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'add', '--all');
  await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
  return dir;
}

const application = (path: string, revision: string, generatePaths: string, valueFiles = '[]') => `kind: Application
metadata:
  name: shop
  annotations: { argocd.argoproj.io/manifest-generate-paths: "${generatePaths}" }
spec:
  source: { repoURL: "https://git.example.com/config.git", path: ${path}, targetRevision: ${revision}, helm: { valueFiles: ${valueFiles} } }
`;
/** A chart of the repository with a values file that a second source lends. */
const lending = (generatePaths: string) => `kind: Application
metadata:
  name: shop
  annotations: { argocd.argoproj.io/manifest-generate-paths: "${generatePaths}" }
spec:
  sources:
    - { repoURL: "https://git.example.com/config.git", path: main, helm: { valueFiles: [$values/env/values-prod.yaml] } }
    - { repoURL: "https://git.example.com/config.git", ref: values }
`;
const inWorkflow = (from: string, to: string) => ({ '.github/workflows/deliver.yml': workflow.replace(from, to) });
const inWorkflowOnPulls = (from: string, to: string) => ({
  '.github/workflows/deliver.yml': workflow.replace('on:\n', 'on:\n  pull_request:\n').replace(from, to),
});
const inConfig = (from: string, to: string) => ({ 'tagboat.yaml': config.replace(from, to) });

describe('tagboat doctor without asking anybody', () => {
  it('finds nothing in a right set-up', async () => {
    const found = await run(await repoOf({}), { offline: true });
    expect([found.exitCode, codes(found)]).toEqual([0, []]);
  });

  const second = (text: string) => ({ '.github/workflows/other.yml': text });
  const planning = workflow
    .replace(/on:\n.*\n.*\n/, 'on: { pull_request: {} }\n')
    .replace('      id-token: write\n', '')
    .replace('tagboat@v1', 'tagboat@v1\n        with: { command: plan }');
  // biome-ignore format: a table
  it.each<[string, Readonly<Record<string, string>>]>([
    ['the plan on pull requests', second(planning)],
    ['the plan by the command line', second(planning.replace(/uses: tagboat.*\n.*\n/, 'run: npx tagboat plan\n'))],
    ['a job that delivers on a push alone', inWorkflowOnPulls("    runs-on", "    if: github.event_name == 'push'\n    runs-on")],
    ['a step that delivers on main alone', inWorkflowOnPulls('- uses: tagboat', "- if: github.ref == 'refs/heads/main'\n        uses: tagboat")],
    ['a workflow that others call', second(workflow.replace(/on:\n.*\n.*\n/, 'on: workflow_call\n').replace(/ {4}permissions:\n.*\n.*\n/, ''))],
    ['a job that only waits', second(workflow.replace('      id-token: write\n', '').replace('tagboat@v1', 'tagboat@v1\n        with: { command: wait, application: shop }'))],
    ['another workflow that is broken', second('on: [push\n')],
    ['actions by commits, in folders and images', inWorkflow('actions/checkout@v4', `someone/x@${'a'.repeat(40)} # v4\n      - uses: ./mine\n      - uses: docker://alpine`)],
    ['a secret in a variable', inWorkflow('- uses: actions/checkout@v4', `- run: curl -H "$X"\n        env: { X: "\${{ secrets.PAT }}" }`)],
    ['rights for everything, by name', inWorkflow('contents: read', 'contents: write\n      packages: write')],
    ['a Dockerfile that copies all but what is ignored', { Dockerfile: 'FROM scratch\nCOPY . /app\n', '.dockerignore': '.git\n' }],
    ['lines that end as on Windows', { 'tagboat.yaml': config.replaceAll('\n', '\r\n'), '.github/workflows/deliver.yml': workflow.replaceAll('\n', '\r\n'), Dockerfile: 'FROM scratch\r\nCOPY app /app\r\n' }],
  ])('finds nothing wrong with %s', async (_, files) => {
    const found = await run(await repoOf(files), { offline: true });
    expect([found.exitCode, codes(found)]).toEqual([0, []]);
  });

  it.each<[string, number, Readonly<Record<string, string>>, HereOptions['env']?]>([
    ['CONFIG_KEY_UNKNOWN', 2, inConfig('images:', 'imags: 1\nimages:')],
    ['CONFIG_VARIABLE_UNSET', 0, inConfig('123456789012.dkr', `\${ACCOUNT}.dkr`)],
    ['SCHEMA_LINE_MISSING', 0, inConfig(schemaLine, '')],
    ['ECR_NAME_INVALID', 2, inConfig('shop/app', 'shop/my--app')],
    ['ECR_ACCOUNT_OTHER', 0, inConfig('iam::123456789012', 'iam::210987654321')],
    ['DOCKERFILE_NOT_FOUND', 2, inConfig('shop/app', 'shop/app, dockerfile: app.Dockerfile')],
    ['COPY_SOURCE_MISSING', 2, { Dockerfile: 'FROM scratch\nCOPY ap /app\n' }],
    ['DOCKERIGNORE_MISSING', 0, { Dockerfile: 'FROM scratch\nCOPY . /app\n' }],
    ['WORKFLOW_PERMISSION', 2, inWorkflow('      id-token: write\n', '')],
    ['WORKFLOW_PERMISSION', 2, inWorkflow('      contents: read\n', '')],
    ['WORKFLOW_WRITE_ALL', 0, inWorkflow('\n      id-token: write\n      contents: read', ' write-all')],
    ['WORKFLOW_PULL_REQUEST_TARGET', 2, second(planning.replace('pull_request', 'pull_request_target'))],
    ['WORKFLOW_PULL_REQUEST_TARGET', 2, inWorkflow('on:\n', 'on:\n  pull_request_target:\n')],
    ['WORKFLOW_PULL_REQUEST', 0, inWorkflow('on:\n', 'on:\n  pull_request:\n')],
    ['WORKFLOW_UNPINNED', 0, inWorkflow('actions/checkout@v4', 'someone/checkout@v4')],
    [
      'WORKFLOW_SECRET_IN_SCRIPT',
      0,
      inWorkflow('- uses: actions/checkout@v4', `- run: curl -u me:\${{ secrets.PAT }} x`),
    ],
    ['WORKFLOW_INVALID', 2, inWorkflow('jobs:', 'jobs: [')],
    ['PROXY_INVALID', 2, {}, { HTTPS_PROXY: 'not a proxy' }],
    ['CA_FILE_UNUSABLE', 2, {}, { NODE_EXTRA_CA_CERTS: '/nowhere.pem' }],
  ])('%s', async (code, exitCode, files, env = {}) => {
    const found = await run(await repoOf(files), { offline: true }, { env });
    expect([found.exitCode, codes(found)]).toEqual([exitCode, [code]]);
  });

  it('tells what a tag lacks on a detached head as not known, and the rest all the same', async () => {
    const dir = await repoOf({
      ...inConfig('shop/app', 'shop/app, tag: "{branch}"'),
      ...inWorkflow('      id-token: write\n', ''),
    });
    await git(dir, 'checkout', '--quiet', '--detach');
    const found = await run(dir, { offline: true });
    expect(codes(found)).toEqual(['WORKFLOW_PERMISSION', 'TEMPLATE_UNRESOLVED']);
  });

  it('tells all of them at once, the worst first, and a job that uses the command line counts too', async () => {
    const dir = await repoOf({
      ...inConfig(schemaLine, ''),
      Dockerfile: 'FROM scratch\nCOPY . /app\nCOPY ap /app\n',
      '.github/workflows/deliver.yml': workflow
        .replace('uses: tagboat/tagboat@v1', 'run: npx tagboat ship --json')
        .replace(/ {4}permissions:\n.*\n.*\n/, ''),
    });
    const found = await run(dir, { offline: true });
    expect(codes(found)).toEqual([
      'WORKFLOW_PERMISSION',
      'WORKFLOW_PERMISSION',
      'COPY_SOURCE_MISSING',
      'DOCKERIGNORE_MISSING',
      'SCHEMA_LINE_MISSING',
    ]);
    const { code, severity, message, fix, place } =
      found.events.find((event) => event.type === 'finding') ?? ({} as never);
    expect([code, severity, typeof message, typeof fix, place?.line]).toEqual([
      'WORKFLOW_PERMISSION',
      'error',
      'string',
      'string',
      5,
    ]);
  });
});

describe('tagboat doctor --fix', () => {
  it.each([
    ['rights of a job that names some', workflow.replace('      id-token: write\n', '')],
    ['rights of a job that names none', workflow.replace(/ {4}permissions:\n.*\n.*\n/, '')],
    [
      'rights that its workflow names',
      workflow.replace(/ {4}permissions:\n.*\n.*\n/, '').replace('jobs:', 'permissions: { packages: write }\njobs:'),
    ],
  ])('gives the missing %s and leaves every other line', async (_, text) => {
    const dir = await repoOf({
      '.github/workflows/deliver.yml': text,
      ...inConfig(schemaLine, ''),
      Dockerfile: 'FROM scratch\nCOPY . /app\n',
    });
    const mended = await run(dir, { offline: true, fix: true });
    expect([mended.exitCode, codes(mended)]).toEqual([0, []]);
    expect(codes(await run(dir, { offline: true }))).toEqual([]);
    const after = await readFile(join(dir, '.github/workflows/deliver.yml'), 'utf8');
    expect(after.split('\n')).toEqual(expect.arrayContaining(text.split('\n')));
    const rights = parse(after).jobs.deliver.permissions;
    expect(rights).toMatchObject({
      'id-token': 'write',
      contents: 'read',
      ...(text.includes('packages') && { packages: 'write' }),
    });
    expect(await readFile(join(dir, 'tagboat.yaml'), 'utf8')).toBe(config);
    expect(await readFile(join(dir, '.dockerignore'), 'utf8')).toContain('.git');
  });

  it('keeps the line ends of Windows', async () => {
    const text = workflow.replace(/ {4}permissions:\n.*\n.*\n/, '').replaceAll('\n', '\r\n');
    const bare = config.replace(schemaLine, '').replaceAll('\n', '\r\n');
    const dir = await repoOf({ '.github/workflows/deliver.yml': text, 'tagboat.yaml': bare });
    expect(codes(await run(dir, { offline: true, fix: true }))).toEqual([]);
    for (const file of ['.github/workflows/deliver.yml', 'tagboat.yaml']) {
      const after = await readFile(join(dir, file), 'utf8');
      expect([file, after.replaceAll('\r\n', '').includes('\n')]).toEqual([file, false]);
    }
  });

  it('leaves what has no safe place as it is, and says so', async () => {
    const text = workflow.replace(/permissions:\n.*\n.*\n/, 'permissions: { contents: read }\n');
    const dir = await repoOf({ '.github/workflows/deliver.yml': text });
    const found = await run(dir, { offline: true, fix: true });
    expect(codes(found)).toEqual(['WORKFLOW_PERMISSION']);
    expect(await readFile(join(dir, '.github/workflows/deliver.yml'), 'utf8')).toBe(text);
  });
});

describe.skipIf(noHttpBackend !== undefined)('tagboat doctor that asks everybody', () => {
  const inTown = async (
    place: Awaited<ReturnType<typeof town>>,
    env: HereOptions['env'] = {},
    more: HereOptions = {},
  ) => run(place.app, {}, { ...more, env: { ...place.env, ...env } });

  it('finds nothing in a right set-up but the schema line, and writes nothing', async () => {
    const place = await town();
    const found = await inTown(place);
    expect([found.exitCode, codes(found)]).toEqual([0, ['SCHEMA_LINE_MISSING']]);
    expect(place.registry.requests.filter(({ method }) => method === 'PUT' || method === 'PATCH')).toEqual([]);
  });

  it('tells a token that may only read, a repository and a role that are missing, and the clock, at once', async () => {
    const place = await town({ createOnPush: false });
    place.host.setAccess('config', { tokens: { [place.token]: 'read' } });
    await rm(join(place.app, 'web/index.html'));
    const late = (own: Parameters<NonNullable<HereOptions['world']>>[0]) => {
      const { clock } = own;
      return { clock: { ...clock, now: () => clock.now() + 120_000 } };
    };
    const found = await inTown(place, {}, { world: late });
    expect(found.exitCode).toBe(2);
    expect(codes(found).sort()).toEqual([
      'CLOCK_SKEW',
      'COPY_SOURCE_MISSING',
      'GIT_FORBIDDEN',
      'REPOSITORY_NOT_FOUND',
      'SCHEMA_LINE_MISSING',
    ]);
  });

  // biome-ignore format: a table
  it.each<[string | undefined, Readonly<Record<string, string>>, string, string?]>([
    ['CHART_VALUE_UNUSED', { 'main/templates/web.yaml': 'image: {{ .Values.front.tag }}\n' }, '.front.imageTag'],
    [undefined, { 'main/templates/web.yaml': 'image: {{ .Values.front.imageTag }}\n' }, '.front.imageTag'],
    [undefined, { 'main/templates/web.yaml': '{{ with .Values.front }}{{ .imageTag }}{{ end }}\n' }, '.front.imageTag'],
    ['KUSTOMIZE_IMAGE_UNUSED', { 'main/web.yaml': 'image: acme/other:1\n' }, '.images[name=acme/web].newTag'],
    [undefined, { 'main/web.yaml': '- image: "acme/web:1"\n' }, '.images[name=acme/web].newTag'],
    ['GENERATE_PATHS_LEAVE_OUT', { 'apps/shop.yaml': application('main', 'main', './templates') }, '.front.imageTag'],
    [undefined, { 'apps/shop.yaml': application('main', 'main', '.;/common') }, '.front.imageTag'],
    ['VALUES_FILE_UNUSED', { 'apps/shop.yaml': application('main', 'main', '', '[prod.yaml]') }, '.front.imageTag', 'main/values-prod.yaml'],
    [undefined, { 'apps/shop.yaml': application('main', 'main', '', '[values-prod.yaml]') }, '.front.imageTag', 'main/values-prod.yaml'],
    [undefined, { 'apps/shop.yaml': application('other', 'main', '', '[../main/values-prod.yaml]') }, '.front.imageTag', 'main/values-prod.yaml'],
    ['GENERATE_PATHS_LEAVE_OUT', { 'apps/shop.yaml': lending('/main') }, '.front.imageTag', 'env/values-prod.yaml'],
    [undefined, { 'apps/shop.yaml': lending('/main;/env') }, '.front.imageTag', 'env/values-prod.yaml'],
    ['APPLICATION_BRANCH_OTHER', { 'argocd/shop.yaml': application('main', 'release', '') }, '.front.imageTag'],
    [undefined, { 'argocd/shop.yaml': application('other', 'release', './x') }, '.front.imageTag'],
  ])('reads the config repo: %s, of %j', async (code, files, path, valuesFile = 'main/values.yaml') => {
    const host = await gitHost();
    const isKustomize = path.startsWith('.images');
    const chart = {
      'main/Chart.yaml': 'name: shop\n',
      [valuesFile]: 'front: { imageTag: x }\n',
      'main/templates/web.yaml': 'image: {{ .Values.front.imageTag }}\n',
    };
    const kustomization = {
      'main/kustomization.yaml': 'resources: [web.yaml]\nimages:\n  - name: acme/web\n    newTag: x\n',
    };
    const repo = await host.createRepo('config', { files: { ...(isKustomize ? kustomization : chart), ...files } });
    const file = isKustomize ? 'main/kustomization.yaml' : valuesFile;
    const text = `${schemaLine}deliveries:\n  main: { from: main, repo: ${repo}, set: { ${file}: { '${path}': '{commit}' } } }\n`;
    const found = await run(await repoOf({ 'tagboat.yaml': text }), {});
    expect(codes(found)).toEqual(code === undefined ? [] : [code]);
  });

  it('tells on a laptop what only a job has as not known', async () => {
    const place = await town();
    const found = await inTown(place, {
      ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
    });
    expect([found.exitCode, codes(found).sort()]).toEqual([0, ['OIDC_UNAVAILABLE', 'SCHEMA_LINE_MISSING']]);
  });
});

it('options of a trust policy are refused without one', async () => {
  expect((await run(await repoOf({}), { ref: 'main' })).errors[0]?.code).toBe('USAGE');
});
