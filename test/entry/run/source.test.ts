import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findCommit } from '../../../src/entry/commands/see/find-commit.ts';
import { publicUrl } from '../../../src/entry/run/source/remote.ts';
import { readSource } from '../../../src/entry/run/source.ts';
import { type Command, createExec } from '../../../src/wire/exec.ts';
import { testWorld } from '../../support/world.ts';

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Bot',
  GIT_COMMITTER_EMAIL: 'bot@example.org',
  GIT_AUTHOR_DATE: '2026-03-01T10:00:00Z',
  GIT_COMMITTER_DATE: '2026-03-02T11:00:00+09:00',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};
const bare = { PATH: process.env.PATH, ...identity };

function folder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'tagboat-source-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function git(dir: string, ...args: string[]): string {
  return execFileSync('git', ['-C', dir, ...args], {
    encoding: 'utf8',
    env: bare,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A repository with one commit on `main`. */
function repo(): { dir: string; commit: string } {
  const dir = folder();
  git(dir, 'init', '-q', '-b', 'main');
  writeFileSync(join(dir, 'a.txt'), 'one\n');
  git(dir, 'add', '.');
  git(dir, 'commit', '-q', '-m', 'Greet 世界\n\nWith a body.');
  return { dir, commit: git(dir, 'rev-parse', 'HEAD').trim() };
}

const read = (dir: string, env: Record<string, string | undefined> = {}) =>
  readSource(testWorld({ env: { ...bare, ...env } }), dir);

describe('reading the app repo', () => {
  it('tells commit, branch, subject, author and the committer’s time', async () => {
    const { dir, commit } = repo();
    expect(await read(dir)).toEqual({
      dir,
      url: undefined,
      commit,
      branch: 'main',
      subject: 'Greet 世界',
      author: { name: 'Ada', email: 'ada@example.org' },
      committedAt: '2026-03-02T11:00:00+09:00',
      dirty: false,
      runUrl: undefined,
    });
  });

  it('is dirty when a tracked file differs, and not for untracked ones', async () => {
    const { dir } = repo();
    writeFileSync(join(dir, 'new.txt'), 'x');
    expect((await read(dir)).dirty).toBe(false);
    writeFileSync(join(dir, 'a.txt'), 'two\n');
    expect((await read(dir)).dirty).toMatch(/^[0-9a-f]{12}$/);
  });

  it('tells each state that differs from the commit from every other, and knows it again', async () => {
    const { dir } = repo();
    mkdirSync(join(dir, 'deep'));
    const change = (path: string, text: string) => () => writeFileSync(join(dir, path), text);
    const sub = join(dir, 'sub');
    const seen = new Map<string | false, string>();
    const states: [string, () => unknown][] = [
      ['a changed file', change('a.txt', 'two\n')],
      ['the same file, changed again', change('a.txt', 'six\n')],
      ['its permissions', () => chmodSync(join(dir, 'a.txt'), 0o755)],
      ['a file that git would take', change('new.txt', 'x')],
      ['that file, changed', change('new.txt', 'y')],
      ['a file in a folder', change('deep/b.txt', 'y')],
      ['a link', () => symlinkSync('a.txt', join(dir, 'link'))],
      ['a link that leads elsewhere', () => [rmSync(join(dir, 'link')), symlinkSync('new.txt', join(dir, 'link'))]],
      ['a file less', () => rmSync(join(dir, 'a.txt'))],
      ['a repository inside', () => git(dir, 'init', '-q', 'sub')],
      ['its commit', () => git(sub, 'commit', '-q', '--allow-empty', '-m', 'One')],
      ['its next commit', () => git(sub, 'commit', '-q', '--allow-empty', '-m', 'Two')],
    ];
    for (const [what, make] of states) {
      make();
      const { dirty } = await read(dir);
      expect(seen.get(dirty), what).toBeUndefined();
      seen.set(dirty, what);
    }
    // From a folder below too, and whether it was told to the index or not.
    git(dir, 'add', 'new.txt');
    expect(seen.get((await read(join(dir, 'deep'))).dirty)).toBe('its next commit');
    // What can't be read could be anything.
    writeFileSync(join(sub, 'in.txt'), 'x');
    expect((await read(dir)).dirty).not.toBe((await read(dir)).dirty);
  });

  it('finds the top folder from a folder below it', async () => {
    const { dir } = repo();
    mkdirSync(join(dir, 'deep/er'), { recursive: true });
    expect((await read(join(dir, 'deep/er'))).dir).toBe(dir);
  });

  it('works in a shallow clone on a detached head, which has no branch', async () => {
    const { dir, commit } = repo();
    git(dir, 'commit', '-q', '--allow-empty', '-m', 'Second');
    const clone = join(folder(), 'clone');
    git(dir, 'clone', '-q', '--depth', '1', `file://${dir}`, clone);
    git(clone, 'checkout', '-q', '--detach');
    const source = await read(clone);
    expect(source.commit).not.toBe(commit);
    expect(source.branch).toBeUndefined();
    expect(source.subject).toBe('Second');
    expect(source.url).toBeUndefined();
  });

  it('takes the remote without its userinfo', async () => {
    const { dir } = repo();
    git(dir, 'remote', 'add', 'origin', 'https://x-access-token:s3cret@example.org/acme/shop.git?a=b');
    expect((await read(dir)).url).toBe('https://example.org/acme/shop.git');
  });

  it('takes the only remote when none is called origin, and none of several', async () => {
    const { dir } = repo();
    git(dir, 'remote', 'add', 'upstream', 'https://example.org/acme/shop.git');
    expect((await read(dir)).url).toBe('https://example.org/acme/shop.git');
    git(dir, 'remote', 'add', 'fork', 'https://example.org/other/shop.git');
    expect((await read(dir)).url).toBeUndefined();
  });

  it('is not led away by the variables git sets inside hooks', async () => {
    const { dir, commit } = repo();
    const other = repo();
    expect((await read(dir, { GIT_DIR: join(other.dir, '.git'), GIT_INDEX_FILE: '/nowhere' })).commit).toBe(commit);
  });

  it('reads each commit as its id says, whatever somebody here has put in its place', async () => {
    const { dir, commit } = repo();
    const put = git(dir, 'commit-tree', '-m', 'Something else', `${commit}^{tree}`).trim();
    git(dir, 'replace', commit, put);
    expect(await read(dir)).toMatchObject({ commit, subject: 'Greet 世界' });
    const source = { ...(await read(dir)), subject: '' };
    expect(await findCommit(testWorld({ env: bare }), source, undefined, [])).toMatchObject({ subject: 'Greet 世界' });
  });
});

describe('reading what Actions says', () => {
  const actions = (commit: string, ref: string) => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_SHA: commit,
    GITHUB_REF: ref,
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_RUN_ID: '77',
    GITHUB_RUN_ATTEMPT: '1',
  });

  it.each([
    ['{"repository":{"default_branch":"trunk"}}', 'trunk'],
    ['{"repository":{}}', undefined],
    ['null', undefined],
    ['no JSON', undefined],
  ])('takes the default branch from the event %s', async (event, branch) => {
    const { dir, commit } = repo();
    const file = join(folder(), 'event.json');
    writeFileSync(file, event);
    const source = await read(dir, { ...actions(commit, 'refs/heads/main'), GITHUB_EVENT_PATH: file });
    expect(source.defaultBranch).toBe(branch);
    // Without Actions, whatever the variables hold.
    expect((await read(dir, { GITHUB_EVENT_PATH: file })).defaultBranch).toBeUndefined();
  });

  it('takes branch, repository and run page of a push, though the head is detached', async () => {
    const { dir, commit } = repo();
    git(dir, 'checkout', '-q', '--detach');
    const source = await read(dir, actions(commit, 'refs/heads/release/1.x'));
    expect(source.branch).toBe('release/1.x');
    expect(source.url).toBe('https://github.example/acme/shop');
    expect(source.runUrl).toBe('https://github.example/acme/shop/actions/runs/77');
  });

  it('names the attempt of a run that was started again', async () => {
    const { dir, commit } = repo();
    const source = await read(dir, { ...actions(commit, 'refs/heads/main'), GITHUB_RUN_ATTEMPT: '3' });
    expect(source.runUrl).toBe('https://github.example/acme/shop/actions/runs/77/attempts/3');
  });

  it('has no branch on a tag', async () => {
    const { dir, commit } = repo();
    expect(await read(dir, actions(commit, 'refs/tags/v1'))).toMatchObject({ branch: undefined, gitTag: 'v1' });
  });

  it("does not take a fork's branch name for ours in a pull request", async () => {
    const { dir, commit } = repo();
    const env = { ...actions(commit, 'refs/pull/12/merge'), GITHUB_HEAD_REF: 'main', GITHUB_REF_NAME: '12/merge' };
    const source = await read(dir, { ...env, GITHUB_BASE_REF: 'trunk' });
    expect(source).toMatchObject({ branch: undefined, pullRequest: { number: 12, foreign: true, into: 'trunk' } });
  });

  it('ignores variables that speak of another commit than the one checked out', async () => {
    const { dir } = repo();
    git(dir, 'checkout', '-q', '-b', 'other');
    const source = await read(dir, actions('0'.repeat(40), 'refs/heads/main'));
    expect(source.branch).toBe('other');
    expect(source.runUrl).toBeUndefined();
  });
});

