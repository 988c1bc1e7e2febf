import { expect, it, onTestFinished } from 'vitest';
import { commitByRest, restOf } from '../../bench/by-rest.ts';
import { serveApi } from '../../src/sandbox/api.ts';
import { gitHost } from '../support/git-host.ts';

it('a commit by blob, tree, commit and ref changes the one file on the tip, in six requests', async () => {
  const host = await gitHost();
  await host.createRepo('acme/config', { files: { 'a/b.yaml': 'tag: old\n', 'other.yaml': 'x: 1\n' } });
  const before = await host.git('acme/config', 'rev-parse', 'main');
  const api = await serveApi((request) => restOf(request, host));
  onTestFinished(() => api.close());
  const order = { api: api.url, repository: 'acme/config', file: 'a/b.yaml', text: 'tag: new\n' };
  expect(await commitByRest(order)).toBe(6);
  expect(api.requests).toHaveLength(6);
  expect(await host.git('acme/config', 'rev-parse', 'main^')).toBe(before);
  expect(await host.git('acme/config', 'diff', '--numstat', 'main^', 'main')).toBe('1\t1\ta/b.yaml\n');
  expect(await host.git('acme/config', 'show', 'main:a/b.yaml')).toBe('tag: new\n');
});
