import { createServer } from 'node:http';
import { delimiter } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ManifestSource } from '../../../src/commit/render/layout.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { manifestPrograms, noManifestPrograms } from '../../support/manifest-programs.ts';
import { setTag } from '../landing.ts';
import { rendersOf } from './rendering.ts';

const note = noManifestPrograms === undefined ? skipNote : ` (skipped: ${noManifestPrograms})`;
let path = '';

const chart = {
  'main/Chart.yaml': 'apiVersion: v2\nname: main\nversion: 1.0.0\nappVersion: "1"\n',
  'main/values.yaml': 'front: { imageTag: a, replicas: 2 }\nback: { imageTag: a }\n',
  'main/templates/front.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }}-front, namespace: {{ .Release.Namespace }} }
spec:
  replicas: {{ .Values.front.replicas }}
  template: { spec: { containers: [{ name: front, image: "shop:{{ .Values.front.imageTag }}", args: ["{{ .Values.front.replicas }}"] }] } }
`,
  'main/templates/back.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: back }\ndata: { tag: "{{ .Values.back.imageTag }}" }\n',
};

describe.skipIf(noHttpBackend !== undefined || noManifestPrograms !== undefined)(`a real helm${note}`, () => {
  beforeAll(() => {
    path = manifestPrograms();
  }, 1_800_000);

  it('shows which object of a chart a value changes, and how', async () => {
    const [only] = await rendersOf(chart, { path });
    expect(only?.failed).toBeUndefined();
    expect(only?.objects).toEqual([{ is: 'changed', kind: 'Deployment', namespace: 'default', name: 'shop-front' }]);
    expect(only?.diff).toMatch(/-\s+image: shop:a\n\+\s+image: shop:b\n/);
    expect(only?.diff).not.toContain('ConfigMap');
  });

  it('reads values as Argo CD’s application says: files in their order, its own values, parameters, release and namespace', async () => {
    const files = { ...chart, 'env/dev.yaml': 'front: { imageTag: a, replicas: 3 }\n' };
    const source: Omit<ManifestSource, 'by'> = {
      ...{ application: 'shop-dev', folder: 'main', valueFiles: ['env/dev.yaml'], notes: [] },
      ...{ release: 'dev', namespace: 'team', values: 'back: { imageTag: own }' },
      parameters: [{ name: 'front.replicas', value: '7', text: false }],
    };
    const rendering = { sources: [source], release: undefined };
    const [only] = await rendersOf(files, { path, rendering, edits: [setTag('b', 'env/dev.yaml')] });
    expect(only).toMatchObject({
      ...{ application: 'shop-dev', by: 'helm template' },
      objects: [{ kind: 'Deployment', namespace: 'team', name: 'dev-front' }],
    });
    expect(only?.diff).toMatch(/args:\n\s+- "7"/);
  });

  it('has nothing random told as a change', async () => {
    const random =
      'apiVersion: v1\nkind: Secret\nmetadata: { name: random }\nstringData: { a: {{ randAlphaNum 12 | quote }} }\n';
    const [only] = await rendersOf({ ...chart, 'main/templates/random.yaml': random }, { path });
    expect(only?.objects.map(({ name }) => name)).toEqual(['shop-front']);
    expect(only?.notes).toContainEqual(expect.stringContaining('1 of the objects'));
  });

  it('asks no cluster and no name server, and is told to lack a dependency that was not fetched', async () => {
    const asks =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: asks }\ndata: { a: {{ (lookup "v1" "Secret" "default" "x") | toJson | quote }}, b: {{ getHostByName "localhost" | quote }} }\n';
    const [asked] = await rendersOf({ ...chart, 'main/templates/asks.yaml': asks }, { path });
    expect(asked?.failed).toBeUndefined();
    const needs = `${chart['main/Chart.yaml']}dependencies: [{ name: redis, version: 1.0.0, repository: "https://charts.example" }]\n`;
    const [lacking] = await rendersOf({ ...chart, 'main/Chart.yaml': needs }, { path });
    expect(lacking?.failed).toMatch(/helm ended with 1: .*dependenc.*redis/i);
  });

  it('whose templates a value breaks is told with its words', async () => {
    const strict = '{{ if eq .Values.front.imageTag "b" }}{{ fail "no such tag" }}{{ end }}';
    const [only] = await rendersOf({ ...chart, 'main/templates/strict.yaml': strict }, { path });
    expect(only).toMatchObject({ objects: [], failed: expect.stringContaining('no such tag') });
  });
});

describe.skipIf(noHttpBackend !== undefined || noManifestPrograms !== undefined)(`a real kustomize${note}`, () => {
  const base = {
    'base/kustomization.yaml': 'resources: [front.yaml]\ncomponents: [../parts/labels]\n',
    'base/front.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: front }\nspec: { template: { spec: { containers: [{ name: front, image: shop }] } } }\n',
    'parts/labels/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: shop-\n',
    'overlays/dev/kustomization.yaml': 'namespace: dev\nresources: [../../base]\nimages: [{ name: shop, newTag: a }]\n',
    'overlays/prod/kustomization.yaml': 'resources: [../../base]\n',
  };
  const edits = [setTag('b', 'overlays/dev/kustomization.yaml', '.images[name=shop].newTag')];
  beforeAll(() => {
    path = manifestPrograms();
  }, 1_800_000);

  it.each([['kustomize build'], ['kubectl kustomize']])('builds an overlay on bases above it (%s)', async (by) => {
    const here = by === 'kustomize build' ? path : (process.env.PATH ?? '');
    const [only] = await rendersOf(base, { path: here, edits });
    // Where there is no kubectl, that is told, and nothing else.
    if (by !== 'kustomize build' && only?.failed?.includes("isn't here")) return;
    expect(only?.failed).toBeUndefined();
    expect(only).toMatchObject({
      ...{ by: expect.stringMatching(/^(?:kustomize build|kubectl kustomize)$/), folder: 'overlays/dev' },
      objects: [{ is: 'changed', kind: 'Deployment', namespace: 'dev', name: 'shop-front' }],
    });
    expect(only?.diff).toMatch(/-\s+- image: shop:a\n\+\s+- image: shop:b\n/);
  });

  it('fetches nothing and starts nothing, whatever a kustomization asks for', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: fetched }\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/x.yaml`;
    const dev = base['overlays/dev/kustomization.yaml'];
    const asks = [
      dev.replace('resources: [', `resources: ["${url}", `),
      `${dev}components: ["git@host.example:x/y"]\n`,
      `${dev}patches: [{ path: "${url}" }]\n`,
      `${dev}openapi: { path: "${url}" }\n`,
      `${dev}configMapGenerator: [{ name: x, files: ["a=${url}"] }]\n`,
      dev.replace('resources: [', 'resources: ["host.example/x/y.git", '),
      `${dev}helmCharts: [{ name: x, repo: "${url}" }]\n`,
      `${dev}transformers: ["|-\\n  kind: X"]\n`,
    ];
    for (const text of asks) {
      const [only] = await rendersOf(
        { ...base, 'overlays/dev/kustomization.yaml': text },
        { path: `${path}${delimiter}/usr/bin`, edits },
      );
      expect([only?.objects, only?.failed === undefined, text]).toEqual([[], false, text]);
    }
    expect(asked).toBe(0);
  });
});
