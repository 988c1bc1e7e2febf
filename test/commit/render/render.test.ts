import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareManifests, createMask, renderedObjects } from '../../../src/commit/render/objects.ts';
import { noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { setTag } from '../landing.ts';
import { rendersOf } from './rendering.ts';

const deployment = (image: string, name = 'front') =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: shop }\nspec:\n  image: ${image}\n`;
const image = (value: string, file = 'main/front.yaml') => setTag(value, file, '.spec.image');
const values = { 'main/values.yaml': 'front: { imageTag: a }\n' };
const chart = { ...values, 'main/Chart.yaml': 'apiVersion: v2\nname: main\nversion: 1.0.0\n' };

/** A program in the place of helm or kustomize, which shows how such a one is called. */
async function program(name: string, script: string): Promise<string> {
  const dir = await tempDir();
  await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, name), 0o755);
  return dir;
}

describe.skipIf(noHttpBackend !== undefined)(`what a delivery changes in the manifests${skipNote}`, () => {
  it('is each object of plain YAML that differs', async () => {
    const files = { 'main/front.yaml': deployment('a'), 'main/back.yaml': deployment('a', 'back') };
    const [only, ...others] = await rendersOf(files, { edits: [image('b')] });
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      by: 'plain',
      folder: 'main',
      objects: [{ is: 'changed', kind: 'Deployment', namespace: 'shop', name: 'front' }],
    });
    expect(only?.failed).toBeUndefined();
    expect(only?.diff).toContain('--- a/Deployment/shop/front\n');
    expect(only?.diff).toContain('-  image: a\n+  image: b\n');
  });

  it('is told to be unknown where nothing says what makes them', async () => {
    const [only] = await rendersOf(values);
    expect(only).toMatchObject({ objects: [], failed: expect.stringContaining('nothing tells what makes manifests') });
  });

  it.each([
    ['helm', chart, 'helm'],
    ['kustomize', { ...values, 'main/kustomization.yaml': 'resources: []\n' }, 'kustomize or kubectl'],
  ])('is told not to be rendered where %s is missing', async (_, files, missing) => {
    const [only] = await rendersOf(files);
    expect(only).toMatchObject({ folder: 'main', objects: [], failed: `${missing} isn't here.` });
  });

  it.each([
    [
      'beside the chart',
      { ...chart, 'main/dev.yaml': 'front: { imageTag: a }\n' },
      'main/dev.yaml',
      'main main/dev.yaml',
    ],
    [
      'above it',
      { 'dev/chart/Chart.yaml': 'name: x\n', 'dev/values.yaml': 'front: { imageTag: a }\n' },
      'dev/values.yaml',
      'dev/chart dev/values.yaml',
    ],
    ['its own', chart, 'main/values.yaml', 'main'],
    [
      'of a chart in it',
      { ...chart, 'main/charts/x/Chart.yaml': 'name: x\n', 'main/charts/x/values.yaml': 'front: { imageTag: a }\n' },
      'main/charts/x/values.yaml',
      'main',
    ],
    [
      'of a chart at the root',
      { 'Chart.yaml': 'name: x\n', 'env/dev.yaml': 'front: { imageTag: a }\n' },
      'env/dev.yaml',
      ' env/dev.yaml',
    ],
  ])('is rendered by the chart with the values file %s', async (_, files, file, told) => {
    const path = await program('helm', 'echo "apiVersion: v1\nkind: Told\nmetadata: { name: it }\nargs: |\n  $*"');
    const [only] = await rendersOf(files, { edits: [setTag('b', file)], path });
    expect(only?.failed).toBeUndefined();
    // The same folder both times: nothing differs but what the values make.
    expect(only).toMatchObject({ by: 'helm template', objects: [] });
    const seen: string[] = [];
    await rendersOf(files, {
      ...{ edits: [setTag('b', file)], path },
      exec: (exec) => (command) => {
        seen.push(
          command.args
            .filter((arg) => arg.includes('/repo'))
            .map((arg) => arg.replace(/.*\/repo\/?/, ''))
            .join(' '),
        );
        return exec(command);
      },
    });
    expect(seen).toEqual([told, told, told]);
  });

  it('is made by programs that find nothing of this machine: no secret, no home, no other program, no way to a host', async () => {
    const path = await program(
      'helm',
      'env | /usr/bin/tr "\\n" "," | /bin/sed "s/^/apiVersion: v1\\nkind: Told\\nmetadata: { name: it }\\nenv: \\"/; s/$/\\"/"; exit 3',
    );
    let env: Readonly<Record<string, string | undefined>> = {};
    await rendersOf(chart, {
      ...{
        path,
        env: { TAGBOAT_TOKEN: 'planted', HELM_DRIVER: 'x', KUBECONFIG: '/root/.kube/config', HTTPS_PROXY: 'http://p' },
      },
      exec: (exec) => (command) => {
        env = command.env ?? {};
        return exec(command);
      },
    });
    expect(env).toMatchObject({ TAGBOAT_TOKEN: undefined, HELM_DRIVER: undefined, HTTPS_PROXY: 'http://127.0.0.1:9' });
    expect([env.HOME, env.PATH, env.KUBECONFIG].every((one) => one?.includes('tagboat-render-'))).toBe(true);
  });

  it.each([
    [
      'that fails',
      'echo "Error: no chart"; echo "Error: no template" >&2; exit 1',
      'helm ended with 1: Error: no template',
    ],
    ['that gives no YAML', 'echo "a: b: c"', 'the manifests are no YAML'],
    ['that gives too much', '/usr/bin/head -c 9000000 /dev/zero', 'helm gave more than 8 MiB'],
  ])('is told not to be rendered by a program %s, with its words, and nothing stays behind', async (_, script, why) => {
    let home = '';
    const [only] = await rendersOf(chart, {
      path: await program('helm', script),
      exec: (exec) => (command) => {
        home = command.cwd ?? '';
        return exec(command);
      },
    });
    expect(only).toMatchObject({ objects: [], diff: '', failed: `${why}.` });
    expect([basename(dirname(home)).slice(0, 15), existsSync(dirname(home))]).toEqual(['tagboat-render-', false]);
  });

  it('leaves out what is another each time', async () => {
    const path = await program(
      'helm',
      'echo "apiVersion: v1\nkind: Secret\nmetadata: { name: x$$ }\nstringData: { a: $$ }"',
    );
    const [only] = await rendersOf(chart, { path });
    expect(only).toMatchObject({ objects: [{ is: 'added' }], notes: [expect.stringContaining('differ each time')] });
  });

  it('takes in no file by a link, none of a submodule, and none that is too large', async () => {
    const path = await program(
      'helm',
      '/bin/ls -d * | /bin/sed "s/^/  /; 1s/^/apiVersion: v1\\nkind: Told\\nmetadata: { name: it }\\nfiles: |\\n/"',
    );
    const files = {
      ...chart,
      'main/link.yaml': { mode: '120000', content: '/etc/passwd' },
      'main/large.bin': 'x'.repeat(1024 * 1024 + 1),
    };
    const [only] = await rendersOf(files, { path });
    expect(only?.failed).toBeUndefined();
    expect(only?.notes.join()).toMatch(/main\/link\.yaml is a symlink/);
    expect(only?.notes.join()).toMatch(/main\/large\.bin is too large/);
  });

  it('refuses a folder of thousands of files, before any of them is read', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_001 }, (_, at) => [`main/files/${at}.txt`, `${at}`]));
    const [only] = await rendersOf({ ...chart, ...many }, { path: await program('helm', 'exit 0') });
    expect(only?.failed).toBe('more than 2000 files would have to be read.');
  });

  it('fetches no base from elsewhere', async () => {
    const files = {
      ...{ ...values, 'main/kustomization.yaml': 'resources: [../base]\n' },
      'base/kustomization.yaml': 'resources: ["https://evil.example/x?ref=main"]\n',
    };
    const path = await program('kustomize', 'exit 0');
    const [only] = await rendersOf(files, { path });
    expect(only?.failed).toContain('base/kustomization.yaml takes in https://evil.example/x?ref=main');
  });

  it('is read from a host that can filter nothing', async () => {
    const [only] = await rendersOf(
      { 'main/front.yaml': deployment('a') },
      { edits: [image('b')], config: { 'uploadpack.allowFilter': 'false' } },
    );
    expect(only).toMatchObject({ objects: [{ is: 'changed' }] });
  });
});

