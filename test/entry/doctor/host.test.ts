import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor } from '../../../src/entry/doctor/doctor.ts';
import type { HostAnswer } from '../../../src/entry/doctor/host/ask-git.ts';
import { type HostLook, hostText } from '../../../src/entry/doctor/host/host.ts';
import { profileOf } from '../../../src/entry/doctor/host/profile.ts';
import { productStyle } from '../../../src/entry/show/see/style.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { chart } from '../../commit/landing.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const all = ['protocol2', 'byDepth', 'byCommit', 'filesLeftOut', 'anyId', 'push', 'ownRefs', 'lock', 'atomic'];

/** `tagboat doctor --host` in an app repo whose one delivery goes there. */
async function ask(url: string, env: Readonly<Record<string, string>> = {}) {
  const dir = await tempDir();
  const text = `deliveries:\n  main: { from: main, repo: ${url}, set: { main/values.yaml: { .front.imageTag: '{commit}' } } }\n`;
  await writeFile(join(dir, 'tagboat.yaml'), text);
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'add', '--all');
  await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
  const end = await here(doctor(common, { host: true }), { command: 'doctor', cwd: dir, env });
  const { hosts = [] } = end.value as { readonly hosts?: readonly HostLook[] };
  return { ...end, look: hosts[0], is: saidBy(hosts[0]?.answers ?? []) };
}

const saidBy = (answers: readonly HostAnswer[]) => (wanted: HostAnswer['is']) =>
  answers.filter(({ asks, is }) => is === wanted && asks !== 'api').map(({ asks }) => asks);

const branch = async (host: GitHost) => host.git('config', 'for-each-ref', '--format=%(refname) %(objectname)');

describe.skipIf(noHttpBackend !== undefined)(`what a config repo's host allows${skipNote}`, () => {
  it("is asked of the host itself, and leaves no ref: git's own server allows all", async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const before = await branch(host);
    const { exitCode, look, is } = await ask(url);
    expect([exitCode, is('yes'), is('no'), is('unknown')]).toEqual([0, all, [], []]);
    expect(look).toMatchObject({
      host: 'plain git',
      answers: expect.arrayContaining([
        { asks: 'api', is: 'unknown', said: 'no API of it is used, or no token of it is known' },
      ]),
    });
    expect(await branch(host)).toBe(before);
  });

  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['filters no folders by depth', { 'uploadpackfilter.tree.maxDepth': '0' }, ['byDepth']],
    ['filters no folders at all', { 'uploadpackfilter.tree.allow': 'false' }, ['byDepth', 'byCommit']],
    ['filters nothing', { 'uploadpack.allowFilter': 'false' }, ['byDepth', 'byCommit', 'filesLeftOut']],
    ['moves refs one by one', { 'receive.advertiseAtomic': 'false' }, ['atomic']],
    ['hides what is below refs/tagboat', { 'transfer.hideRefs': 'refs/tagboat' }, ['ownRefs']],
  ])('tells of one that %s', async (_, config, no) => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart, config });
    const before = await branch(host);
    const { exitCode, is } = await ask(url);
    expect([exitCode, is('no')]).toEqual([0, no]);
    if (no.includes('ownRefs')) expect(is('unknown')).toEqual(['lock', 'atomic']);
    expect(await branch(host)).toBe(before);
  });

  it('tells of protocol 0, and of a token that may only read', async () => {
    const host = await gitHost({ fault: () => ({ is: 'oldProtocol' }) });
    const url = await host.createRepo('config', { files: chart });
    host.setAccess('config', { tokens: { planted: 'read' } });
    const { exitCode, is, look } = await ask(url, { TAGBOAT_TOKEN: 'planted' });
    expect([exitCode, is('no').slice(0, 1), is('no').at(-1)]).toEqual([0, ['protocol2'], 'push']);
    expect(is('unknown')).toEqual(['ownRefs', 'lock', 'atomic']);
    expect(JSON.stringify(look)).not.toContain('planted');
  });

  it('ends with an error where the lock is none, and cleans up all the same', async () => {
    let pushes = 0;
    const host: GitHost = await gitHost({
      fault: async ({ service, isCall }) => {
        if (service !== 'git-receive-pack' || !isCall) return undefined;
        pushes += 1;
        if (pushes !== 2) return undefined;
        // As if it had taken the second ref of this push, from an id that it never had.
        const [own = ''] = (await host.git('config', 'for-each-ref', '--format=%(refname)', 'refs/tagboat')).split(
          '\n',
        );
        await host.git('config', 'update-ref', own.replace(/1$/, '2'), 'refs/heads/main');
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const before = await branch(host);
    const { exitCode, events, is } = await ask(url);
    expect([exitCode, is('no')]).toEqual([2, ['lock']]);
    expect(events).toContainEqual(expect.objectContaining({ code: 'HOST_LOCK_MISSING', severity: 'error' }));
    expect(await branch(host)).toBe(before);
  });

  it('goes with no option that it would ignore', async () => {
    for (const other of [{ offline: true }, { fix: true }, { trustPolicy: 'trust.json' }, { ref: 'main' }]) {
      const { errors } = await here(doctor(common, { host: true, ...other }), { command: 'doctor' });
      expect(errors).toMatchObject([{ code: 'USAGE' }]);
    }
  });

  it('says why a host can not be asked', async () => {
    const host = await gitHost();
    await host.createRepo('config', { files: chart });
    const missing = await ask(`${host.url}/other.git`);
    expect([missing.exitCode, missing.look]).toEqual([2, undefined]);
    expect(missing.events).toContainEqual(expect.objectContaining({ code: 'REPO_NOT_FOUND' }));
  });

  it('is a table for people, without what is not printable', () => {
    const look: HostLook = {
      ...{ repo: 'https://git.test/a\u001b[31m', host: 'plain git', proved: 'all of it' },
      answers: [
        { asks: 'lock', is: 'yes' },
        { asks: 'atomic', is: 'no', said: 'no\u001b[2J' },
      ],
    };
    const text = hostText([look], productStyle({}, false, false));
    expect(text).not.toContain('\u001b');
    expect(text).toMatch(
      /a push from another old id is refused\s+yes\s+nothing is written over\nseveral refs or none\s+no/,
    );
  });

  it.each([
    ['https://github.com/a/b', {}, 'GitHub'],
    ['https://acme.ghe.com/a/b', {}, 'GitHub'],
    ['https://git.test/a/b', { 'x-github-request-id': '1' }, 'GitHub Enterprise'],
    ['https://gitlab.test/a/b', {}, 'GitLab'],
    ['https://git.test/a/b', { 'x-gitlab-meta': '{}' }, 'GitLab'],
    ['https://codeberg.org/a/b', {}, 'Gitea or Forgejo'],
    ['https://git.test/a/b', { 'set-cookie': 'i_like_gitea=1; Path=/' }, 'Gitea or Forgejo'],
    ['https://bitbucket.org/a/b', {}, 'Bitbucket Cloud'],
    ['https://bitbucket.test/scm/a/b.git', {}, 'Bitbucket Server'],
    ['https://dev.azure.com/a/b/_git/c', {}, 'Azure DevOps'],
    ['https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/a', {}, 'CodeCommit'],
    ['https://gerrit.test/a', {}, 'Gerrit'],
    ['https://git.test/a/b', {}, 'plain git'],
    ['https://github.com.evil.test/a/b', {}, 'plain git'],
  ])('knows %s with %j as %s', (url, headers, name) => {
    expect(profileOf(new URL(url), {}, headers).name).toBe(name);
  });
});
