import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commit } from '../../src/entry/commands/commit.ts';
import { gitHost, noHttpBackend, skipNote, tempDir } from '../support/git-host.ts';
import { here } from '../support/here.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/release-by-tag.md'), 'utf8');

describe.skipIf(noHttpBackend !== undefined)(`the page about releases by tag${skipNote}`, () => {
  it('has a job that sets the tagged commit, without a checkout and without a config', async () => {
    const [, workflow = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { branch, set, message } = parse(workflow).jobs.release.steps[0].with as Record<string, string>;
    const [sha, ref] = ['3f2c1d0'.padEnd(40, '0'), 'v1.4.0'];
    const filled = (text = '') =>
      text.replace(/\$\{\{ github\.(sha|ref_name) \}\}/g, (_, of) => (of === 'sha' ? sha : ref));
    const host = await gitHost();
    const repo = await host.createRepo('config', {
      files: { 'production/shop.yaml': 'image:\n  tag: none # by CI\n' },
    });
    const common = { json: true, quiet: false, color: false, jobs: 1 };
    const how = { repo, branch: String(branch), set: [filled(set)], message: filled(message), create: false };
    const env = { GITHUB_ACTIONS: 'true', GITHUB_REF: `refs/tags/${ref}`, GITHUB_SHA: sha };
    const done = await here(commit(common, how), { command: 'commit', cwd: await tempDir(), env });
    expect(done).toMatchObject({ errors: [], commits: [{ is: 'landed' }] });
    expect(await host.git('config', 'show', 'main:production/shop.yaml')).toBe(`image:\n  tag: ${sha} # by CI\n`);
    expect(await host.git('config', 'log', '-1', '--format=%s', 'main')).toBe(`Release ${ref}\n`);
  });
});