describe('reading what another CI says', () => {
  it('takes the tag that the job is of, which is no branch', async () => {
    const { dir, commit } = repo();
    const source = await read(dir, {
      ...{ CI: 'true', BITBUCKET_BUILD_NUMBER: '1' },
      BITBUCKET_COMMIT: commit,
      BITBUCKET_TAG: 'v1.2.0',
    });
    expect(source).toMatchObject({ gitTag: 'v1.2.0', branch: undefined });
  });

  it('has no branch of ours where the job merged a pull request on the branch that is checked out', async () => {
    const { dir } = repo();
    const source = await read(dir, {
      ...{ CI: 'true', BITBUCKET_BUILD_NUMBER: '1', BITBUCKET_COMMIT: '1'.repeat(40), BITBUCKET_BRANCH: 'main' },
      ...{ BITBUCKET_PR_ID: '8', BITBUCKET_PR_DESTINATION_BRANCH: 'production' },
    });
    expect(source).toMatchObject({ branch: undefined, pullRequest: { number: 8, foreign: false, into: 'production' } });
  });

  it('does not believe it of another commit than the one checked out', async () => {
    const { dir } = repo();
    const env = { TF_BUILD: 'True', BUILD_BUILDURI: 'x', BUILD_SOURCEVERSION: '1'.repeat(40) };
    const source = await read(dir, { ...env, BUILD_SOURCEBRANCH: 'refs/tags/v1' });
    expect(source).toMatchObject({ branch: 'main', gitTag: undefined, runUrl: undefined });
  });
});

