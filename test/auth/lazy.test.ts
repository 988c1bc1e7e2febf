import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const folder = resolve(import.meta.dirname, '../../src/auth');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));

/** Files with a static import, types aside, of something that matches. */
function importers(target: RegExp): string[] {
  return sources
    .filter(({ text }) =>
      [...text.matchAll(/^import (?!type )[^;]*? from '([^']+)';$/gms)].some(([, from]) => target.test(from ?? '')),
    )
    .map(({ file }) => file)
    .sort();
}

it('the AWS SDK is loaded by three files alone, and those by none at the start', () => {
  expect(importers(/^@aws-sdk\//)).toEqual(['aws/account.ts', 'aws/ecr.ts', 'aws/sts.ts']);
  expect(importers(/(^\.|\/aws)\/(ecr|sts)\.ts$/)).toEqual(['aws/account.ts']);
  expect(importers(/(^\.|\/aws)\/account\.ts$/)).toEqual([]);
});

it("Google's and Microsoft's libraries are loaded by a file each, and those by none at the start", () => {
  expect(importers(/^(?:google-auth-library|@azure\/)/)).toEqual(['azure/library.ts', 'google/library.ts']);
  expect(importers(/\/library\.ts$/)).toEqual([]);
});

it('Octokit is loaded by none at the start', () => {
  expect(importers(/^@octokit\//)).toEqual([]);
});

it('the reader of kubeconfigs, and YAML with it, is loaded by none at the start', () => {
  expect(importers(/\/kubernetes\/kubeconfig\.ts$/)).toEqual(['argocd/cluster.ts']);
  expect(importers(/(^\.|\/argocd)\/cluster\.ts$/)).toEqual([]);
});
