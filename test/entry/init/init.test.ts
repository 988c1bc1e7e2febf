import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { claimsOfJob, gitHubProvider } from '../../../src/auth/iam/claims.ts';
import { reviewTrust } from '../../../src/auth/iam/trust.ts';
import { parseConfig, peekConfig } from '../../../src/config/config.ts';
import { declaredApplications, sourceDeploying } from '../../../src/entry/init/applications.ts';
import { cloudFormation } from '../../../src/entry/init/aws/cloudformation.ts';
import { awsCommands } from '../../../src/entry/init/aws/commands.ts';
import { lifecycle } from '../../../src/entry/init/aws/model.ts';
import { findImages } from '../../../src/entry/init/find-images.ts';
import { findPlaces } from '../../../src/entry/init/find-places.ts';
import { lookUpImages } from '../../../src/entry/run/lists/look-up.ts';
import { testWorld } from '../../support/world.ts';
import { appRepo, runInit } from './scene.ts';

const read = (dir: string, file: string) => readFile(join(dir, file), 'utf8');

describe('the images of a repository', () => {
  it('are its Dockerfiles, each named by its folder, with the context that its COPY lines are about', () => {
    const texts = {
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      'services/api/Dockerfile': 'FROM scratch\nCOPY main.go ./\n',
      'build/web/Dockerfile.prod': 'FROM scratch\nCOPY src/web/ /srv/\n',
      'node_modules/x/Dockerfile': 'FROM scratch\n',
    };
    const { 'node_modules/x/Dockerfile': _, ...own } = texts;
    const files = [...Object.keys(texts), 'services/api/main.go', 'src/web/index.html'];
    expect(findImages(own, files, 'shop').map(({ name, dockerfile, context }) => [name, dockerfile, context])).toEqual([
      ['shop', 'Dockerfile', '.'],
      ['web', 'build/web/Dockerfile.prod', '.'],
      ['api', 'services/api/Dockerfile', 'services/api'],
    ]);
  });

  it('are those of compose and bake files first, with target and arguments', () => {
    const texts = {
      'app/Dockerfile': 'FROM scratch\n',
      'web/Dockerfile.prod': 'FROM scratch\n',
      'compose.yaml': `services:
  db: { image: "postgres:16" }
  worker:
    build: { context: ./app, target: worker, args: { MODE: fast, VERSION: "\${VERSION}" } }
`,
      'docker-bake.hcl': `target "_web" {
  context = "web"
  args = {
    MODE = "slow"
    VERSION = VERSION
  }
}
target "front" {
  inherits = ["_web"]
  dockerfile = "Dockerfile.prod"
}
target "nobody-knows" {
  context = "\${BASE}/app"
}
`,
    };
    expect(findImages(texts, Object.keys(texts), 'shop')).toMatchObject([
      { name: 'front', dockerfile: 'web/Dockerfile.prod', context: 'web', args: { MODE: 'slow' } },
      { name: 'worker', dockerfile: 'app/Dockerfile', context: 'app', target: 'worker', args: { MODE: 'fast' } },
    ]);
  });
});

describe('the places of a config repo', () => {
  const texts = {
    'charts/shop/values.yaml':
      'image:\n  repository: ghcr.io/acme/shop\n  tag: "1a2b3c4"\nredis:\n  image:\n    repository: redis\n    tag: "7"\n',
    'overlays/prod/kustomization.yaml':
      'images:\n  - name: shop\n    newName: ghcr.io/acme/shop\n    newTag: 1a2b3c4\n  - name: redis\n    newTag: "7"\n',
    'raw/shop.yaml':
      'kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: shop\n          image: ghcr.io/acme/shop:1a2b3c4\n',
    'charts/shop/templates/x.yaml': 'image: "{{ .Values.image }}"\n',
    'argocd/shop.yaml':
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: shop }\nspec:\n  source: { repoURL: x, path: charts/shop, targetRevision: production }\n',
  };

  it('that hold one of the images or its tag today are offered, others are not', () => {
    const offers = findPlaces(texts, ['shop', 'web']);
    expect(offers.map(({ file, path, value, today }) => [file, path, value, today])).toEqual([
      ['charts/shop/values.yaml', '.image.tag', '{tag}', '1a2b3c4'],
      ['overlays/prod/kustomization.yaml', '.images[name=shop].newTag', '{tag}', '1a2b3c4'],
      ['raw/shop.yaml', '.spec.template.spec.containers[name=shop].image', '{image.shop}', 'ghcr.io/acme/shop:1a2b3c4'],
    ]);
  });

  it('are found by names as they are written, whatever their signs mean in a pattern', () => {
    const values = (repository: string) => ({ 'values.yaml': `image:\n  repository: ${repository}\n  tag: "1"\n` });
    const paths = (repository: string, images: readonly string[]) =>
      findPlaces(values(repository), images).map(({ path }) => path);
    expect(paths('ghcr.io/acme/shop.api', ['shop.api', 'web'])).toEqual(['.image.tag']);
    expect(paths('ghcr.io/acme/shop-api', ['shop.api', 'web'])).toEqual(['.image.tag']);
    expect(paths('ghcr.io/acme/shopXapi', ['shop.api', 'web'])).toEqual([]);
    expect(paths('ghcr.io/acme/cc', ['c++(', 'web'])).toEqual([]);
  });

  it('are deployed by the application whose folder they are in', () => {
    const [shop] = declaredApplications(texts);
    if (shop === undefined) throw new Error('there is no application');
    expect(shop.name).toBe('shop');
    expect(sourceDeploying('charts/shop/values.yaml', shop)?.targetRevision).toBe('production');
    expect(sourceDeploying('charts/shopping/values.yaml', shop)).toBeUndefined();
  });
});

