import { expect, it } from 'vitest';
import { pairPlaces } from '../../../src/config/plan/pair-places.ts';
import type { DeliveryConfig } from '../../../src/config/shape/checked.ts';

/** `FILE PATH=TEMPLATE`, one a place. */
function delivery(name: string, ...places: string[]): DeliveryConfig {
  const set = places.map((place) => {
    const [, file = '', path = '', value = ''] = /^(\S+) ([^=]+)=(.*)$/.exec(place) ?? [];
    return { file, path, value };
  });
  return { name, set } as unknown as DeliveryConfig;
}

function pairsOf(dev: string[], prod: string[]): string[] {
  return pairPlaces(delivery('dev', ...dev), delivery('prod', ...prod)).map(
    ({ from, to }) => `${from.file} ${from.path} → ${to.file} ${to.path}`,
  );
}

function codeOf(dev: string[], prod: string[]): unknown {
  try {
    return pairsOf(dev, prod);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

it('places of one path in several files are paired file by file', () => {
  expect(pairsOf(['dev/a .tag={tag}', 'dev/b .tag={tag}'], ['prod/b .tag={tag}', 'prod/a .tag={tag}'])).toEqual([
    'dev/b .tag → prod/b .tag',
    'dev/a .tag → prod/a .tag',
  ]);
});

it('each of twelve services gets its own digest, whatever its file is called', () => {
  const names = Array.from({ length: 12 }, (_, at) => `svc-${at}`);
  const dev = names.map((name) => `dev/${name}/values.yaml .image.digest={digest.${name}}`);
  const prod = names.map((name, at) => `prod/p${at * 7}.yaml .image.digest={digest.${name}}`).reverse();
  expect(pairsOf(dev, prod)).toEqual(
    names.map((name, at) => `dev/${name}/values.yaml .image.digest → prod/p${at * 7}.yaml .image.digest`).reverse(),
  );
});

it.each<[string, string[], string[], string[]]>([
  [
    'the same file on another branch',
    ['a.yaml .tag={tag}', 'b.yaml .tag={tag}'],
    ['b.yaml .tag={tag}'],
    ['b.yaml .tag → b.yaml .tag'],
  ],
  [
    'one word of the path that differs',
    ['v.yaml .dev.a.tag={tag}', 'v.yaml .dev.b.tag={tag}'],
    ['v.yaml .prod.a.tag={tag}', 'v.yaml .prod.b.tag={tag}'],
    ['v.yaml .dev.a.tag → v.yaml .prod.a.tag', 'v.yaml .dev.b.tag → v.yaml .prod.b.tag'],
  ],
  [
    'another layout of folders',
    ['dev/values.yaml .a.tag={tag}', 'dev/values.yaml .b.tag={tag}'],
    ['prod/charts/app.yaml .b.tag={tag}', 'prod/charts/app.yaml .a.tag={tag}'],
    ['dev/values.yaml .b.tag → prod/charts/app.yaml .b.tag', 'dev/values.yaml .a.tag → prod/charts/app.yaml .a.tag'],
  ],
  [
    'files that share nothing, each with a path of its own',
    ['one.yaml .a.tag={tag}', 'two.yaml .b.tag={tag}'],
    ['all.yaml .b.tag={tag}', 'all.yaml .a.tag={tag}'],
    ['two.yaml .b.tag → all.yaml .b.tag', 'one.yaml .a.tag → all.yaml .a.tag'],
  ],
  [
    'one image set in several places of the next',
    ['dev.yaml .tag={tag.app}'],
    ['prod.yaml .web.tag={tag.app}', 'prod.yaml .job.tag={tag.app}'],
    ['dev.yaml .tag → prod.yaml .web.tag', 'dev.yaml .tag → prod.yaml .job.tag'],
  ],
])('pairs %s', (_, dev, prod, pairs) => {
  expect(pairsOf(dev, prod)).toEqual(pairs);
});

it.each<[string, string[], string[], string]>([
  [
    'images that nothing tells apart',
    ['x.yaml .tag={tag}', 'y.yaml .tag={tag}'],
    ['p.yaml .tag={tag}', 'q.yaml .tag={tag}'],
    'PROMOTE_AMBIGUOUS',
  ],
  [
    'one place that may come from two',
    ['x.yaml .tag={tag}', 'y.yaml .tag={tag}'],
    ['p.yaml .tag={tag}'],
    'PROMOTE_AMBIGUOUS',
  ],
  ['one path with another image', ['a.yaml .tag={tag.one}'], ['b.yaml .tag={tag.two}'], 'PROMOTE_UNPAIRED'],
  ['one path with a value of another form', ['a.yaml .image={tag}'], ['b.yaml .image={image.app}'], 'PROMOTE_UNPAIRED'],
  ['two places for one of no named image', ['a .tag={tag}'], ['p/a .tag={tag}', 'p/b .tag={tag}'], 'PROMOTE_UNPAIRED'],
])('refuses %s', (_, dev, prod, code) => {
  expect(codeOf(dev, prod)).toBe(code);
});