describe('a commit that somebody proposes', () => {
  const fork = 'mallory/shop';
  const started = (name: string, event: unknown) => {
    const file = join(folder(), 'event.json');
    writeFileSync(file, JSON.stringify(event));
    return {
      ...{ GITHUB_ACTIONS: 'true', GITHUB_SHA: '1'.repeat(40), GITHUB_REF: 'refs/heads/main' },
      ...{ GITHUB_REPOSITORY: 'acme/shop', GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file },
    };
  };
  const pull = (repo: string | null, sha: string) => ({
    pull_request: { number: 12, head: { ref: 'main', sha, repo: repo === null ? null : { full_name: repo } } },
  });
  const run = (repo: string | null, sha: string, branch = 'main') => ({
    workflow_run: { head_sha: sha, head_branch: branch, head_repository: repo === null ? null : { full_name: repo } },
  });

  it.each([
    ['pull_request_target', (commit: string) => pull(fork, commit)],
    ['pull_request_target', (commit: string) => pull(null, commit)],
    ['pull_request_target', () => pull(fork, '2'.repeat(40))],
    ['pull_request_target', () => 'no event'],
    ['workflow_run', (commit: string) => run(fork, commit)],
    ['workflow_run', (commit: string) => run(null, commit)],
    ['issue_comment', () => ({ issue: { pull_request: { url: 'https://api.github.example/pulls/1' } } })],
  ])('of a fork is not shipped as our main by a job that has our secrets: %s', async (name, event) => {
    const { dir, commit } = repo();
    await expect(read(dir, started(name, event(commit)))).rejects.toMatchObject({
      code: 'SOURCE_FOREIGN',
      exitCode: 2,
    });
  });

  it('of a fork is on no branch of ours in a job without secrets', async () => {
    const { dir, commit } = repo();
    const source = await read(dir, started('pull_request', pull(fork, commit)));
    expect(source).toMatchObject({ branch: undefined, pullRequest: { number: 12, foreign: true } });
  });

  it('is no matter where what CI says the job is of is checked out', async () => {
    const { dir, commit } = repo();
    const env = { ...started('pull_request_target', pull(fork, '2'.repeat(40))), GITHUB_SHA: commit };
    expect((await read(dir, env)).branch).toBe('main');
  });

  it('in our own repository is on the branch that the event names', async () => {
    const { dir, commit } = repo();
    git(dir, 'checkout', '-q', '--detach');
    expect((await read(dir, started('workflow_run', run('acme/shop', commit, 'release/1')))).branch).toBe('release/1');
    git(dir, 'checkout', '-q', '-b', 'topic');
    expect((await read(dir, started('pull_request_target', pull('acme/shop', commit)))).branch).toBe('topic');
  });
});

