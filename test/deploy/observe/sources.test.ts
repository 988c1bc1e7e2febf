import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBases } from '../../../src/deploy/observe/kustomize.ts';
import { covers, reads } from '../../../src/deploy/observe/sources.ts';
import { readApplication } from '../../../src/wire/argocd/application.ts';
import type { Application } from '../../../src/wire/argocd/types.ts';

const followed = { repo: 'https://git.test/ops/config.git', branch: 'main' };
const source = { repoURL: 'git@git.test:ops/config.git', path: 'apps/shop', targetRevision: 'main' };

/** An application out of its JSON. */
function app(spec: object, annotations: object = {}, status: object = {}): Application {
  const found = readApplication({ metadata: { name: 'shop', annotations }, spec, status });
  if (found === undefined) throw new Error('no application');
  return found;
}
const helm = (...valueFiles: readonly string[]) => app({ source: { ...source, helm: { valueFiles } } });
const generated = (paths: string) => app({ source }, { 'argocd.argoproj.io/manifest-generate-paths': paths });
const other = { repoURL: 'https://charts.test', chart: 'shop', targetRevision: '1.0.0' };
const lent = (valueFile: string, more: object = {}) =>
  app({
    sources: [
      { ...other, helm: { valueFiles: [valueFile] } },
      { ...source, path: '', ref: 'values', ...more },
    ],
  });

describe('an application is made of a file', () => {
  const table: readonly (readonly [title: string, application: Application, file: string, is: boolean])[] = [
    ['in its folder', app({ source }), 'apps/shop/values.yaml', true],
    ['in a folder whose name only begins like it', app({ source }), 'apps/shop-2/values.yaml', false],
    ['that is a Helm value file outside of the path', helm('../../env/prod.yaml'), 'env/prod.yaml', true],
    ['beside such a value file', helm('../../env/prod.yaml'), 'env/dev.yaml', false],
    ['that is a Helm value file from the root', helm('/env/prod.yaml'), 'env/prod.yaml', true],
    ['of the same name as a value file elsewhere on the web', helm('https://x.test/env/prod.yaml'), 'env/prod.yaml', false],
    ['that a chart of elsewhere takes by $ref', lent('$values/env/prod.yaml'), 'env/prod.yaml', true],
    ['that is beside what is taken by $ref', lent('$values/env/prod.yaml'), 'env/dev.yaml', false],
    ['that is taken by a $ref of another name', lent('$others/env/prod.yaml'), 'env/dev.yaml', true],
    ['that lies in a source that is lent and rendered', lent('$values/env/prod.yaml', { path: 'apps' }), 'apps/x.yaml', true],
    ['in a folder of manifest-generate-paths', generated('.;/libs/chart'), 'libs/chart/values.yaml', true],
    ['in a folder that this names from its own', generated('.;../common'), 'apps/common/a.yaml', true],
    ['that this doesn’t name', generated('.;/libs/chart'), 'libs/other/values.yaml', false],
    ['of another branch', app({ source: { ...source, targetRevision: 'dev' } }), 'apps/shop/values.yaml', false],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, application, file, is) => {
    expect(covers(application, followed, [file])).toBe(is);
  });

  it('in a folder that its kustomization takes in, and one that this takes in', async () => {
    const repo: Readonly<Record<string, string>> = {
      'apps/shop/kustomization.yaml': 'resources: [../../base, https://git.test/x//y?ref=1]\npatches: [{ path: ../p.yaml }]\nconfigMapGenerator: [{ name: c, files: [a.conf=../../conf/a.conf] }]\n',
      'base/kustomization.yml': 'components: [../parts/db]\nresources: [../apps/shop]\n',
    }; // biome-ignore format: a table
    const asked: string[] = [];
    const bases = createBases(followed, async (files) => {
      asked.push(...files.map((file) => posix.dirname(file)));
      return new Map(files.flatMap((file) => (repo[file] === undefined ? [] : [[file, repo[file]] as const])));
    });
    const application = app({ source }, {}, { sourceType: 'Kustomize' });
    const found = await bases(application);
    for (const file of ['base/a.yaml', 'parts/db/b.yaml', 'apps/p.yaml', 'conf/a.conf']) {
      expect([file, covers(application, followed, [file], found)]).toEqual([file, true]);
      expect([file, covers(application, followed, [file])]).toEqual([file, false]);
    }
    expect(covers(application, followed, ['parts/web/b.yaml'], found)).toBe(false);
    // Each folder is read once, though they take each other in; and none for a chart.
    expect(asked.filter((folder) => folder === 'apps/shop')).toHaveLength(3);
    expect(await bases(app({ source }, {}, { sourceType: 'Helm' }))).toEqual([]);
  });
});

describe('an application that a template made reads a file itself', () => {
  const chart = (...valueFiles: readonly string[]) =>
    app({ source: { ...source, helm: { valueFiles } } }, {}, { sourceType: 'Helm' });
  it.each([
    ['the chart’s own values', chart(), 'apps/shop/values.yaml', true],
    ['a template', chart(), 'apps/shop/templates/a.yaml', true],
    ['a generator’s file in the chart’s folder', chart(), 'apps/shop/config.json', false],
    ['one that it names as a value file', chart('prod.yaml'), 'apps/shop/prod.yaml', true],
    [
      'any file of a folder of manifests',
      app({ source }, {}, { sourceType: 'Directory' }),
      'apps/shop/config.json',
      true,
    ],
  ] as const)('%s', (_, application, file, is) => {
    // biome-ignore format: a table
    expect(reads(application, followed, [file])).toBe(is);
  });
});