describe('init', () => {
  const files = { 'services/api/Dockerfile': 'FROM scratch\nCOPY x /\n', 'services/api/x': 'x' };

  it('writes a config that is read without a fault, and a workflow with the permissions it needs', async () => {
    const dir = await appRepo(files, 'git@github.com:Acme/Shop.git');
    const done = await runInit(dir, { configRepo: 'acme/config', place: ['prod/values.yaml:.api.image.tag'] });
    expect(done.errors).toEqual([]);
    const config = parseConfig(await read(dir, 'tagboat.yaml'), 'tagboat.yaml', {});
    expect(config.images).toMatchObject([{ name: 'api', repository: 'acme/api', context: 'services/api' }]);
    expect(config.deliveries).toMatchObject([
      { from: { branches: ['main'] }, set: [{ file: 'prod/values.yaml', path: '.api.image.tag', value: '{tag}' }] },
    ]);
    const workflow = parse(await read(dir, '.github/workflows/ship.yml'));
    expect(workflow.jobs.ship.permissions).toEqual({ contents: 'read', packages: 'write' });
    expect(workflow.jobs.ship.steps.at(-1).with.token).toContain('secrets.');
  });

  it('writes one entry for services that each have a folder, tags by content, and one value for all', async () => {
    const names = ['cart', 'mail', 'web'];
    const service = (name: string) => [
      [`services/${name}/Dockerfile`, 'FROM scratch\nCOPY x /\n'],
      [`services/${name}/x`, name],
      [`config-repo/dev/${name}/values.yaml`, `image:\n  repository: ghcr.io/acme/shop/${name}\n  tag: a\n`],
    ];
    const odd = [
      ['services/job/Dockerfile', 'FROM scratch\nCOPY x /\n'],
      ['services/job/x', 'job'],
      ['tool/Dockerfile', 'FROM scratch\n'],
      ['config-repo/all.yaml', 'job:\n  repository: job\n  tag: a\nweb:\n  repository: web\n  tag: a\n'],
    ];
    const dir = await appRepo(Object.fromEntries([...names.flatMap(service), ...odd]), 'git@github.com:Acme/Shop.git');
    const done = await runInit(dir, { configRepo: 'acme/config', configDir: 'config-repo' });
    expect(done.errors).toEqual([]);
    const text = await read(dir, 'tagboat.yaml');
    expect(parse(text)).toMatchObject({
      tag: '{content}',
      images: { 'services/*': {}, tool: { dockerfile: 'tool/Dockerfile' } },
    });
    const lists = await lookUpImages(testWorld(), dir, peekConfig(text, 'tagboat.yaml', {}));
    const config = parseConfig(text, 'tagboat.yaml', {}, { lists });
    expect(config.images.map(({ name }) => name)).toEqual(['cart', 'job', 'mail', 'web', 'tool']);
    const set = config.deliveries[0]?.set.map(({ file, path, value }) => [file, path, value]) ?? [];
    expect(set.toSorted()).toEqual([
      ['all.yaml', '.job.tag', '{tag.job}'],
      ['all.yaml', '.web.tag', '{tag.web}'],
      ['dev/cart/values.yaml', '.image.tag', '{tag.cart}'],
      ['dev/mail/values.yaml', '.image.tag', '{tag.mail}'],
      ['dev/web/values.yaml', '.image.tag', '{tag.web}'],
    ]);
    const alike = await appRepo(Object.fromEntries(names.flatMap(service)), 'git@github.com:Acme/Shop.git');
    expect((await runInit(alike, { configRepo: 'acme/config', configDir: 'config-repo' })).errors).toEqual([]);
    expect(parse(await read(alike, 'tagboat.yaml')).deliveries.main.set).toEqual({
      'dev/{name}/values.yaml': { '.image.tag': '{tag}' },
    });
  });

  it('never replaces a file unasked: it refuses, or does so by --force; what is the same is no change', async () => {
    const dir = await appRepo(files, 'https://github.com/acme/shop');
    await writeFile(join(dir, 'tagboat.yaml'), 'images: { mine: {} }\n');
    const refused = await runInit(dir, {});
    expect(refused.errors).toMatchObject([{ code: 'INIT_FILE_EXISTS' }]);
    expect(await read(dir, 'tagboat.yaml')).toBe('images: { mine: {} }\n');
    await expect(read(dir, '.github/workflows/ship.yml')).rejects.toThrow('ENOENT');
    expect((await runInit(dir, { check: true })).exitCode).toBe(2);
    expect((await runInit(dir, { force: true })).errors).toEqual([]);
    expect(await read(dir, 'tagboat.yaml')).toContain('dockerfile: services/api/Dockerfile');
    expect((await runInit(dir, { check: true })).exitCode).toBe(0);
  });

  it('takes registry, account and region from a pipeline that is there, and says so in the config', async () => {
    const pipeline = '      - run: docker push 123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:1\n';
    const dir = await appRepo({ ...files, '.github/workflows/old.yml': pipeline }, 'https://github.com/acme/shop');
    expect((await runInit(dir, { with: ['aws'], as: 'cli' })).errors).toEqual([]);
    const text = await read(dir, 'tagboat.yaml');
    expect(text).toContain('# found in .github/workflows/old.yml');
    expect(parseConfig(text, 'tagboat.yaml', {}).aws).toMatchObject({
      region: 'eu-west-1',
      role: 'arn:aws:iam::123456789012:role/tagboat',
    });
    expect(parse(await read(dir, '.github/workflows/ship.yml')).jobs.ship.permissions['id-token']).toBe('write');
    expect(await read(dir, 'aws/tagboat.sh')).toContain('--repository-name api');
  });

  it('takes a path for one on the host of the app repo, where that is not GitHub', async () => {
    const repoOf = async (origin: string, configRepo: string | undefined) => {
      const dir = await appRepo(files, origin);
      const place = ['values.yaml:.tag'];
      const done = await runInit(dir, { configRepo, place, with: configRepo === undefined ? ['config-repo'] : [] });
      expect(done.errors).toEqual([]);
      return parse(await read(dir, 'tagboat.yaml')).deliveries.main.repo;
    };
    expect(await repoOf('git@gitlab.com:acme/team/shop.git', 'acme/team/config')).toBe(
      'https://gitlab.com/acme/team/config.git',
    );
    expect(await repoOf('git@gitlab.com:acme/shop.git', 'https://github.com/acme/config')).toBe(
      'https://github.com/acme/config',
    );
    expect(await repoOf('https://gitlab.acme.dev:8443/acme/shop.git', 'acme/config')).toBe(
      'https://gitlab.acme.dev:8443/acme/config.git',
    );
    expect(await repoOf('ssh://git@gitlab.acme.dev:2222/acme/shop.git', 'acme/config')).toBe(
      'https://gitlab.acme.dev/acme/config.git',
    );
    expect(await repoOf('ssh://git@altssh.gitlab.com:443/acme/shop.git', undefined)).toBe(
      'https://gitlab.com/acme/shop-config.git',
    );
    expect(await repoOf('git@github.com:acme/shop.git', 'acme/config')).toBe('acme/config');
    expect(await repoOf('ssh://git@ssh.github.com:443/acme/shop.git', undefined)).toBe('acme/shop-config');
  });

  it('waits for the application that it writes itself, where Argo CD is told of', async () => {
    const dir = await appRepo(files, 'https://github.com/acme/shop');
    expect((await runInit(dir, { with: ['config-repo'], argocd: 'https://argocd.acme.dev' })).errors).toEqual([]);
    const { metadata } = parse(await read(dir, 'config-repo/argocd/shop.yaml'));
    expect(parse(await read(dir, 'tagboat.yaml')).deliveries.main.application).toBe(metadata.name);
    // Without Argo CD's address a name would be dropped in silence.
    const unasked = { configRepo: 'acme/config', place: ['values.yaml:.tag'], application: 'shop', force: true };
    expect((await runInit(dir, unasked)).errors).toMatchObject([{ code: 'USAGE' }]);
  });

  it('asks for what nothing tells: a registry, a place, an account; and needs an image', async () => {
    const dir = await appRepo(files);
    expect((await runInit(dir, {})).errors).toMatchObject([{ code: 'USAGE' }]);
    expect((await runInit(dir, { registry: 'r.example.com', configRepo: 'acme/config' })).errors).toMatchObject([
      { code: 'USAGE' },
    ]);
    expect((await runInit(dir, { registry: 'r.example.com', with: ['aws'] })).errors).toMatchObject([
      { code: 'USAGE' },
    ]);
    // An Application that follows no repository is no config repo to begin with.
    expect((await runInit(dir, { registry: 'r.example.com', with: ['config-repo'] })).errors).toMatchObject([
      { code: 'USAGE' },
    ]);
    const empty = await appRepo({ 'README.md': '' }, 'https://github.com/acme/shop');
    expect((await runInit(empty, {})).errors).toMatchObject([{ code: 'INIT_WITHOUT_IMAGES' }]);
  });

  it('writes .gitlab-ci.yml for a remote at GitLab, with its own registry', async () => {
    const dir = await appRepo(files, 'git@gitlab.com:acme/team/shop.git');
    await runInit(dir, { configRepo: 'https://gitlab.com/acme/config.git', place: ['values.yaml:.tag'] });
    expect(parseConfig(await read(dir, 'tagboat.yaml'), 'tagboat.yaml', {}).images[0]?.registry).toMatchObject({
      host: 'registry.gitlab.com',
    });
    const pipeline = parse(await read(dir, '.gitlab-ci.yml'));
    expect(pipeline.ship.script).toEqual(['npx --yes tagboat ship']);
  });
});