describe('manifests', () => {
  const compare = (before: string, after: string) => {
    const mask = createMask();
    return compareManifests(renderedObjects(before, mask), renderedObjects(after, mask), new Set());
  };
  const secret = (value: string, more = '') =>
    `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { a: ${value}${more} }\n`;

  it('of a Secret show which value changes, and none of them', () => {
    const { objects, diff } = compare(secret('planted-1', ', b: planted-2'), secret('planted-3', ', b: planted-2'));
    expect(objects).toMatchObject([{ is: 'changed', kind: 'Secret' }]);
    expect(diff).not.toContain('planted');
    expect(diff).toContain('-  a: ++++++++\n+  a: +++++++++\n   b: ++++++++');
    expect(compare(secret('planted-1'), secret('planted-1')).objects).toEqual([]);
  });

  it('are told apart by group, kind, namespace and name, wherever they stand', () => {
    const [a, b] = [deployment('a'), deployment('a', 'back')];
    expect(compare(`${a}---\n${b}`, `${b}---\n${a}`).objects).toEqual([]);
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${a.trim().replaceAll('\n', '\n  ')}\n`;
    expect(compare(a, list).objects).toEqual([]);
    expect(compare(a, '').objects).toMatchObject([{ is: 'removed', name: 'front' }]);
    expect(compare(`${a}---\n${a}`, a).objects).toMatchObject([{ is: 'removed', name: 'front' }]);
  });

  it('that are a bomb of aliases, too deep or too many are refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((one, at) => `${one}: &${one} [${`*${'abcdefgh'[at]},`.repeat(9)}]`).join('\n')}\n`;
    expect(() => renderedObjects(`apiVersion: v1\nkind: X\n${bomb}`, createMask())).toThrow('too many aliases');
    expect(() => renderedObjects(`a: ${'['.repeat(300)}`, createMask())).toThrow('too deep');
    expect(() => renderedObjects('---\na: 1\n'.repeat(5_001), createMask())).toThrow('more than 5000 objects');
  });
});
