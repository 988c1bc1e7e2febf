import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { build } from '../../../src/entry/commands/build.ts';
import { commit } from '../../../src/entry/commands/commit.ts';
import { plan } from '../../../src/entry/commands/plan.ts';
import { ship } from '../../../src/entry/commands/ship.ts';
import type { CommonOptions } from '../../../src/entry/run/options.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const common: CommonOptions = { json: true, quiet: false, color: false, jobs: 1 };

/** An app repo with the tags v1.9.0, v1.10.0 on its second commit and v1.9.1 on one beside it, detached at any of them. */
async function releases(delivery: string) {
  const host = await gitHost();
  const repo = await host.createRepo('config', { files: { 'values.yaml': 'app:\n  tag: none\n' } });
  const dir = await tempDir();
  const id = ['-c', 'user.name=A', '-c', 'user.email=a@b.c'];
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await writeFile(join(dir, 'tagboat.yaml'), `deliveries:\n  production:\n    repo: ${repo}\n${delivery}\n`);
  await git(dir, 'add', '.');
  const make = async (tag: string) => {
    await git(dir, ...id, 'commit', '--quiet', '--allow-empty', '-m', tag);
    await git(dir, ...id, 'tag', '-a', '-m', tag, tag);
  };
  await make('v1.9.0');
  await make('v1.10.0');
  await git(dir, 'checkout', '--quiet', 'v1.9.0');
  await make('v1.9.1');
  const at = async (tag: string, options: Partial<CommonOptions> = { ref: `refs/tags/${tag}` }, env = {}) => {
    await git(dir, 'checkout', '--quiet', '--detach', tag);
    const how = { branch: 'main', set: [], create: false };
    return here(commit({ ...common, ...options }, how), { command: 'commit', cwd: dir, env });
  };
  const value = async () => (await host.git('config', 'show', 'main:values.yaml')).split('\n')[1]?.trim();
  const looked = async (env = {}) => here(plan(common), { command: 'plan', cwd: dir, env });
  return { dir, at, value, looked };
}