describe('what AWS needs', () => {
  const needs = {
    account: '123456789012',
    region: 'eu-west-1',
    role: 'tagboat',
    ...({ ci: 'github', host: 'github.com' } as const),
    app: 'acme/shop',
    branches: ['main'],
    repositories: ['api', 'team/web-ui'],
  };

  it('as CloudFormation is a role that jobs of main may assume and nobody else, and pushes to these repositories', () => {
    const { Resources } = parse(cloudFormation(needs));
    const trust = JSON.stringify(Resources.Role.Properties.AssumeRolePolicyDocument);
    const review = (ref: string, repo = 'acme/shop') => {
      const claims = claimsOfJob({ repo, ref, environment: undefined, audience: 'sts.amazonaws.com' });
      const request = { provider: gitHubProvider, account: needs.account, claims, now: 0 };
      return reviewTrust(trust, { file: 'trust.json', account: needs.account, request }).verdict;
    };
    expect([review('main'), review('dev'), review('main', 'acme/other')]).toEqual(['allowed', 'refused', 'refused']);
    // With the ids that tokens of newer repositories have beside the names.
    const newer = ['acme@1/shop@2', 'acme@1/other@2', 'acmes@1/shop@2', 'acme@1/shop2@3'].map((repo) =>
      review('main', repo),
    );
    expect(newer).toEqual(['allowed', 'refused', 'refused', 'refused']);
    expect([review('dev', 'acme@1/shop@2'), review('x/shop@2:ref:refs/heads/main', 'acme@1/other@3')]).toEqual([
      'refused',
      'refused',
    ]);
    const { findings, mayAssume } = reviewTrust(trust, {
      file: 'trust.json',
      account: needs.account,
      request: undefined,
    });
    expect([findings, mayAssume]).toEqual([[], ['acme/shop at main']]);
    const [{ PolicyDocument }] = Resources.Role.Properties.Policies;
    expect(PolicyDocument.Statement[1].Resource).toEqual(
      ['api', 'team/web-ui'].map((name) => `arn:aws:ecr:eu-west-1:123456789012:repository/${name}`),
    );
    expect(Object.keys(Resources)).toEqual(['Provider', 'Role', 'RepositoryApi', 'RepositoryTeamWebUi']);
  });

  it('never counts caches and lists of inputs among the images that are released', () => {
    const { rules } = lifecycle;
    const counted = rules.filter(({ selection }) => selection.countType === 'imageCountMoreThan');
    expect(counted.map(({ selection }) => selection.tagPrefixList)).toEqual([['inputs-'], ['fp-']]);
    // ECR: a rule for any image must come last, and each has a priority of its own.
    expect(rules.map(({ rulePriority }) => rulePriority)).toEqual([1, 2, 3, 4]);
  });

  it('as commands is a script that sh reads, and whose policies are JSON', () => {
    const text = awsCommands(needs);
    expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
    for (const [, json = ''] of text.matchAll(/'(\{"[^']*\})'/g)) expect(() => JSON.parse(json)).not.toThrow();
  });
});

it('the manifests of a new config repo are YAML without a fault', async () => {
  const dir = await appRepo({ Dockerfile: 'FROM scratch\nCOPY . /\n' }, 'https://github.com/acme/shop');
  await runInit(dir, { with: ['config-repo'], layout: 'kustomize' });
  for (const file of ['apps/shop/kustomization.yaml', 'apps/shop/shop.yaml', 'argocd/shop.yaml']) {
    const [document] = parseAllDocuments(await read(dir, `config-repo/${file}`));
    expect(document?.errors).toEqual([]);
  }
});
