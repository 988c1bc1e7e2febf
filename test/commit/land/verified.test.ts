import { describe, expect, it, onTestFinished } from 'vitest';
import { previewDelivery } from '../../../src/commit/land/preview.ts';
import { json } from '../../../src/sandbox/api.ts';
import { cli, resultOf } from '../../support/cli.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { startGitHub } from '../../support/github/github.ts';
import { repositoriesOf } from '../../support/github-repositories.ts';
import { chart, fileAt, isSound, land, landed, quickWorld, tipOf, tokenCredential, valuesWith } from '../landing.ts';
import { github, name, token } from '../on-github.ts';

describe.skipIf(noHttpBackend !== undefined)(`landing by GitHub's API${skipNote}`, () => {
  it('has GitHub make the commit that a push would have made', async () => {
    const { host, api, credential, delivery } = await github();
    const before = await tipOf(host, name);
    const outcome = landed(await land(delivery, quickWorld(), credential, { queue: true }));
    expect(outcome).toMatchObject({ commit: await tipOf(host, name), parent: before, attempts: 1 });
    expect(await fileAt(host, name)).toBe(valuesWith('b'));
    const [author, ...message] = (await host.git(name, 'log', '-1', '--format=%an%n%B', 'main')).trim().split('\n');
    expect(author).toBe('tagboat-sandbox[bot]');
    expect(message.join('\n')).toBe(delivery.message);
    // One question and one commit, and none to git.
    expect([api.requests.length, host.requests.length]).toEqual([2, 0]);
    await isSound(host, name);
  });

  it('edits again on the new tip when somebody else was faster', async () => {
    let tries = 0;
    const { host, credential, delivery } = await github({
      commit: (own, where) => async (asked) => {
        tries += 1;
        if (tries < 3) await where.commit(name, { files: { [`other-${tries}.yaml`]: 'x: 1\n' } });
        return own(asked);
      },
    });
    const outcome = landed(await land(delivery, quickWorld(), credential, { queue: true }));
    expect(outcome.attempts).toBe(3);
    expect(host.requests).toEqual([]);
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('4\n');
    expect(await host.git(name, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\n');
  });

  it('finds a commit whose reply was lost, and makes no second one', async () => {
    const { host, credential, delivery } = await github({
      commit: (own) => async (asked) => {
        await own(asked);
        return new Promise(() => undefined);
      },
    });
    const before = await tipOf(host, name);
    const outcome = landed(await land(delivery, quickWorld(), credential, { idleMs: 300 }));
    expect(outcome).toMatchObject({ commit: await tipOf(host, name), parent: before });
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('2\n');
  });

  it("doesn't take another's commit on the same tip for its own", async () => {
    const { host, credential, delivery } = await github({
      commit: (_, where) => async () => {
        await where.commit(name, { files: { 'other.yaml': 'x: 1\n' }, message: 'Set front to c' });
        return new Promise(() => undefined);
      },
    });
    await expect(land(delivery, quickWorld(), credential, { idleMs: 300, budgetMs: 1 })).rejects.toMatchObject({
      code: 'LAND_TIMED_OUT',
    });
    expect(await host.git(name, 'show', '-s', '--format=%s', 'main')).toBe('Set front to c\n');
  });

  it("shows GitHub's own words when it refuses, and nothing is changed", async () => {
    const { host, credential, delivery } = await github({ right: () => 'read' });
    const before = await tipOf(host, name);
    await expect(land(delivery, quickWorld(), credential)).rejects.toMatchObject({
      code: 'PUSH_DENIED',
      peer: { code: 'FORBIDDEN', text: 'Resource not accessible by integration' },
    });
    expect(await tipOf(host, name)).toBe(before);
  });

  it('waits out a rate limit, and tells a token that is not taken', async () => {
    const limit = json(403, { message: 'You have exceeded a secondary rate limit' }, { 'retry-after': '30' });
    const passing = await github({ instead: (request) => (request === 1 ? limit : undefined) });
    expect((await land(passing.delivery, quickWorld(), passing.credential)).is).toBe('landed');
    const refused = await github({ instead: () => json(401, { message: 'Bad credentials' }) });
    await expect(land(refused.delivery, quickWorld(), refused.credential)).rejects.toMatchObject({
      code: 'GIT_AUTH_REFUSED',
    });
  });

  it('is refused before anything is sent where there is no such way', async () => {
    const { host, delivery, credential } = await github();
    const impossible = expect.objectContaining({ code: 'VIA_GITHUB_IMPOSSIBLE', exitCode: 2 });
    await expect(land(delivery)).rejects.toEqual(impossible);
    await expect(land(delivery, quickWorld(), tokenCredential(token))).rejects.toEqual(impossible);
    const nested = { ...delivery, repo: `${host.url}/group/sub/config.git` };
    await expect(land(nested, quickWorld(), credential)).rejects.toEqual(impossible);
    await expect(previewDelivery(quickWorld(), delivery, undefined)).rejects.toEqual(impossible);
    expect(host.requests).toHaveLength(0);
  });

  it("works from the command line, with the token in no place but GitHub's", async () => {
    const host = await gitHost();
    const repositories = repositoriesOf(host, (who) => (who === token ? 'write' : 'nothing'));
    const api = await startGitHub({ repositories });
    onTestFinished(() => api.close());
    const url = await host.createRepo(name, { files: chart });
    host.setAccess(name, { tokens: { [token]: 'read' } });
    const args = ['commit', '--repo', url, '--set', 'main/values.yaml:.front.imageTag=b', '--via', 'github', '--json'];
    const env = { ...api.env, GITHUB_ACTIONS: 'false', GITHUB_SERVER_URL: host.url, TAGBOAT_TOKEN: token };
    const done = await cli([...args, '--author', 'Ada <ada@example.test>'], { env });
    expect(done.code, done.stderr).toBe(0);
    expect(resultOf(done)).toMatchObject({
      value: { commits: [{ is: 'landed', commit: await tipOf(host, name) }] },
    });
    expect(await host.git(name, 'show', '-s', '--format=%B', 'main')).toContain(
      'Co-authored-by: Ada <ada@example.test>',
    );
    expect(done.stdout + done.stderr).not.toContain(token);
  });
});
