import { describe, expect, it } from 'vitest';
import { configMistakes, parseConfig, peekConfig } from '../../src/config/config.ts';
import { planRun } from '../../src/config/plan/run.ts';
import type { FoundFolder, Lists } from '../../src/config/read/lists.ts';
import { isError, type TagboatError } from '../../src/errors.ts';
import { source } from './config-text.ts';

const found = (...dirs: string[]): readonly FoundFolder[] => dirs.map((dir) => ({ dir, is: 'service' }));
const services = found('services/cart', 'services/catalog', 'services/web');

function lists(folders: Readonly<Record<string, readonly FoundFolder[]>>): Lists {
  return { folders: new Map(Object.entries(folders).map(([pattern, all]) => [pattern, { folders: all }])) };
}

const usual = lists({ 'services/*': services });
const file = (images: string, deliver = 'set: { "apps/{name}/dev.yaml": { .image.tag: "{tag}" } }'): string =>
  `registry: ghcr.io/acme\ntag: "{content}"\nimages:\n${images}\ndeliveries:\n  dev:\n    from: main\n    repo: acme/config\n    ${deliver}\n`;
const read = (text: string, from: Lists | null = usual) =>
  parseConfig(text, 'tagboat.yaml', {}, { lists: from ?? undefined });
const told = (text: string, from: Lists | null = usual): readonly TagboatError[] =>
  configMistakes(text, 'tagboat.yaml', {}, from ?? undefined);
const placed = ({ code, place }: TagboatError) => [code, place?.line, place?.column];

describe('an entry whose key is a pattern of folders', () => {
  it('stands for one image of each, with the folder as its context and {name} filled in wherever it stands', () => {
    const text = file(
      '  services/*: { repository: "shop/{name}", target: "{name}", args: { SERVICE: "{name}" }, tags: ["{name}-{semver}"], labels: { title: "{name}, {{name}}" } }',
    );
    expect(peekConfig(text, 'tagboat.yaml', {})).toEqual({
      folders: [{ pattern: 'services/*', dockerfile: undefined }],
    });
    const config = read(text);
    expect(config.images.map(({ name }) => name)).toEqual(['cart', 'catalog', 'web']);
    expect(config.images[1]).toMatchObject({
      repository: 'acme/shop/catalog',
      dockerfile: 'services/catalog/Dockerfile',
      context: 'services/catalog',
      target: 'catalog',
      args: { SERVICE: 'catalog' },
      tags: ['catalog-{semver}'],
      labels: { title: 'catalog, {{name}}' },
    });
  });

  it('is named by the part that the pattern matched, where plain folders follow', () => {
    const config = read(
      file('  apps/*/docker: { dockerfile: "build/{name}.Dockerfile" }'),
      lists({ 'apps/*/docker': found('apps/api/docker', 'apps/web/docker') }),
    );
    expect(config.images.map(({ name, dockerfile, context }) => [name, dockerfile, context])).toEqual([
      ['api', 'build/api.Dockerfile', 'apps/api/docker'],
      ['web', 'build/web.Dockerfile', 'apps/web/docker'],
    ]);
  });

  it('leaves out what has no Dockerfile, and what `except` or `only` say', () => {
    const bare = lists({ 'services/*': [...services, { dir: 'services/docs', is: 'bare' }] });
    const names = (limits: string) => read(file(`  services/*: ${limits}`), bare).images.map(({ name }) => name);
    expect(names('{}')).toEqual(['cart', 'catalog', 'web']);
    expect(names('{ except: [web, docs] }')).toEqual(['cart', 'catalog']);
    expect(names('{ only: [web] }')).toEqual(['web']);
  });

  it('gives way, key by key, to an entry by the name of one', () => {
    const config = read(
      file('  services/*: { engine: docker, args: { A: "1" } }\n  web: { engine: buildah }\n  tool: {}'),
    );
    expect(config.images.map(({ name, engine, context, args }) => [name, engine, context, args])).toEqual([
      ['cart', 'docker', 'services/cart', { A: '1' }],
      ['catalog', 'docker', 'services/catalog', { A: '1' }],
      ['web', 'buildah', 'services/web', { A: '1' }],
      ['tool', 'auto', '.', {}],
    ]);
    const elsewhere = read(file('  services/*: { engine: docker }\n  web: { from: "ghcr.io/acme/web:v1" }'));
    expect(elsewhere.images.find(({ name }) => name === 'web')).toMatchObject({ from: 'ghcr.io/acme/web:v1' });
  });
});

