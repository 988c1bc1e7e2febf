import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommitOptions, commit } from '../../../src/entry/commands/commit.ts';
import { status } from '../../../src/entry/commands/see/status.ts';
import { where } from '../../../src/entry/commands/see/where.ts';
import type { CommonOptions } from '../../../src/entry/run/options.ts';
import type { World } from '../../../src/wire/world.ts';
import { tipOf, valuesWith } from '../../commit/landing.ts';
import { name, proposing } from '../../commit/propose/proposing.ts';
import { git, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { fastClock, type TestWorld } from '../../support/world.ts';

const common: CommonOptions = { json: true, quiet: false, color: false, jobs: 1 };

describe.skipIf(noHttpBackend !== undefined)(`commands whose commits are proposed${skipNote}`, () => {
  async function place() {
    const made = await proposing();
    const env = {
      ...{ GITHUB_SERVER_URL: made.host.url, GITHUB_API_URL: `${made.api.url}/api/v3` },
      TAGBOAT_TOKEN: 'planted-token',
    };
    let before: (() => Promise<unknown>) | undefined;
    /** Has this done before the first look at the pull request. */
    const beforeLook = (deed: () => Promise<unknown>) => {
      before = deed;
    };
    const world = (own: TestWorld): Partial<World> => ({
      http: async (request) => {
        if (request.method === 'GET' && /\/pulls\/\d+$/.test(String(request.url))) await before?.();
        return own.http(request);
      },
    });
    const run = (set: string, how: Partial<CommitOptions> = {}) => {
      const options = {
        repo: made.url,
        branch: 'main',
        set: [set],
        create: false,
        via: 'pullRequest' as const,
        ...how,
      };
      return here(commit(common, options), { command: 'commit', env, world });
    };
    /** An app repo whose one delivery is proposed, and commands in it. */
    const app = async () => {
      const cwd = await tempDir();
      const text = `deliveries:
  production:
    { from: main, repo: '${made.url}', via: pullRequest, pullRequest: { host: github },
      set: { main/values.yaml: { .front.imageTag: '{commit}' } } }
`;
      await git(cwd, 'init', '--quiet', '--initial-branch=main');
      await writeFile(join(cwd, 'tagboat.yaml'), text);
      await git(cwd, 'add', '.');
      await git(cwd, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'Open the shop');
      const own = { env, world, cwd };
      // A look gives up after some seconds: over at once on a clock that jumps, and too few on a busy machine.
      const looking = { ...own, world: (made: TestWorld) => ({ ...world(made), clock: fastClock(0.1) }) };
      return {
        commit: (await git(cwd, 'rev-parse', 'HEAD')).trim(),
        deliver: () => here(commit(common, { branch: 'main', set: [], create: false }), { command: 'commit', ...own }),
        where: async (token = env.TAGBOAT_TOKEN) =>
          here(where(common, undefined), { command: 'where', ...looking, env: { ...env, TAGBOAT_TOKEN: token } }),
        status: () => here(status(common, undefined), { command: 'status', ...looking }),
      };
    };
    return { ...made, env, run, beforeLook, app };
  }

  it('commit proposes values from the command line, those of each place by one pull request', async () => {
    const { run, pulls, host, beforeLook } = await place();
    const first = await run('main/values.yaml:.front.imageTag=b');
    expect(first).toMatchObject({ exitCode: 0, commits: [{ is: 'proposed', did: 'created' }] });
    expect((await run('main/values.yaml:.front.imageTag=c')).commits).toMatchObject([{ did: 'updated' }]);
    // Another place waits beside it and doesn't take its place.
    expect((await run('main/values.yaml:.back.imageTag=d')).commits).toMatchObject([{ did: 'created' }]);
    expect(pulls.all.map(({ title, state }) => [title, state])).toEqual([
      ['Set .front.imageTag to c', 'open'],
      ['Set .back.imageTag to d', 'open'],
    ]);
    beforeLook(() => pulls.merge(1, 'squash'));
    const ended = await run('main/values.yaml:.front.imageTag=c', { waitMerge: '10m' });
    expect(ended.commits).toMatchObject([{ is: 'landed', commit: pulls.all[0]?.merged }]);
    expect(await host.git(name, 'show', 'main:main/values.yaml')).toBe(valuesWith('c'));
  });

  it('where and status say that it waits for review, and by which pull request', async () => {
    const { app, pulls } = await place();
    const { commit: id, deliver, where: look, status: list } = await app();
    expect((await look()).value).toMatchObject({ deliveries: [{ obstacles: [{ is: 'notDelivered' }] }] });
    await deliver();
    const proposal = { head: 'tagboat/production', from: id, number: 1, url: expect.stringContaining('/pull/1') };
    expect((await look()).value).toMatchObject({ deliveries: [{ obstacles: [{ is: 'proposed', proposal }] }] });
    expect((await list()).value).toMatchObject({ rows: [{ proposed: proposal }] });
    // Git tells that it is proposed, also where the API refuses to be asked.
    const unasked = { head: 'tagboat/production', from: id, notAsked: expect.stringContaining('401') };
    expect((await look('other-token')).value).toMatchObject({
      deliveries: [{ obstacles: [{ is: 'proposed', proposal: unasked }] }],
    });
    await pulls.merge(1, 'squash');
    expect((await look()).value).toMatchObject({ deliveries: [{ is: 'there' }] });
  });

  it('commit refuses to wait for a merge where nothing is proposed', async () => {
    const { run, host } = await place();
    const before = await tipOf(host, name);
    const ended = await run('main/values.yaml:.front.imageTag=b', { via: 'git', waitMerge: '10m' });
    expect(ended).toMatchObject({ exitCode: 2, errors: [{ code: 'USAGE' }] });
    expect(await tipOf(host, name)).toBe(before);
  });
});
