import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareManifests, createMask, renderedObjects } from '../../../src/commit/render/objects.ts';
import { readApplication } from '../../../src/wire/argocd/application.ts';
import { noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { oneChart, rendersOf, type Said, said } from './rendering.ts';

/** A folder with a helm or kustomize in it that must not be started, or fails with its input's words. */
async function program(name: string): Promise<string> {
  const dir = await tempDir();
  await writeFile(join(dir, name), '#!/bin/sh\necho "planted-secret" >&2; exit 1\n');
  await chmod(join(dir, name), 0o755);
  return dir;
}

describe.skipIf(noHttpBackend !== undefined)(`what others wrote, on the way to the programs${skipNote}`, () => {
  it.each<[Said, string]>([
    [{ release: '--post-renderer=/bin/cat' }, 'no name of a release'],
    [{ release: `r${'x'.repeat(53)}` }, 'no name of a release'],
    [{ valueFiles: ['../../x.yaml'] }, "../../x.yaml isn't in the config repo"],
    [{ valueFiles: ['/etc/x.yaml'] }, "/etc/x.yaml isn't in the config repo"],
    [{ valueFiles: ['main/values.yaml,/etc/x.yaml'] }, "can't be given the value file"],
    [{ folder: '../..' }, "../.. isn't in the config repo"],
    [{ folder: '..', by: undefined }, ".. isn't in the config repo"],
  ])('%j starts nothing', async (more, why) => {
    let started = 0;
    const [only] = await rendersOf(oneChart, {
      ...{ path: await program('helm'), rendering: said(more) },
      exec: (exec) => (command) => {
        if (command.program.endsWith('/helm')) started += 1;
        return exec(command);
      },
    });
    expect(only).toMatchObject({ objects: [], diff: '', failed: expect.stringContaining(why) });
    expect(started).toBe(0);
  });

  it.each([
    ['resources: [../../host]', '../../host, which'],
    ['Resources: [../../host]', '../../host, which'],
    ['components: [/host]', '/host, which'],
    ['patches: [{ path: ../../host.yaml }]', '../../host.yaml, which'],
    ['configMapGenerator: [{ name: x, files: ["a=../../host"] }]', '../../host, which'],
    ['resources: ["file:///host"]', 'file:///host, and'],
    ['resources: [', 'no YAML document'],
  ])('kustomize takes in nothing of the machine: %s', async (text, why) => {
    const files = { 'main/values.yaml': 'front: { imageTag: a }\n', 'main/kustomization.yaml': text };
    const [only] = await rendersOf(files, { path: await program('kustomize') });
    expect(only).toMatchObject({ objects: [], failed: expect.stringContaining(why) });
  });

  it('the words of kustomize are hidden where there are Secrets, and shown elsewhere', async () => {
    const path = await program('kustomize');
    const failed = async (text: string) => {
      const files = { 'main/values.yaml': 'front: { imageTag: a }\n', 'main/kustomization.yaml': text };
      return (await rendersOf(files, { path }))[0]?.failed;
    };
    expect(await failed('secretGenerator: [{ name: s, literals: [planted-secret] }]\n')).toBe(
      "kustomize ended with 1, and its words aren't shown where there are Secrets.",
    );
    expect(await failed('namePrefix: x\n')).toBe('kustomize ended with 1: planted-secret.');
  });
});

it('an application says whether its value files may be missing, and that is nothing left out', () => {
  const made = (helm: object) =>
    readApplication({ metadata: { name: 'a' }, spec: { source: { repoURL: 'r', helm } } })?.sources[0]?.made;
  expect(made({ ignoreMissingValueFiles: true })).toMatchObject({ mayMiss: true, others: [] });
  expect(made({ skipCrds: true })).toMatchObject({ mayMiss: false, others: ['helm.skipCrds'] });
});

describe('a Secret shows nothing', () => {
  const secret = (value: string) => `{ apiVersion: v1, kind: Secret, metadata: { name: s }, ${value} }`;
  it.each([
    [
      'in the copy that kubectl keeps',
      (value: string) =>
        `{ apiVersion: v1, kind: Secret, metadata: { name: s, annotations: { kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"a":"${value}"}}' } } }`,
    ],
    [
      'in a SecretList',
      (value: string) =>
        `{ apiVersion: v1, kind: SecretList, items: [{ metadata: { name: s }, data: { a: ${value} } }] }`,
    ],
    [
      'in a list of any kind',
      (value: string) => `{ apiVersion: x/v1, kind: AnyList, items: [${secret(`data: { a: ${value} }`)}] }`,
    ],
    ['whose data is a text', (value: string) => secret(`data: ${value}`)],
    ['whose data is a list', (value: string) => secret(`stringData: [${value}]`)],
  ])('%s', (_, text) => {
    const mask = createMask();
    const read = (value: string) => renderedObjects(text(value), mask);
    const compared = compareManifests(read('planted-1'), read('planted-2'), new Set());
    expect(compared.objects).toMatchObject([{ is: 'changed', kind: 'Secret', name: 's' }]);
    expect(compared.diff).not.toContain('planted');
    expect(compareManifests(read('planted-1'), read('planted-1'), new Set()).objects).toEqual([]);
  });
});