describe('{name} in a delivery', () => {
  it('stands for a value of each image, whose own {tag}, {digest} and {image} are meant', () => {
    const set =
      'set: { "apps/{name}/dev.yaml": { .tag: "{tag}", ".{name}.image": "{image}" }, all.yaml: { ".{name}": "{digest}" } }';
    const [delivery] = read(file('  services/*: { except: [web] }\n  tool: {}', set)).deliveries;
    expect(delivery?.set.map(({ file: one, path, value }) => [one, path, value])).toEqual([
      ['apps/cart/dev.yaml', '.tag', '{tag.cart}'],
      ['apps/cart/dev.yaml', '.cart.image', '{image.cart}'],
      ['apps/catalog/dev.yaml', '.tag', '{tag.catalog}'],
      ['apps/catalog/dev.yaml', '.catalog.image', '{image.catalog}'],
      ['all.yaml', '.cart', '{digest.cart}'],
      ['all.yaml', '.catalog', '{digest.catalog}'],
    ]);
  });

  it('is limited by the delivery’s own `only` and `except`, and gives way to a place that is written out', () => {
    const set = `only: [cart, web]
    set:
      "apps/{name}/dev.yaml": { .tag: "{tag}" }
      apps/web/dev.yaml: { .tag: "web-{tag.web}" }`;
    const [delivery] = read(file('  services/*:', set)).deliveries;
    expect(delivery?.set.map(({ file: one, value }) => [one, value])).toEqual([
      ['apps/cart/dev.yaml', '{tag.cart}'],
      ['apps/web/dev.yaml', 'web-{tag.web}'],
    ]);
  });

  it('stands for an application of each', () => {
    const deliver =
      'set: { "{name}.yaml": { .tag: "{tag}" } }\n    argocd: { server: "https://argocd.example.com" }\n    application: ["{name}-dev", gateway, { name: "{name}", namespace: apps }]';
    const [delivery] = read(file('  services/*: { except: [web] }', deliver)).deliveries;
    expect(delivery?.deploy?.applications.map(({ name, namespace }) => [name, namespace])).toEqual([
      ['cart-dev', undefined],
      ['catalog-dev', undefined],
      ['gateway', undefined],
      ['cart', 'apps'],
      ['catalog', 'apps'],
    ]);
  });
});

describe('an entry for several', () => {
  it('takes a slash at its end, what something else builds, and every text of an application’s map', () => {
    const deliver =
      'set: { "{name}.yaml": { .tag: "{tag}" } }\n    argocd: { server: "https://argocd.example.com" }\n    application: { name: "{name}", namespace: "ns-{name}" }';
    const config = read(
      file('  services/*/: { from: "ghcr.io/acme/{name}:v1" }', deliver),
      lists({ 'services/*/': found('services/cart') }),
    );
    expect(config.images).toMatchObject([{ name: 'cart', from: 'ghcr.io/acme/cart:v1' }]);
    expect(config.deliveries[0]?.deploy?.applications).toMatchObject([{ name: 'cart', namespace: 'ns-cart' }]);
  });

  it('with --image has the values and the application of that one, whatever its values are made of', () => {
    const deliver =
      'set: { "{name}.yaml": { .tag: "{commit}" } }\n    argocd: { server: "https://argocd.example.com" }\n    application: ["{name}-dev", gateway]';
    const plan = planRun(read(file('  services/*:', deliver)), source, { actions: true, images: ['cart'] });
    expect(plan.deliveries[0]?.edits.map(({ file: one, value }) => [one, value])).toEqual([
      ['cart.yaml', source.commit],
    ]);
    expect(plan.deliveries[0]?.deploy?.applications.map(({ name }) => name)).toEqual(['cart-dev', 'gateway']);
  });

  it('names as the language has them are names as others are', () => {
    const odd = lists({ 'services/*': found('services/constructor', 'services/toString', 'services/0') });
    const config = read(file('  services/*: { repository: "x{name}", except: [toString] }'), odd);
    expect(config.images.map(({ name }) => name)).toEqual(['0', 'constructor']);
    expect(config.deliveries[0]?.set).toHaveLength(2);
  });

  it('stands for so many values at most', () => {
    const many = lists({ 'services/*': found(...Array.from({ length: 500 }, (_, at) => `services/s${at}`)) });
    const paths = Array.from({ length: 60 }, (_, at) => `.p${at}: "{tag}"`).join(', ');
    expect(told(file('  services/*:', `set: { "{name}.yaml": { ${paths} } }`), many)).toMatchObject([
      { code: 'CONFIG_TOO_LARGE' },
    ]);
  });
});