describe('an app repo that cannot be read', () => {
  it('is told apart: no folder, no repository, no commit', async () => {
    const dir = folder();
    await expect(read(join(dir, 'none'))).rejects.toMatchObject({ code: 'SOURCE_DIR_MISSING' });
    await expect(read(dir, { GIT_CEILING_DIRECTORIES: tmpdir() })).rejects.toMatchObject({ code: 'SOURCE_NOT_A_REPO' });
    git(dir, 'init', '-q');
    await expect(read(dir)).rejects.toMatchObject({ code: 'SOURCE_EMPTY', exitCode: 2 });
  });

  it('says so when its head points nowhere', async () => {
    const { dir } = repo();
    writeFileSync(join(dir, '.git/HEAD'), `${'1'.repeat(40)}\n`);
    await expect(read(dir)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });

  it.skipIf(process.getuid?.() !== 0)('of another user is named as such (needs root to make one)', async () => {
    const { dir } = repo();
    execFileSync('chown', ['-R', '65534', dir]);
    await expect(read(dir)).rejects.toMatchObject({ code: 'SOURCE_NOT_TRUSTED', data: { dir } });
  });

  it('says so when git is not installed', async () => {
    const { dir } = repo();
    const world = testWorld({ exec: createExec({ PATH: '/nowhere' }) });
    await expect(readSource(world, dir)).rejects.toMatchObject({ code: 'GIT_MISSING', exitCode: 2 });
  });
});

describe('a remote as others can reach it', () => {
  it.each([
    ['https://user:pw@github.com/acme/shop.git#x', 'https://github.com/acme/shop.git'],
    ['ssh://git@github.com:22/acme/shop.git', 'ssh://github.com:22/acme/shop.git'],
    ['git@github.com:acme/shop.git', 'ssh://github.com/acme/shop.git'],
    ['host:/srv/shop.git', 'ssh://host/srv/shop.git'],
    ['/srv/shop.git', undefined],
    ['./a:b/shop.git', undefined],
    ['file:///srv/shop.git', undefined],
  ])('%s becomes %s', (remote, expected) => expect(publicUrl(remote)).toBe(expected));
});

describe('reading the app repo beside others who use it', () => {
  it('leaves the index as it is, whatever git would like to note there', async () => {
    const { dir } = repo();
    // A file that was touched and is the same: git's status would write its new time into the index, and lock it.
    utimesSync(join(dir, 'a.txt'), 1_000_000, 1_000_000);
    const index = join(dir, '.git', 'index');
    const before = readFileSync(index);
    await read(dir);
    expect(readFileSync(index).equals(before)).toBe(true);
    git(dir, 'status');
    expect(readFileSync(index).equals(before)).toBe(false);
  });

  it('gives up a git that hangs', async () => {
    const bin = folder();
    writeFileSync(join(bin, 'git'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    const world = testWorld({ env: { PATH: `${bin}:${process.env.PATH}` } });
    const exec = createExec({ PATH: `${bin}:${process.env.PATH}` });
    // A second stands for the minute.
    const hasty = {
      ...world,
      exec: (command: Command) => exec({ ...command, timeoutMs: (command.timeoutMs ?? 1e9) / 100 }),
    };
    await expect(readSource(hasty, folder())).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});