describe.skipIf(noHttpBackend !== undefined)(`a delivery by git tag${skipNote}`, () => {
  it('with order: semver never puts a lower release over a higher one', async () => {
    const { at, value } = await releases(
      `    from: { tags: ["v*"] }\n    order: semver\n    set: { values.yaml: { .app.tag: "{commit}" } }`,
    );
    expect((await at('v1.9.0')).commits).toMatchObject([{ is: 'landed' }]);
    expect((await at('v1.10.0')).commits).toMatchObject([{ is: 'landed' }]);
    const now = await value();
    // On a branch of its own, and lower than what is there: by ancestry it would be refused as diverged.
    expect((await at('v1.9.1')).commits).toMatchObject([{ is: 'superseded', by: 'v1.10.0' }]);
    expect(await value()).toBe(now);
  });

  it('goes by ancestry where nothing else is asked', async () => {
    const { at } = await releases(`    from: { tags: ["v*"] }\n    set: { values.yaml: { .app.tag: "{commit}" } }`);
    await at('v1.10.0');
    expect((await at('v1.9.0')).commits).toMatchObject([{ is: 'superseded' }]);
    expect((await at('v1.9.1')).errors).toMatchObject([{ code: 'ORDER_DIVERGED' }]);
  });

  it('is made by the tag that a CI names, and by none that is of another commit', async () => {
    const { at, dir, value } = await releases(
      `    from: { tags: ["v*"] }\n    set: { values.yaml: { .app.tag: "{commit}" } }`,
    );
    const head = (await git(dir, 'rev-parse', 'v1.9.0^{commit}')).trim();
    const gitlab = { GITLAB_CI: 'true', CI_COMMIT_SHA: head, CI_COMMIT_TAG: 'v1.9.0', CI_COMMIT_REF_NAME: 'v1.9.0' };
    expect((await at('v1.9.0', {}, gitlab)).commits).toMatchObject([{ is: 'landed' }]);
    expect(await value()).toBe(`tag: ${head}`);
    expect((await at('v1.9.0', { ref: 'refs/tags/v1.10.0' })).errors).toMatchObject([
      { code: 'SOURCE_REF_ELSEWHERE', exitCode: 2 },
    ]);
    expect((await at('v1.9.0', { ref: 'refs/tags/v1 9' })).errors).toMatchObject([{ code: 'USAGE' }]);
  });

  it('that none takes, a detached head, and a CI that is not known end with 2, in a plan too', async () => {
    const { at, looked } = await releases(`    from: main\n    set: { values.yaml: { .app.tag: "{commit}" } }`);
    const ends = async (options: Partial<CommonOptions>, env = {}) =>
      (await at('v1.9.0', options, env)).errors.map(({ code, exitCode }) => [code, exitCode]);
    expect(await ends({ ref: 'refs/tags/v1.9.0' })).toEqual([['GIT_TAG_NOT_TAKEN', 2]]);
    expect(await ends({})).toEqual([['NOTHING_TO_DELIVER', 2]]);
    expect(await ends({}, { CI: 'true', ANOTHER_CI: 'true' })).toEqual([['NOTHING_TO_DELIVER', 2]]);
    expect(await ends({ ref: 'topic', delivery: ['production'] })).toEqual([['NOTHING_TO_DELIVER', 2]]);
    expect((await looked()).errors).toMatchObject([{ code: 'NOTHING_TO_DELIVER', exitCode: 2 }]);
    expect(await ends({ ref: 'topic' })).toEqual([]);
    expect((await at('v1.9.0', { ref: 'main' })).commits).toMatchObject([{ is: 'landed' }]);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a pull request${skipNote}`, () => {
  const proposal = (head: string, source: string) => ({
    ...{ GITLAB_CI: 'true', CI_COMMIT_SHA: head, CI_COMMIT_REF_NAME: 'topic', CI_MERGE_REQUEST_ID: '77' },
    ...{ CI_MERGE_REQUEST_IID: '7', CI_MERGE_REQUEST_PROJECT_ID: '1', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: source },
    ...{ CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_PIPELINE_SOURCE: 'merge_request_event' },
  });

  it('is delivered where a delivery asks for it, and never of a fork', async () => {
    const { at, dir } = await releases(
      `    from: { pullRequests: true }\n    set: { values.yaml: { .app.tag: "{commit}" } }`,
    );
    const head = (await git(dir, 'rev-parse', 'v1.9.0^{commit}')).trim();
    expect((await at('v1.9.0', {}, proposal(head, '1'))).commits).toMatchObject([{ is: 'landed' }]);
    const [fork] = (await at('v1.9.0', {}, proposal(head, '2'))).errors;
    expect(fork).toMatchObject({ code: 'SOURCE_FROM_FORK', exitCode: 2 });
    const said = await at('v1.9.0', { ref: 'refs/heads/main' }, proposal(head, '2'));
    expect(said.errors).toMatchObject([{ code: 'SOURCE_FROM_FORK' }]);
    const shipped = here(ship(common, { allowNothing: true }), { cwd: dir, env: proposal(head, '2') });
    expect((await shipped).errors).toMatchObject([{ code: 'SOURCE_FROM_FORK' }]);
    const built = here(build(common), { cwd: dir, env: proposal(head, '2') });
    expect((await built).errors).toMatchObject([{ code: 'SOURCE_FROM_FORK' }]);
  });

  it('that none takes is refused by ship, and planned as if it were merged', async () => {
    const { at, dir, looked } = await releases(`    from: main\n    set: { values.yaml: { .app.tag: "{commit}" } }`);
    const head = (await git(dir, 'rev-parse', 'v1.9.0^{commit}')).trim();
    expect((await at('v1.9.0', {}, proposal(head, '1'))).errors).toMatchObject([
      { code: 'PULL_REQUEST_NOT_TAKEN', exitCode: 2 },
    ]);
    for (const source of ['1', '2']) {
      const { errors, events } = await looked(proposal(head, source));
      expect(errors).toEqual([]);
      expect(events).toContainEqual(expect.objectContaining({ type: 'commit.previewed', delivery: 'production' }));
    }
  });

  it('is planned without the secrets of the delivering job, on whichever CI it is', async () => {
    const { at, dir, looked } = await releases(
      `    from: main\n    set: { values.yaml: { .app.tag: "{commit}" } }
    argocd: { server: https://argocd.example.com }
    application: shop`,
    );
    const head = (await git(dir, 'rev-parse', 'v1.9.0^{commit}')).trim();
    await at('v1.9.0', {}, proposal(head, '1'));
    const systems = [
      { BUILDKITE: 'true', BUILDKITE_COMMIT: head, BUILDKITE_BRANCH: 'topic', BUILDKITE_PULL_REQUEST: '7',
        BUILDKITE_PULL_REQUEST_BASE_BRANCH: 'main' },
      { BITBUCKET_BUILD_NUMBER: '1', BITBUCKET_COMMIT: head, BITBUCKET_BRANCH: 'topic', BITBUCKET_PR_ID: '7',
        BITBUCKET_PR_DESTINATION_BRANCH: 'main' },
      { JENKINS_URL: 'https://j.example.com', BUILD_NUMBER: '1', GIT_COMMIT: head, BRANCH_NAME: 'PR-7', CHANGE_ID: '7',
        CHANGE_TARGET: 'main' },
      proposal(head, '1'),
    ]; // biome-ignore format: a table
    for (const env of systems) {
      const { errors, events } = await looked({ CI: 'true', ...env });
      expect([errors, env]).toEqual([[], env]);
      expect(events).toContainEqual(expect.objectContaining({ code: 'NOT_KNOWN_HERE' }));
    }
    const pushed = { CI: 'true', BUILDKITE: 'true', BUILDKITE_COMMIT: head, BUILDKITE_BRANCH: 'main' };
    expect((await looked({ ...pushed, BUILDKITE_PULL_REQUEST: 'false' })).errors).toMatchObject([
      { code: 'ARGOCD_TOKEN_MISSING' },
    ]);
  });
});
