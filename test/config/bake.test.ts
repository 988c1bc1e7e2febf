import { describe, expect, it } from 'vitest';
import { configMistakes, parseConfig, peekConfig } from '../../src/config/config.ts';
import type { Baked, Lists } from '../../src/config/read/lists.ts';
import type { Env } from '../../src/wire/world.ts';

type Target = Readonly<Record<string, unknown>>;

const file = (images: string, registry = 'ghcr.io/acme') => `registry: ${registry}\nimages: ${images}\n`;
const usual = '{ bake: docker-bake.hcl }';

/** As `docker buildx bake --print` prints it. */
function printed(target: Readonly<Record<string, Target>>, group: Readonly<Record<string, string[]>> = {}): Baked {
  const groups = { default: Object.keys(target), ...group };
  return {
    is: 'read',
    json: { group: Object.fromEntries(Object.entries(groups).map(([name, targets]) => [name, { targets }])), target },
  };
}

const lists = (bake: Baked): Lists => ({ folders: new Map(), bake });
const parse = (text: string, bake: Baked, env: Env = {}) =>
  parseConfig(text, 'tagboat.yaml', env, { lists: lists(bake) });
const one = (target: Target, images = usual, env: Env = {}) =>
  parse(file(images), printed({ web: { context: '.', dockerfile: 'Dockerfile', ...target } }), env).images[0];
const codes = (text: string, bake?: Baked) =>
  configMistakes(text, 'tagboat.yaml', {}, bake && lists(bake)).map(({ code, place, data }) => [
    code,
    place?.line,
    place?.column,
    ...Object.entries(data).flatMap(([key, value]) => (key === 'target' ? [value] : [])),
  ]);

