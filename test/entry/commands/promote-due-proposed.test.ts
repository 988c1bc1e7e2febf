import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commit } from '../../../src/entry/commands/commit.ts';
import type { PromoteOptions } from '../../../src/entry/commands/promote/named.ts';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import { history } from '../../../src/entry/commands/see/history.ts';
import type { HistoryValue } from '../../../src/events/json-event.ts';
import type { Candidate } from '../../../src/plan/listed.ts';
import { type ApiRequest, json } from '../../../src/sandbox/api.ts';
import { tipOf } from '../../commit/landing.ts';
import { name, proposing } from '../../commit/propose/proposing.ts';
import { git, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { fastClock, jumpingClock } from '../../support/world.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };

/** dev by a push, staging and production each by a pull request that somebody merges, in one file each. */
async function chain({ parts = false } = {}) {
  const merged = new Map<string, string>();
  let silent = false;
  const made = await proposing({
    instead: ({ path }: ApiRequest) => {
      const [, id = ''] = /\/commits\/([0-9a-f]{40})\/pulls$/.exec(path) ?? [];
      if (silent) return json(403, { message: 'API is closed' });
      const at = merged.get(id);
      return id === ''
        ? undefined
        : json(200, at === undefined ? [] : [{ number: 1, merged_at: at, merge_commit_sha: id }]);
    },
  });
  const { host, url, pulls } = made;
  const names = ['dev', 'staging', 'production'];
  await host.commit(name, {
    files: Object.fromEntries(names.map((one) => [`${one}.yaml`, 'tag: none\nlevel: none\n'])),
  });
  const cwd = await tempDir();
  /** In parts, what goes on to production is the one that stays. */
  const setOf = (one: string): string => {
    const [tag, level] = [".tag: '{commit}'", ".level: 'stable'"];
    return !parts ? tag : one === 'production' ? level : `${tag}, ${level}`;
  };
  const delivery = (one: string, keys: string) =>
    `  ${one}: { repo: '${url}', set: { ${one}.yaml: { ${setOf(one)} } }, ${keys} }\n`;
  const proposed = 'via: pullRequest, pullRequest: { host: github }';
  await writeFile(
    join(cwd, 'tagboat.yaml'),
    `deliveries:\n${delivery('dev', 'from: main')}${delivery('staging', `after: dev, ${proposed}`)}${delivery('production', `after: staging, soak: 2h, ${proposed}`)}`,
  );
  await git(cwd, 'init', '--quiet', '--initial-branch=main');
  const next = async () => {
    await git(cwd, 'add', '.');
    await git(cwd, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', 'x');
  };
  const env = {
    ...{ GITHUB_SERVER_URL: host.url, GITHUB_API_URL: `${made.api.url}/api/v3`, TAGBOAT_TOKEN: 'planted-token' },
  };
  const at = (time: string) => ({ cwd, env, world: () => ({ clock: jumpingClock(Date.parse(time)) }) });
  const deliver = async (time: string) => {
    await next();
    await here(commit(common, { branch: 'main', set: [], create: false }), { command: 'commit', ...at(time) });
  };
  const due = async (time: string, of: string, options: PromoteOptions = {}) => {
    const done = await here(promote(common, [of], { due: true, ...options }), { command: 'promote', ...at(time) });
    const [candidate] = (done.value as { candidates: readonly Candidate[] }).candidates;
    return { ...done, candidate };
  };
  const named = (time: string, ...names: string[]) =>
    here(promote(common, names, {}), { command: 'promote', ...at(time) });
  const listed = async () => {
    const done = await here(history(common, undefined, { format: 'table' }), {
      ...{ command: 'history', cwd, env },
      // A look gives up after some seconds: over at once on a clock that jumps.
      world: () => ({ clock: fastClock(0.1) }),
    });
    expect(done.errors).toEqual([]);
    return (done.value as HistoryValue).proposals;
  };
  /** Merges as a host does that puts the proposed commit itself on the branch. */
  const forward = async (number: number, time: string) => {
    const pull = pulls.all[number - 1];
    const head = await tipOf(host, name, pull?.head ?? '');
    await host.git(name, 'update-ref', 'refs/heads/main', head);
    Object.assign(pull ?? {}, { state: 'closed', merged: head });
    merged.set(head, time);
  };
  const close = (is: boolean) => {
    silent = is;
  };
  return { ...made, deliver, due, named, listed, forward, close };
}

describe.skipIf(noHttpBackend !== undefined)(`tagboat promote --due by pull requests${skipNote}`, () => {
  it('proposes once, and then says that it waits for review, until there is something newer', async () => {
    const { deliver, due, pulls, listed } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    expect(await listed()).toEqual([]);
    const first = await due('2026-06-01T09:00:00Z', 'staging');
    expect(first).toMatchObject({
      exitCode: 0,
      commits: [{ is: 'proposed', did: 'created' }],
      candidate: { due: true },
    });
    const again = await due('2026-06-01T10:00:00Z', 'staging');
    const proposal = { number: 1, url: expect.stringContaining('/pull/1'), head: 'tagboat/staging' };
    expect(again).toMatchObject({
      exitCode: 0,
      commits: [],
      candidate: { due: false, notYet: [{ is: 'proposed', proposal }] },
    });
    expect(await listed()).toMatchObject([{ delivery: 'staging', branch: 'main', proposal }]);
    // Whoever waits for the merge is at it again.
    const waits = await due('2026-06-01T10:00:00Z', 'staging', { waitMerge: '1m' });
    expect(waits).toMatchObject({ candidate: { due: true }, errors: [{ code: 'MERGE_TIMED_OUT' }] });
    await deliver('2026-06-01T11:00:00Z');
    expect((await due('2026-06-01T12:00:00Z', 'staging')).commits).toMatchObject([{ is: 'proposed', did: 'updated' }]);
    expect(pulls.all).toHaveLength(1);
  });

  it('counts the soak from when the host merged it, also where the commit stayed as it was made', async () => {
    const { deliver, due, forward, close, listed } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    await due('2026-06-01T09:00:00Z', 'staging');
    await forward(1, '2026-06-02T12:00:00Z');
    expect((await due('2026-06-02T13:00:00Z', 'production')).candidate).toMatchObject({
      ...{ due: false, since: '2026-06-02T12:00:00.000Z' },
      notYet: [{ is: 'soaking', until: '2026-06-02T14:00:00.000Z' }],
    });
    close(true);
    const closed = await due('2026-06-02T14:00:00Z', 'production');
    expect(closed).toMatchObject({ exitCode: 6, errors: [{ code: 'PROMOTION_UNDECIDED' }], commits: [] });
    expect(closed.candidate).toMatchObject({ notYet: [{ is: 'unknown', why: expect.stringContaining('merged') }] });
    close(false);
    expect(await due('2026-06-02T14:00:00Z', 'production')).toMatchObject({
      exitCode: 0,
      commits: [{ is: 'proposed' }],
    });
    close(true);
    // Git tells of the branch; by which pull request, nobody does.
    expect(await listed()).toMatchObject([
      {
        delivery: 'production',
        proposal: { head: 'tagboat/production', notAsked: expect.stringContaining('answered 403') },
      },
    ]);
  });

  it('counts what a second pull request repeats from when the first was merged, and asks the host when that was', async () => {
    const { deliver, due, forward } = await chain({ parts: true });
    await deliver('2026-06-01T08:00:00Z');
    await due('2026-06-01T09:00:00Z', 'staging');
    await forward(1, '2026-06-02T12:00:00Z');
    await deliver('2026-06-02T12:05:00Z');
    await due('2026-06-02T12:10:00Z', 'staging');
    await forward(2, '2026-06-02T12:20:00Z');
    expect(await due('2026-06-02T12:30:00Z', 'production')).toMatchObject({
      commits: [],
      candidate: { due: false, since: '2026-06-02T12:00:00.000Z', notYet: [{ until: '2026-06-02T14:00:00.000Z' }] },
    });
  });

  it('keeps a no: what somebody closed without merging is proposed again by name alone, or with a newer value', async () => {
    const { deliver, due, pulls, named, host } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    await due('2026-06-01T09:00:00Z', 'staging');
    const close = () => Object.assign(pulls.all.at(-1) ?? {}, { state: 'closed' });
    close();
    const declined = { is: 'declined', proposal: { number: 1, url: expect.stringContaining('/pull/1') } };
    for (const isGone of [false, true]) {
      if (isGone) await host.git(name, 'update-ref', '-d', 'refs/heads/tagboat/staging');
      for (const options of [{}, { waitMerge: '1m' }])
        expect(await due('2026-06-01T10:00:00Z', 'staging', options)).toMatchObject({
          ...{ exitCode: 0, errors: [], commits: [] },
          candidate: { due: false, notYet: [declined] },
        });
    }
    expect(await named('2026-06-01T11:00:00Z', 'dev', 'staging')).toMatchObject({ commits: [{ is: 'proposed' }] });
    expect(pulls.all).toHaveLength(2);
    close();
    await deliver('2026-06-01T12:00:00Z');
    expect((await due('2026-06-01T13:00:00Z', 'staging')).commits).toMatchObject([{ is: 'proposed', did: 'created' }]);
  });

  it('takes its own closing of what was left without anything to propose for no such no', async () => {
    const { deliver, due, named, pulls, host } = await chain();
    await deliver('2026-06-01T08:00:00Z');
    const first = await due('2026-06-01T09:00:00Z', 'staging');
    const tag = first.candidate?.values[0]?.to ?? '';
    const byHand = (to: string) => host.commit(name, { files: { 'staging.yaml': `tag: ${to}\nlevel: none\n` } });
    await byHand(tag);
    await named('2026-06-01T10:00:00Z', 'dev', 'staging');
    expect(pulls.all).toMatchObject([{ state: 'closed' }]);
    await byHand('none');
    expect((await due('2026-06-01T11:00:00Z', 'staging')).candidate).toMatchObject({ due: true });
  });
});
