import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commit } from '../../../../src/entry/commands/commit.ts';
import { plan } from '../../../../src/entry/commands/plan.ts';
import type { Body } from '../../../../src/entry/run/session.ts';
import { harbour } from '../../../support/argocd.ts';
import { git, noHttpBackend, tempDir } from '../../../support/git-host.ts';
import { type Gitea, noGitea, startGitea } from '../../../support/gitea.ts';
import { here } from '../../../support/here.ts';
import { fastClock } from '../../../support/world.ts';

const settings = { json: true, quiet: false, color: false, jobs: 1 };
const hostile = '@ada --> </details> [x](http://e) closes #1';
const no = noGitea ?? noHttpBackend;

let gitea: Gitea;
let made = 0;

/** Gitea sees what was pushed, and whether it can be merged, in its own time. */
async function patiently<T>(status: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!String(error).includes(` answered ${status}`)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** An app repo on Gitea whose config delivers to a config repo that an Argo CD follows. */
async function shop() {
  made += 1;
  const path = `ada/shop-${made}`;
  const { api, token, url } = gitea;
  const { argocd, repo } = await harbour({ tokens: { reader: { get: true } } });
  await api('POST', '/user/repos', { name: `shop-${made}`, default_branch: 'main', private: true });
  const dir = await tempDir();
  const text = `comment: true\nargocd: { server: "${argocd.url}", settle: 100ms }\ndeliveries:\n  staging: { from: main, repo: '${repo}', set: { main/values.yaml: { .front.imageTag: '{commit}' } }, application: front }\n`;
  await writeFile(join(dir, 'tagboat.yaml'), text);
  const remote = `${url.replace('://', `://ada:${token}@`)}/${path}.git`;
  const add = async (subject: string) => {
    await git(dir, 'add', '.');
    await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', subject);
  };
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await add('Open the shop');
  await git(dir, 'push', '--quiet', remote, 'main');
  /** A pull request of one commit, whose branch is checked out. */
  const propose = async (): Promise<number> => {
    await git(dir, 'checkout', '--quiet', '-b', 'topic');
    await writeFile(join(dir, 'bread.txt'), 'bread\n');
    await add(hostile);
    await git(dir, 'push', '--quiet', remote, 'topic');
    const draft = { head: 'topic', base: 'main', title: 'Sell bread' };
    const pull = await patiently(404, () => api('POST', `/repos/${path}/pulls`, draft));
    return (pull as { readonly number: number }).number;
  };
  /** Merges it and checks out what became of main. */
  const merge = async (number: number, how: string): Promise<void> => {
    await patiently(405, () => api('POST', `/repos/${path}/pulls/${number}/merge`, { Do: how }));
    await git(dir, 'fetch', '--quiet', remote, 'main');
    await git(dir, 'checkout', '--quiet', '-B', 'main', 'FETCH_HEAD');
  };
  const run = async (body: Body, command: string, more: Record<string, string>, by = token) => {
    const result = await here(body, {
      ...{ command, cwd: dir, world: () => ({ clock: fastClock(1) }) },
      env: {
        ...{
          CI: 'true',
          GITHUB_ACTIONS: 'true',
          GITEA_ACTIONS: 'true',
          GITHUB_SERVER_URL: url,
          GITHUB_REPOSITORY: path,
        },
        ...{ GITHUB_SHA: (await git(dir, 'rev-parse', 'HEAD')).trim(), GITHUB_TOKEN: by, ARGOCD_AUTH_TOKEN: 'reader' },
        ...more,
      },
    });
    const said = result.events.flatMap((one) => (one.type === 'notice' && one.code.includes('COMMENTED') ? [one] : []));
    return { ...result, said };
  };
  const deliver = (by?: string) =>
    run(
      commit(settings, { branch: 'main', set: [], create: false }),
      'commit',
      { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' },
      by,
    );
  const comments = async (number: number) =>
    ((await api('GET', `/repos/${path}/issues/${number}/comments`)) as { readonly body: string }[]).map(
      ({ body }) => body,
    );
  return { dir, path, propose, merge, run, deliver, comments };
}

describe.skipIf(no !== undefined)(`comments on a real Gitea${no === undefined ? '' : ` (skipped: ${no})`}`, () => {
  beforeAll(async () => {
    gitea = await startGitea();
  }, 1_800_000);
  afterAll(() => gitea?.close());

  it.each([
    'merge',
    'squash',
    'rebase',
  ])('the merged pull request says where its commit is live, once, by whichever kind of merge: %s', async (how) => {
    const { propose, merge, deliver, comments } = await shop();
    const number = await propose();
    await merge(number, how);
    expect(await deliver()).toMatchObject({
      ...{ exitCode: 0, errors: [] },
      said: [{ code: 'LIVE_COMMENTED', data: { number, did: 'created' } }],
    });
    const first = await comments(number);
    expect(first).toEqual([expect.stringContaining('- ✅ live in `staging` since ')]);
    expect(await deliver()).toMatchObject({ said: [{ code: 'LIVE_COMMENTED', data: { number } }] });
    const lines = (bodies: readonly string[]) => bodies.map((body) => body.split('\n').slice(2));
    expect(lines(await comments(number))).toEqual(lines(first));
  });

  it('a commit that no pull request brought, and a token that may write none, are told and fail nothing', async () => {
    const { path, propose, merge, deliver, comments } = await shop();
    expect(await deliver()).toMatchObject({ exitCode: 0, said: [{ code: 'LIVE_NOT_COMMENTED', level: 'info' }] });
    const number = await propose();
    await merge(number, 'merge');
    const reader = await gitea.user(`reader-${made}`);
    await gitea.api('PUT', `/repos/${path}/collaborators/reader-${made}`, { permission: 'read' });
    await gitea.api('PUT', `/repos/${path}/issues/${number}/lock`, { lock_reason: 'Too heated' });
    expect(await deliver(reader)).toMatchObject({
      ...{ exitCode: 0, errors: [] },
      said: [{ code: 'LIVE_NOT_COMMENTED', level: 'warning' }],
    });
    expect(await comments(number)).toEqual([]);
  });

  it('the plan of a pull request is one comment on it, which later runs bring up to date', async () => {
    const { dir, propose, run, comments } = await shop();
    const number = await propose();
    const event = join(dir, '.git', 'event.json');
    const head = { ref: 'topic', sha: (await git(dir, 'rev-parse', 'HEAD')).trim() };
    const full_name = `ada/shop-${made}`;
    await writeFile(
      event,
      JSON.stringify({ pull_request: { number, head: { ...head, repo: { full_name } } }, repository: { full_name } }),
    );
    const plans = () =>
      run(plan(settings, { comment: true, render: false }), 'plan', {
        ...{ GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: `refs/pull/${number}/merge`, GITHUB_BASE_REF: 'main' },
        GITHUB_EVENT_PATH: event,
      });
    expect(await plans()).toMatchObject({
      exitCode: 0,
      said: [{ code: 'PLAN_COMMENTED', data: { number, did: 'created' } }],
    });
    const [text = '', ...others] = await comments(number);
    expect(others).toEqual([]);
    expect(text).toContain('imageTag');
    expect(text).not.toMatch(/@ada|<\/details> \[x\]|\]\(http:\/\/e/);
    expect(await plans()).toMatchObject({ said: [{ code: 'PLAN_COMMENTED', data: { did: 'unchanged' } }] });
    await writeFile(join(dir, 'tagboat.yaml'), (await git(dir, 'show', 'HEAD:tagboat.yaml')).replace('{commit}', 'v2'));
    expect(await plans()).toMatchObject({ said: [{ code: 'PLAN_COMMENTED', data: { did: 'updated' } }] });
    expect(await comments(number)).toEqual([expect.stringContaining('v2')]);
  });
});
