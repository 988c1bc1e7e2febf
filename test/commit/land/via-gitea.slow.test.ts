import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import type { Lineage } from '../../../src/commit/order/lineage.ts';
import { lookAtHost } from '../../../src/entry/doctor/host/host.ts';
import type { DeliveryPlan, GitCredential } from '../../../src/plan.ts';
import { WireFailure } from '../../../src/wire/failure.ts';
import type { HttpRequest } from '../../../src/wire/http.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { type Gitea, noGitea, startGitea } from '../../support/gitea.ts';
import { fastClock, type TestWorld, testWorld } from '../../support/world.ts';
import { bot, noticesIn, setTag, values, valuesWith } from '../landing.ts';
import { type ConfigOnGitea, configOn } from '../propose/gitea.ts';

const note = noGitea === undefined ? '' : ` (skipped: ${noGitea})`;
const longMs = 600_000;
const holds = '.tagboat/holds.json';
const empty = '{\n  "version": 1,\n  "holds": []\n}\n';

let gitea: Gitea;

interface Told {
  readonly sha: string;
  readonly parents: readonly { readonly sha: string }[];
  readonly commit: { readonly message: string; readonly author: { readonly name: string } };
}

const isCommit = ({ method, url }: HttpRequest): boolean => method === 'POST' && String(url).endsWith('/contents');

/** A world whose commits by the API do this before they are sent, after they are done, or in their place. */
function worldWith(
  around: (send: () => Promise<void>, number: number) => Promise<void>,
): TestWorld & { count: number } {
  const world = testWorld({ clock: fastClock(1), random: Math.random });
  const own = { ...world, count: 0 };
  own.http = async (request) => {
    own.count += 1;
    if (!isCommit(request)) return world.http(request);
    let answer: Awaited<ReturnType<TestWorld['http']>> | undefined;
    commits += 1;
    await around(async () => {
      answer = await world.http(request);
    }, commits);
    if (answer === undefined) throw new WireFailure('timeout', String(request.url));
    return answer;
  };
  let commits = 0;
  return own;
}

const plainly = () => worldWith((send) => send());