describe('what is wrong with several images at once', () => {
  it.each<[title: string, text: string, from: Lists | null, expected: unknown[]]>([
    ['a pattern that matches nothing', file('  services/*:'), lists({ 'services/*': [] }), ['FOLDERS_NOT_FOUND', 4, 3]],
    [
      'a pattern whose folders have no Dockerfile',
      file('  services/*:'),
      lists({ 'services/*': [{ dir: 'services/docs', is: 'bare' }] }),
      ['FOLDERS_NOT_FOUND', 4, 3],
    ],
    [
      'a folder without Dockerfile that is named',
      file('  services/*: { only: [docs] }'),
      lists({ 'services/*': [{ dir: 'services/docs', is: 'bare' }] }),
      ['FOLDER_WITHOUT_DOCKERFILE', 4, 24],
    ],
    ['a name that no folder has', file('  services/*: { except: [wep] }'), usual, ['FOLDER_WITHOUT_DOCKERFILE', 4, 26]],
    [
      'a folder with a dot in its name',
      file('  services/*:'),
      lists({ 'services/*': found('services/my.api') }),
      ['FOLDER_UNUSABLE', 4, 3],
    ],
    [
      'a folder in capitals, which are in no repository’s name',
      file('  services/*:'),
      lists({ 'services/*': found('services/Api') }),
      ['CONFIG_VALUE_INVALID', 4, 3],
    ],
    [
      'a link out of the repo',
      file('  services/*:'),
      lists({ 'services/*': [{ dir: 'services/x', is: 'outside' }] }),
      ['FOLDER_UNUSABLE', 4, 3],
    ],
    [
      'two folders of one name',
      file('  services/*:\n  jobs/*:'),
      lists({ 'services/*': found('services/a'), 'jobs/*': found('jobs/a') }),
      ['FOLDER_UNUSABLE', 5, 3],
    ],
    [
      'one folder by two patterns',
      file('  services/*:\n  "*/cart":'),
      lists({ 'services/*': services, '*/cart': found('services/cart') }),
      ['FOLDER_UNUSABLE', 5, 3],
    ],
    [
      'an image of another folder that has the name of one',
      file('  services/*:\n  web: { context: tools/web }'),
      usual,
      ['FOLDER_UNUSABLE', 4, 3],
    ],
    ['limits of one image', file('  services/*:\n  tool: { only: [cart] }'), usual, ['CONFIG_VALUE_INVALID', 5, 11]],
    ['a limit that is no list', file('  services/*: { only: cart }'), usual, ['CONFIG_VALUE_INVALID', 4, 23]],
    ['a limit of nothing', file('  services/*: { only: [] }'), usual, ['CONFIG_VALUE_INVALID', 4, 23]],
    ['a key that there is not', file('  services/*: { contxt: x }'), usual, ['CONFIG_KEY_UNKNOWN', 4, 17]],
    ['an unknown engine', file('  services/*: { engine: make }'), usual, ['CONFIG_VALUE_INVALID', 4, 25]],
    ['a pattern outside of the repo', file('  ../*:'), usual, ['CONFIG_VALUE_INVALID', 4, 3]],
    ['a pattern of what is not meant', file('  "!services/*":'), usual, ['CONFIG_VALUE_INVALID', 4, 3]],
    [
      'one repository for all',
      file('  services/*: { repository: shop, tag: v1 }'),
      usual,
      ['CONFIG_VALUE_INVALID', 4, 3],
    ],
    ['nothing looked up', file('  services/*:'), null, ['IMAGES_NOT_LOOKED_UP', 4, 3]],
    ['{name} where no pattern is', file('  app: {}'), usual, ['CONFIG_VALUE_INVALID', 9, 12]],
    [
      '{name} in a value alone',
      file('  services/*:', 'set: { all.yaml: { .tag: "{tag.{name}}" } }'),
      usual,
      ['CONFIG_VALUE_INVALID', 9, 30],
    ],
    [
      '{name} in a branch',
      file('  services/*:', 'branch: "{name}"\n    set: { "{name}.yaml": { .tag: "{tag}" } }'),
      usual,
      ['CONFIG_VALUE_INVALID', 9, 13],
    ],
    [
      'a limit of a delivery that is no image’s name',
      file('  services/*:', 'only: [crat]\n    set: { "{name}.yaml": { .tag: "{tag}" } }'),
      usual,
      ['CONFIG_VALUE_INVALID', 9, 12],
    ],
    [
      'an unknown variable in a value of each',
      file('  services/*:', 'set: { "{name}.yaml": { .tag: "{sha}" } }'),
      usual,
      ['CONFIG_VALUE_INVALID', 9, 35],
    ],
  ])('%s is told at its place, and by `validate` as often as it is to be mended', (_, text, from, expected) => {
    const all = told(text, from);
    expect(all.map(placed)).toContainEqual(expected);
    expect(new Set(all.map(({ message }) => message)).size).toBe(all.length);
    try {
      read(text, from);
      expect.unreachable('no error came');
    } catch (error) {
      if (!isError(error)) throw error;
      expect(all.map(placed)).toContainEqual(placed(error));
    }
  });
});
