import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { intentId } from '../../../src/commit/repo/layout.ts';
import { doctor } from '../../../src/entry/doctor/doctor.ts';
import type { HostAnswer } from '../../../src/entry/doctor/host/ask-git.ts';
import { type HostLook, hostText } from '../../../src/entry/doctor/host/host.ts';
import { profileOf } from '../../../src/entry/doctor/host/profile.ts';
import { productStyle } from '../../../src/entry/show/see/style.ts';
import type { GitHost, GitHostFault, GitHostOptions } from '../../../src/sandbox/git-host/git-host.ts';
import { chart } from '../../commit/landing.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { type HereOptions, here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const all = ['protocol2', 'byDepth', 'byCommit', 'filesLeftOut', 'anyId', 'push', 'ownRefs', 'lock', 'atomic'];

/** `tagboat doctor --host` in an app repo whose one delivery goes there. */
async function ask(url: string, env: Readonly<Record<string, string>> = {}, world: HereOptions['world'] = () => ({})) {
  const dir = await tempDir();
  const text = `deliveries:\n  main: { from: main, repo: ${url}, set: { main/values.yaml: { .front.imageTag: '{commit}' } } }\n`;
  await writeFile(join(dir, 'tagboat.yaml'), text);
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'add', '--all');
  await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
  const end = await here(doctor(common, { host: true }), { command: 'doctor', cwd: dir, env, world });
  const { hosts = [] } = (end.value ?? {}) as { readonly hosts?: readonly HostLook[] };
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

  /** A host of which each push is numbered from one, in what becomes of it. */
  const pushing = async (
    fate: (push: number, service: string | undefined) => ReturnType<NonNullable<GitHostOptions['fault']>>,
  ) => {
    let pushes = 0;
    return gitHost({
      fault: ({ service, isCall }) => {
        if (!isCall) return undefined;
        if (service === 'git-receive-pack') pushes += 1;
        return fate(pushes, service);
      },
    });
  };
  const html = { 'content-type': 'text/html' };
  const hook = async (host: GitHost, name: string, text: string) => {
    await mkdir(join(host.repoDir('config'), 'hooks'), { recursive: true });
    await writeFile(join(host.repoDir('config'), `hooks/${name}`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };

  it.each<[string, GitHostFault]>([
    ['502', { is: 'answer', status: 502, body: 'bad' }],
    ['413', { is: 'answer', status: 413, body: 'too large' }],
    ['a login page', { is: 'answer', status: 200, headers: html, body: '<html>login</html>' }],
    ['a cut', { is: 'cut', bytes: 0 }],
  ])('knows nothing of the lock where the push that asks is answered by %s', async (_, fault) => {
    for (const [push, unknown] of [
      [2, ['lock', 'atomic']],
      [3, ['atomic']],
      // Git had done all of it before its answer was cut, and the refs show that.
      [4, fault.is === 'cut' ? [] : ['atomic']],
    ] as const) {
      const host = await pushing((count, service) =>
        count === push && service === 'git-receive-pack' ? fault : undefined,
      );
      const url = await host.createRepo('config', { files: chart });
      const before = await branch(host);
      const { is } = await ask(url);
      expect([is('no'), is('unknown')], `push ${push}`).toEqual([[], unknown]);
      expect(await branch(host)).toBe(before);
    }
  });

  it('knows nothing of several refs together where a hook takes one a push', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await hook(host, 'pre-receive', '[ $(wc -l) -le 1 ] || { echo one ref per push; exit 1; }');
    const { is, look } = await ask(url);
    expect([is('no'), is('unknown')]).toEqual([[], ['atomic']]);
    expect(look?.answers).toContainEqual(expect.objectContaining({ asks: 'atomic', said: 'one ref per push' }));
  });

  it('ends with an error where a host only looks whether the old id is there at all, and cleans up all the same', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const before = await branch(host);
    const careless: HereOptions['world'] = (own) => ({
      http: async (request) => {
        if (request.method !== 'POST' || !String(request.url).endsWith('git-receive-pack')) return own.http(request);
        const lines = (await branch(host)).trim().split('\n');
        const now = new Map(lines.map((line) => line.split(' ') as [string, string]));
        const text = Buffer.from(request.body as Buffer).toString('latin1');
        const changed = text.replace(/([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/[^\0\n ]+)/g, (all, from, to, ref) =>
          [...now.values()].includes(from) ? `${now.get(ref) ?? '0'.repeat(40)} ${to} ${ref}` : all,
        );
        return own.http({ ...request, body: Buffer.from(changed, 'latin1') });
      },
    });
    const { exitCode, events, is } = await ask(url, {}, careless);
    expect([exitCode, is('no'), is('unknown')]).toEqual([2, ['lock'], ['atomic']]);
    expect(events).toContainEqual(expect.objectContaining({ code: 'HOST_LOCK_MISSING', severity: 'error' }));
    expect(await branch(host)).toBe(before);
  });

  it('leaves nothing where it is stopped in between', async () => {
    const stop = new AbortController();
    const host = await pushing((count) => {
      if (count === 2) stop.abort(new Error('stopped'));
      return undefined;
    });
    const url = await host.createRepo('config', { files: chart });
    const before = await branch(host);
    const { look } = await ask(url, {}, () => ({ signal: stop.signal }));
    expect(look).toBeUndefined();
    expect(await branch(host)).toBe(before);
  });

  it('leaves nothing where its own refs can not be looked at any more', async () => {
    const host = await pushing((count, service) =>
      count > 0 && service === 'git-upload-pack' ? { is: 'answer', status: 503, body: 'x' } : undefined,
    );
    const url = await host.createRepo('config', { files: chart });
    const before = await branch(host);
    const { exitCode } = await ask(url);
    expect(exitCode).toBe(2);
    expect(await branch(host)).toBe(before);
  });

  it('names what a host lets nobody remove, and tries again an hour later, with what others left', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const before = await branch(host);
    await hook(host, 'update', 'case $3 in 0000*) echo nobody deletes; exit 1;; esac');
    const { exitCode, events } = await ask(url);
    const left = (await branch(host)).split('\n').flatMap((line) => /^refs\/tagboat\S+/.exec(line) ?? []);
    expect(left).toHaveLength(2);
    expect(exitCode).toBe(0);
    for (const ref of left)
      expect(events).toContainEqual(
        expect.objectContaining({
          ...{ code: 'HOST_REF_LEFT', severity: 'warning' },
          message: expect.stringContaining(`${ref} `),
          fix: expect.stringContaining(`git push ${url} :${ref}`),
        }),
      );
    await hook(host, 'update', 'exit 0');
    const hour = 3_600_000;
    const young = `refs/tagboat/doctor/${intentId(Date.now() - hour / 2, Math.random)}-1`;
    for (const name of [
      young,
      `refs/tagboat/doctor/${intentId(Date.now() - 2 * hour, Math.random)}-2`,
      'refs/tagboat/doctor/x',
    ])
      await host.git('config', 'update-ref', name, 'refs/heads/main');
    expect((await ask(url)).events.filter(({ type }) => type === 'finding')).toEqual([]);
    const kept = (await branch(host)).split('\n').flatMap((line) => /^refs\/tagboat\S+/.exec(line) ?? []);
    expect(kept.sort()).toEqual([...left, young].sort());
    for (const name of kept) await host.git('config', 'update-ref', '-d', name);
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