describe.skipIf(noGitea !== undefined)(`a commit by a real Gitea's API${note}`, () => {
  beforeAll(async () => {
    gitea = await startGitea();
  }, 1_800_000);
  afterAll(() => gitea?.close());

  const delivery = (config: ConfigOnGitea, tag: string, more: Partial<DeliveryPlan> = {}): DeliveryPlan => {
    const { pullRequest: _, ...plan } = config.delivery(tag);
    return { ...plan, via: 'gitea', ...more };
  };
  const land = (
    config: ConfigOnGitea,
    plan: DeliveryPlan,
    world: TestWorld = plainly(),
    more: { credential?: GitCredential; lineage?: Lineage; budgetMs?: number } = {},
  ) => landDelivery(world, world.emit, plan, more.credential ?? config.credential, more);
  const history = async (config: ConfigOnGitea) =>
    (await gitea.api('GET', `/repos/${config.path}/commits?limit=50&stat=false`)) as Told[];
  const subjects = async (config: ConfigOnGitea) =>
    (await history(config)).map(({ commit }) => commit.message.split('\n')[0]).reverse();
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const add = (config: ConfigOnGitea, files: Readonly<Record<string, string>>) =>
    gitea.api('POST', `/repos/${config.path}/contents`, {
      files: Object.entries(files).map(([path, text]) => ({ operation: 'create', path, content: base64(text) })),
      message: 'Add files',
    });
  /** A clone that a test changes as people do. */
  const clone = (config: ConfigOnGitea) => {
    const dir = mkdtempSync(join(tmpdir(), 'tagboat-gitea-clone-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
        ...{ cwd: dir, encoding: 'utf8', stdio: 'pipe' },
        env: {
          ...process.env,
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'http.extraHeader',
          GIT_CONFIG_VALUE_0: `Authorization: ${config.credential.authorization.reveal()}`,
        },
      });
    git('clone', '-q', config.url, '.');
    return { dir, git };
  };

  it('is the one that a push would have made, and makes the holds that it is conditional on', async () => {
    const config = await configOn(gitea);
    const world = plainly();
    const first = await land(config, delivery(config, 'b'), world);
    expect(first).toMatchObject({ is: 'landed', attempts: 1 });
    const [tip] = await history(config);
    expect(first).toMatchObject({ commit: tip?.sha, parent: tip?.parents[0]?.sha });
    expect([tip?.commit.author.name, tip?.commit.message.trim()]).toEqual([
      bot.name,
      delivery(config, 'b').message.trim(),
    ]);
    expect([await config.file(), await config.file('main', holds)]).toEqual([valuesWith('b'), empty]);
    // The tip, its folders, what is missing of them, the commit, and a look at the branch: as many as a push takes.
    expect(world.count).toBe(5);
    expect(noticesIn(world).join('\n')).toContain(`adds ${holds} too, without holds`);
    expect(await land(config, delivery(config, 'b'))).toMatchObject({ is: 'unchanged' });
    expect(await land(config, delivery(config, 'c'))).toMatchObject({ is: 'landed', attempts: 1 });
    expect([await config.file(), (await history(config)).length]).toEqual([valuesWith('c'), 4]);
  });

  it('changes several files in one commit, keeps modes and odd bytes, and refuses a link', async () => {
    const config = await configOn(gitea);
    const { dir, git } = clone(config);
    const crlf = '\uFEFF# Zoë\r\nfront:\r\n  imageTag: a\t\r\n';
    await add(config, { 'ünder/.hidden/we ird.yaml': crlf });
    git('pull', '-q');
    chmodSync(join(dir, 'main/values.yaml'), 0o755);
    symlinkSync('values.yaml', join(dir, 'main/link.yaml'));
    git('add', '-A');
    git('commit', '-qm', 'By hand');
    git('push', '-q');
    const edits = [setTag('b'), setTag('b', 'ünder/.hidden/we ird.yaml')];
    expect(await land(config, delivery(config, 'b', { edits }))).toMatchObject({ is: 'landed' });
    git('pull', '-q');
    expect(git('ls-files', '-s', 'main/values.yaml')).toMatch(/^100755/);
    expect(git('show', 'HEAD:ünder/.hidden/we ird.yaml')).toBe(crlf.replace('imageTag: a', 'imageTag: b'));
    expect(git('show', '--stat=200', '--format=', 'HEAD').trim().split('\n').at(-1)).toMatch(/3 files changed/);
    const linked = land(config, delivery(config, 'b', { edits: [setTag('b', 'main/link.yaml')] }));
    await expect(linked).rejects.toMatchObject({ code: 'FILE_IS_SYMLINK' });
  });

  it('is not beaten by commits to other files that came between, and is by one to its own', async () => {
    const config = await configOn(gitea);
    const other = worldWith(async (send, number) => {
      if (number === 1) await config.commit('main', 'other.yaml', 'x: 1\n');
      await send();
    });
    const first = await land(config, delivery(config, 'b'), other);
    const [tip, between] = await history(config);
    expect(first).toMatchObject({ is: 'landed', attempts: 1, commit: tip?.sha, parent: between?.sha });
    const own = worldWith(async (send, number) => {
      if (number === 1) await config.commit('main', 'main/values.yaml', `${valuesWith('b')}\n# more`);
      await send();
    });
    expect(await land(config, delivery(config, 'c'), own)).toMatchObject({ is: 'landed', attempts: 2 });
    expect(await config.file()).toBe(`${valuesWith('c')}\n# more`);
  });

  it.each([
    ['the first there are', false],
    ['among others', true],
  ])('respects a hold that is made between reading and committing: %s', async (_, before) => {
    const config = await configOn(gitea);
    if (before) await land(config, delivery(config, 'b'));
    const now = before ? 'b' : 'a';
    const place = { file: 'main/values.yaml', path: '.front.imageTag' };
    const held = { is: 'hold', places: [place], by: 'Ada', why: 'it breaks', until: undefined } as const;
    const holding = delivery(config, now, { edits: [], message: 'Hold front', holds: held });
    const world = worldWith(async (send, number) => {
      if (number === 1) expect(await land(config, holding)).toMatchObject({ is: 'landed' });
      await send();
    });
    expect(await land(config, delivery(config, 'c'), world)).toMatchObject({ is: 'held', why: 'it breaks' });
    expect([await config.file(), (await subjects(config)).at(-1)]).toEqual([
      before ? valuesWith('b') : values,
      'Hold front',
    ]);
  });

  it.each([
    ['once it was done', true],
    ['before it was done', false],
  ])('lands once where a reply is lost %s', async (_, isDone) => {
    const config = await configOn(gitea);
    const world = worldWith(async (send, number) => {
      if (isDone || number > 1) await send();
      if (number === 1) {
        // Others go on meanwhile.
        await config.commit('main', 'other.yaml', 'x: 1\n');
        throw new WireFailure('cut', gitea.url);
      }
    });
    expect(await land(config, delivery(config, 'b'), world)).toMatchObject({ is: 'landed' });
    const all = await subjects(config);
    expect(all.filter((one) => one === 'Set front to b').length).toBe(1);
    expect([all.length, await config.file()]).toEqual([4, valuesWith('b')]);
  });

  it.each(['before', 'after'])('leaves to the next run what is killed %s the commit', async (when) => {
    const config = await configOn(gitea);
    const killed = worldWith(async (send) => {
      if (when === 'after') await send();
      killed.abort();
      throw new Error('killed');
    });
    await expect(land(config, delivery(config, 'b'), killed)).rejects.toThrow();
    expect(await land(config, delivery(config, 'b'))).toMatchObject({ is: when === 'after' ? 'unchanged' : 'landed' });
    expect((await subjects(config)).slice(2)).toEqual(['Set front to b']);
    expect(await config.file()).toBe(valuesWith('b'));
  });

  it("is refused in the host's words where the branch is protected or the token may only read", async () => {
    const config = await configOn(gitea);
    const bob = await gitea.user('carol');
    await gitea.api('PUT', `/repos/${config.path}/collaborators/carol`, { permission: 'write' });
    await gitea.api('POST', `/repos/${config.path}/branch_protections`, {
      ...{ rule_name: 'main', enable_push: true, enable_push_whitelist: true, push_whitelist_usernames: ['ada'] },
    });
    const credential: GitCredential = {
      authorization: new Secret(`Basic ${Buffer.from(`carol:${bob}`).toString('base64')}`, 'T'),
      ...{ label: 'TAGBOAT_TOKEN', token: new Secret(bob, 'T') },
    };
    await expect(land(config, delivery(config, 'b'), plainly(), { credential })).rejects.toMatchObject({
      ...{ code: 'PUSH_DENIED', peer: { code: '403', text: expect.stringMatching(/cannot commit to repo.*carol/) } },
    });
    await gitea.api('PUT', `/repos/${config.path}/collaborators/carol`, { permission: 'read' });
    await expect(land(config, delivery(config, 'b'), plainly(), { credential })).rejects.toMatchObject({
      ...{ exitCode: 6, peer: { text: expect.any(String) } },
    });
    expect([await config.file(), (await history(config)).length]).toEqual([values, 2]);
  });

  it('is a push where the history decides, and says so', async () => {
    const config = await configOn(gitea);
    const lineage: Lineage = {
      commit: 'c'.repeat(40),
      kinOf: async () => ({ is: 'ancestor', why: 'so it is' }),
      wholeId: async () => undefined,
      tell: () => undefined,
    };
    const world = plainly();
    expect(await land(config, delivery(config, 'b'), world, { lineage })).toMatchObject({ is: 'landed' });
    expect(noticesIn(world).join('\n')).toContain('is pushed by git: who wrote the values there, the history told');
    await expect(config.file('main', holds)).rejects.toThrow('404');
    // A value that names its commit tells that itself.
    const named = delivery(config, lineage.commit);
    expect(await land(config, named, plainly(), { lineage })).toMatchObject({ is: 'landed' });
    expect(await config.file('main', holds)).toBe(empty);
  });

  it('is told of by the host itself, which allows all that is asked', async () => {
    const config = await configOn(gitea);
    const look = await lookAtHost(testWorld(), { repo: config.url, branch: 'main' }, config.credential);
    expect(look.host).toBe('Gitea or Forgejo');
    expect(look.answers.filter(({ is }) => is !== 'yes')).toEqual([]);
    expect(look.answers.length).toBe(10);
  });

  it(
    'lands eight writers of six files at once, each exactly once',
    async () => {
      const config = await configOn(gitea);
      const keys = ['x', 'y', 'z'];
      const shared = keys.map((key) => `${key}:\n  imageTag: a\n`).join('');
      const own = ['s0', 's1', 's2', 's3', 's4'].map((name) => `${name}/values.yaml`);
      await add(config, { 'shared.yaml': shared, ...Object.fromEntries(own.map((file) => [file, values])) });
      const edits = [
        ...keys.map((key) => setTag('b', 'shared.yaml', `.${key}.imageTag`)),
        ...own.map((file) => setTag('b', file)),
      ];
      const outcomes = await Promise.all(
        edits.map((edit, n) => {
          const plan = delivery(config, 'b', { edits: [edit], message: `Writer ${n}\n\nTagboat-Run: ${n}` });
          return land(config, plan, plainly(), { budgetMs: longMs / 2 });
        }),
      );
      expect(outcomes.map(({ is }) => is)).toEqual(edits.map(() => 'landed'));
      expect((await subjects(config)).slice(3).sort()).toEqual(edits.map((_, n) => `Writer ${n}`));
      expect(await config.file('main', 'shared.yaml')).toBe(shared.replaceAll('imageTag: a', 'imageTag: b'));
      for (const file of own) expect(await config.file('main', file)).toBe(valuesWith('b'));
    },
    longMs,
  );
});