describe('images of a bake file', () => {
  it('are looked up by the file and its targets, where the value is a text', () => {
    const peek = (images: string) => peekConfig(file(images), 'tagboat.yaml', {}).bake;
    expect(peek('{ bake: docker-bake.hcl }')).toEqual({ is: 'bake', file: 'docker-bake.hcl', targets: undefined });
    expect(peek('{ compose: deploy/compose.yaml, targets: [web] }')).toEqual({
      ...{ is: 'compose', file: 'deploy/compose.yaml', targets: ['web'] },
    });
    for (const images of ['{ bake: { context: . }, targets: {} }', '{ bake: ../x.hcl }', '{ bake: /x.hcl }'])
      expect(peek(images)).toBeUndefined();
    const { images } = parseConfig(file('{ bake: {}, compose: {}, targets: {} }'), 'tagboat.yaml', {});
    expect(images.map(({ name }) => name)).toEqual(['bake', 'compose', 'targets']);
  });

  it('have everything that their targets have', () => {
    const image = one(
      {
        ...{ context: 'web', dockerfile: 'Dockerfile.web', target: 'prod', platforms: ['linux/amd64', 'linux/arm64'] },
        args: { V: '1', NONE: null },
        contexts: { files: './files', alp: 'docker-image://alpine:3' },
        labels: { title: 'with {commit} and {{name}}' },
        annotations: ['index,manifest:org.x=1', 'a.b=c=d'],
        secret: [{ id: 'npm', env: 'NPM_TOKEN' }, { id: 'f', src: 'secret.txt' }, { id: 'SET' }, { id: 'plain' }],
        ssh: [{ id: 'default' }, { id: 'key', paths: ['/keys/id'] }],
        attest: [{ type: 'sbom' }, { type: 'provenance', mode: 'max' }],
        ...{ pull: true, description: 'd', network: 'default', call: 'build', output: [{ type: 'registry' }] },
      },
      usual,
      { SET: '1' },
    );
    expect(image).toMatchObject({
      ...{ name: 'web', context: 'web', dockerfile: 'web/Dockerfile.web', target: 'prod', args: { V: '1' } },
      platforms: ['linux/amd64', 'linux/arm64'],
      contexts: [
        { name: 'files', is: 'folder', dir: 'files' },
        { name: 'alp', is: 'image', reference: 'alpine:3' },
      ],
      labels: { title: 'with {{commit}} and {{{name}}}' },
      annotations: { 'org.x': '1', 'a.b': 'c=d' },
      secrets: [
        { id: 'npm', from: 'env', variable: 'NPM_TOKEN' },
        { id: 'f', from: 'src', file: 'secret.txt' },
        { id: 'SET', from: 'env', variable: 'SET' },
        { id: 'plain', from: 'src', file: 'plain' },
      ],
      ssh: [
        { id: 'default', key: undefined },
        { id: 'key', key: '/keys/id' },
      ],
      attest: { sbom: true, provenance: 'max' },
      ...{ tag: '{commit}', tags: [], cache: true, refreshSeconds: undefined },
    });
  });

  it('have no secret in what can be read in an image', () => {
    const env = { SIGNING_KEY: 'secret-0123456789', APP_KEY: 'other-0123456789' };
    const whys = (target: Target) =>
      configMistakes(file(usual), 'tagboat.yaml', env, lists(printed({ web: target }))).map(({ code, message }) => [
        code,
        Object.keys(env).find((name) => message.includes(name)),
      ]);
    const text = 'https://host/?key=secret-0123456789';
    for (const target of [{ args: { K: text } }, { labels: { k: text } }, { annotations: [`manifest:k=${text}`] }])
      expect(whys(target)).toEqual([['BAKE_UNSUPPORTED', 'SIGNING_KEY']]);
    expect(whys({ args: { K: env.APP_KEY } })).toEqual([['BAKE_UNSUPPORTED', 'APP_KEY']]);
    const stays = { secret: [{ id: 'k', env: 'SIGNING_KEY' }], 'cache-to': [{ type: 's3', secret_access_key: text }] };
    expect(whys(stays)).toEqual([]);
  });

  it('take repository and further tags from the tags in the registry, and tell of those elsewhere', () => {
    const tags = [
      'ghcr.io/acme/shop/web:1.2',
      'ghcr.io/acme/shop/web',
      'docker.io/acme/web:1.2',
      'ghcr.io/other/web:1',
    ];
    expect(one({ tags })).toMatchObject({ repository: 'acme/shop/web', tags: ['1.2', 'latest'] });
    const config = parse(file(usual), printed({ web: { tags } }));
    expect(config.leftOut?.map(({ image, what }) => [image, tags.find((tag) => what.includes(tag))])).toEqual([
      ['web', 'docker.io/acme/web:1.2'],
      ['web', 'ghcr.io/other/web:1'],
    ]);
    expect(one({ tags: ['web:1'] })).toMatchObject({ repository: 'acme/web', tags: [] });
  });

  it('have what is asked of their group, of groups in it, and nothing that is only a context of others', () => {
    const bake = printed(
      { web: {}, api: {}, 'job-one': {}, 'job-two': {}, base: { output: [{ type: 'cacheonly' }] } },
      { default: ['all', 'web'], all: ['default', 'jobs', 'api'], jobs: ['job-one', 'job-two'] },
    );
    const names = (images: string) => parse(file(images), bake).images.map(({ name }) => name);
    expect(names(usual)).toEqual(
      ['web', 'api', 'job-one', 'job-two'].toSorted((a, b) => names(usual).indexOf(a) - names(usual).indexOf(b)),
    );
    expect(names('{ bake: x.hcl, targets: [jobs] }')).toEqual(['job-one', 'job-two']);
  });

  it('give way to an entry by their name, key by key, and stand beside images of their own', () => {
    const images =
      '\n  bake: x.hcl\n  web: { sign: true, repository: shop, args: { B: 2 } }\n  own: { context: own, dockerfile: own/Dockerfile }';
    const config = parse(
      file(images),
      printed({ web: { context: 'web', args: { A: '1' }, tags: ['ghcr.io/acme/web:1'] } }),
    );
    expect(config.images).toMatchObject([
      { name: 'web', context: 'web', repository: 'acme/shop', args: { B: '2' }, tags: ['1'], sign: {} },
      { name: 'own', context: 'own' },
    ]);
  });

  it('are what {name} stands for in deliveries', () => {
    const deliver =
      'deliveries:\n  dev:\n    from: main\n    repo: acme/config\n    set: { "apps/{name}/dev.yaml": { .image.tag: "{tag}" } }\n';
    const config = parse(file(usual) + deliver, printed({ web: {}, api: {} }));
    expect(config.deliveries[0]?.set.map((set) => set.file)).toEqual(['apps/web/dev.yaml', 'apps/api/dev.yaml']);
  });

  it('are read from the folder of a compose file, from the root for a bake file', () => {
    const bake = printed({ web: { context: 'web', contexts: { f: '../files' }, secret: [{ id: 's', src: 's.txt' }] } });
    expect(parse(file('{ compose: deploy/compose.yaml }'), bake).images[0]).toMatchObject({
      ...{ context: 'deploy/web', dockerfile: 'deploy/web/Dockerfile', contexts: [{ dir: 'files' }] },
      secrets: [{ file: 'deploy/s.txt' }],
    });
    expect(parse(file('{ bake: deploy/x.hcl }'), printed({ web: { context: 'cwd://web' } })).images[0]).toMatchObject({
      ...{ context: 'web', dockerfile: 'web/Dockerfile' },
    });
  });

  it('are built each time, and from no cache, where bake has no-cache', () => {
    for (const target of [{ 'no-cache': true }, { 'no-cache-filter': ['deps'] }])
      expect(one(target)).toMatchObject({ refreshSeconds: 0, cache: false });
    expect(one({ 'no-cache': false })).toMatchObject({ refreshSeconds: undefined, cache: true });
  });

  it.each<[key: string, value: unknown]>([
    ['cache-from', [{ type: 'gha' }]],
    ['cache-to', [{ type: 'inline' }]],
    ['shm-size', '128m'],
    ['ulimits', ['nofile=1:2']],
    ['output', [{ type: 'local', dest: 'out' }]],
  ])('tell that %s is left out', (key, value) => {
    const { leftOut } = parse(file(usual), printed({ web: { [key]: value } }));
    expect(leftOut).toMatchObject([{ image: 'web', what: expect.stringContaining(key) }]);
  });

  it.each<[key: string, value: unknown]>([
    ['dockerfile-inline', 'FROM scratch'],
    ['network', 'host'],
    ['entitlements', ['network.host']],
    ['extra-hosts', { h: '1.2.3.4' }],
    ['call', 'check'],
    ['what-comes-later', 1],
    ['context', 'https://github.com/acme/app.git#main'],
    ['contexts', { base: 'target:base' }],
    ['attest', [{ type: 'other' }]],
    ['annotations', ['manifest[linux/amd64]:a=b']],
    ['tags', ['ghcr.io/acme/a:1', 'ghcr.io/acme/b:1']],
    ['ssh', [{ id: 'a', paths: ['x', 'y'] }]],
  ])('are refused with %s, which would make another image', (key, value) => {
    expect(codes(file(usual), printed({ web: { [key]: value } }))).toEqual([['BAKE_UNSUPPORTED', 2, 17, 'web']]);
  });

  it.each<[title: string, images: string, bake: Baked | undefined, expected: unknown[]]>([
    [
      'a target that there is not',
      '{ bake: x.hcl, targets: [web, wbe] }',
      { is: 'noTarget', target: 'wbe', known: ['web'] },
      ['BAKE_TARGET_UNKNOWN', 2, 39, 'wbe'],
    ],
    [
      'an entry that names no target',
      '{ bake: x.hcl, wbe: { sign: true } }',
      printed({ web: {} }),
      ['BAKE_TARGET_UNKNOWN', 2, 24, 'wbe'],
    ],
    ['no buildx', usual, { is: 'noProgram' }, ['BAKE_NO_BUILDX', 2, 17]],
    ['a file that bake cannot read', usual, { is: 'unreadable', why: 'x' }, ['BAKE_UNREADABLE', 2, 17]],
    ['a file without targets', usual, printed({}), ['BAKE_UNREADABLE', 2, 17]],
    ['nobody who looked it up', usual, undefined, ['IMAGES_NOT_LOOKED_UP', 2, 17]],
    ['both files', '{ bake: x.hcl, compose: c.yaml }', undefined, ['CONFIG_VALUE_INVALID', 2, 33]],
    ['a file outside', '{ bake: ../x.hcl }', undefined, ['CONFIG_VALUE_INVALID', 2, 17]],
    [
      'targets that are no list',
      '{ bake: x.hcl, targets: web }',
      printed({ web: {} }),
      ['CONFIG_VALUE_INVALID', 2, 33],
    ],
    [
      'a target that would be an option',
      '{ bake: x.hcl, targets: ["--push"] }',
      printed({ web: {} }),
      ['CONFIG_VALUE_INVALID', 2, 33],
    ],
    ['a context outside', usual, printed({ web: { context: '../web' } }), ['CONFIG_VALUE_INVALID', 2, 17]],
  ])('are refused at their place with %s', (_, images, bake, expected) => {
    expect(codes(file(images), bake)[0]).toEqual(expected);
  });
});
