import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readBranch } from '../../../src/commit/history/read-branch.ts';
import { findEarlier } from '../../../src/commit/order/earlier.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { planHold, planRelease } from '../../../src/config/plan/hold.ts';
import { planRollback } from '../../../src/config/plan/rollback.ts';
import { planRun } from '../../../src/config/plan/run.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { chart, land, landed } from '../landing.ts';

const front = { file: 'main/values.yaml', path: '.front.imageTag' };
const back = { file: 'main/values.yaml', path: '.back.imageTag' };
const hour = 3_600_000;
const start = Date.UTC(2026, 9, 1);
const ada = { name: 'Ada', email: 'ada@example.test' };

/** A config repo to which the product itself delivers, by a clock that the test turns. */
async function scene(config: Readonly<Record<string, string>> = {}) {
  const clock = jumpingClock(start);
  const world: TestWorld = testWorld({ clock });
  const host: GitHost = await gitHost();
  const repo = await host.createRepo('config', { files: chart, config });
  const read = parseConfig(
    `registry: r.test\nimages: { app: {} }\ndeliveries:\n  staging: { from: main, repo: '${repo}', set: { ${front.file}: { ${front.path}: '{commit}' } } }`,
    'tagboat.yaml',
    {},
  );
  const sourceOf = (commit: string, subject: string) => ({
    ...{
      dir: '/app',
      url: 'https://git.test/acme/shop',
      commit,
      branch: 'main',
      subject,
      author: ada,
      dirty: false as const,
    },
    ...{ committedAt: new Date(clock.now() - hour).toISOString(), runUrl: 'https://ci.test/runs/1' },
  });
  const person = { actions: false, gitUser: { name: 'Bob', email: 'bob@example.test' } };
  const target = {
    ...{ repo, branch: 'main', via: 'git' as const, queue: false, delivery: 'staging', places: [front] },
    source: sourceOf('0'.repeat(40), ''),
  } as const;
  const git = (input: string) =>
    execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet', '--force'], { input });
  return {
    ...{ host, world, clock, repo },
    deliver: async (commit: string, subject = `Change ${commit.slice(0, 4)}`) => {
      clock.advance(hour);
      const plan = planRun(read, sourceOf(commit, subject), person).deliveries[0];
      if (plan === undefined) throw new Error('nothing to deliver');
      return landed(await land({ ...plan, order: 'off' }, world)).commit;
    },
    rollBack: async (why: string) => {
      clock.advance(hour);
      const earlier = await findEarlier(world, target, [front], undefined, { to: 'previous', force: false });
      const request = {
        ...person,
        ...earlier,
        to: earlier.at,
        from: earlier.tip,
        why,
        by: undefined,
        until: undefined,
      };
      return landed(await land(planRollback(target, { ...request, deploy: undefined }), world)).commit;
    },
    hold: async (why: string) =>
      landed(await land(planHold(target, { ...person, why, until: undefined, by: undefined }), world)).commit,
    release: async () => landed(await land(planRelease(target, { ...person, why: undefined }), world)).commit,
    /** Somebody else's commit with these words, of this time, that sets the front's tag, or writes a note. */
    byHand: async (message: string, tag?: string, at = clock.now()) => {
      const values = await host.git('config', 'show', `main:${front.file}`);
      const changed = values.replace(/imageTag: +[^ ]+ +#/, `imageTag:   ${tag}   #`);
      const [file, text] = tag === undefined ? ['notes.md', message] : [front.file, changed];
      const size = (one: string) => Buffer.byteLength(one);
      git(
        `commit refs/heads/main\ncommitter Eve <eve@example.test> ${Math.floor(at / 1_000)} +0000\ndata ${size(message)}\n${message}\nfrom refs/heads/main^0\nM 100644 inline ${file}\ndata ${size(text)}\n${text}\n`,
      );
      return (await host.git('config', 'rev-parse', 'main')).trim();
    },
    /** As many commits of somebody else's that leave the values alone. */
    notes: async (count: number) => {
      const commits = Array.from({ length: count }, (_, at) => {
        const from = at === 0 ? 'from refs/heads/main^0\n' : '';
        return `commit refs/heads/main\ncommitter A <a@b.test> 1700000000 +0000\ndata 4\nNote\n${from}M 100644 inline notes.md\ndata 3\n${at + 100}\n`;
      });
      git(commits.join('\n'));
    },
    read: (places = [front], enough = () => false, many?: number) =>
      readBranch(world, { repo, branch: 'main' }, undefined, { places, enough, many }),
  };
}

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];

describe.skipIf(noHttpBackend !== undefined)(`what a branch tells of what was delivered to it${skipNote}`, () => {
  it('names deliveries, rollbacks and holds as what they are: who, what, from which commit, when, why', async () => {
    const { deliver, rollBack, release, hold, read } = await scene();
    const first = await deliver(one, 'Open the shop');
    await deliver(two);
    await rollBack('it loses orders');
    await release();
    await hold('the sale is on');
    const { records, whole, places, holds } = await read();
    expect(records.map(({ is }) => is)).toEqual(['held', 'released', 'rolledBack', 'delivered', 'delivered', 'other']);
    expect(whole).toBe(true);
    expect(records[4]).toMatchObject({
      ...{ commit: first, app: 'acme/shop', delivery: 'staging', run: 'https://ci.test/runs/1' },
      ...{ settings: [{ ...front, value: one }], landedAt: new Date(start + hour).toISOString() },
      source: { commit: one, subject: 'Open the shop', author: ada, committedAt: new Date(start).toISOString() },
    });
    expect(records[2]).toMatchObject({
      ...{ to: first, why: 'it loses orders', author: { name: 'Bob' }, settings: [{ value: one }] },
      source: { commit: one, url: 'https://git.test/acme/shop' },
    });
    expect(records[0]).toMatchObject({ places: [front], why: 'the sale is on' });
    expect(places).toMatchObject([{ value: one, byHand: false, writer: { is: 'rolledBack' } }]);
    expect(holds).toMatchObject([{ ...front, value: one, why: 'the sale is on' }]);
  });

  it('finds the commit by which somebody changed a value by hand, among others that left it alone', async () => {
    const { deliver, byHand, notes, read } = await scene();
    await deliver(one);
    await notes(5);
    const changed = await byHand('Try the new one', 'v9');
    await notes(3);
    const { places, records } = await read([front, back]);
    expect(places).toMatchObject([
      { value: 'v9', byHand: true, writer: { source: { commit: one } } },
      { value: 'a', byHand: true, writer: undefined },
    ]);
    expect(records.filter(({ is }) => is === 'byHand')).toMatchObject([
      { commit: changed, author: { name: 'Eve' }, settings: [{ ...front, value: 'v9' }] },
    ]);
  });

  it('keeps the order of the branch, whatever the clocks of its writers say', async () => {
    const { deliver, byHand, read } = await scene();
    await byHand('From the future', undefined, Date.UTC(2090, 0, 1));
    await deliver(one);
    await byHand('From long ago', undefined, 1_000);
    await deliver(two);
    const { records } = await read();
    expect(records.map(({ subject }) => subject.slice(0, 8))).toEqual([
      'Update i',
      'From lon',
      'Update i',
      'From the',
      'A commit',
    ]);
  });

  it('tells that a service is gone, and says nothing of a place that was never there', async () => {
    const { host, deliver, read } = await scene();
    await deliver(one);
    execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet'], {
      input: `commit refs/heads/main\ncommitter A <a@b.test> 1700000000 +0000\ndata 4\nGone\nfrom refs/heads/main^0\nD main\n`,
    });
    const never = { file: 'nowhere.yaml', path: '.a' };
    expect((await read([front, never])).places).toMatchObject([
      { value: undefined, byHand: false, writer: { delivery: 'staging' } },
      { value: undefined, byHand: false, writer: undefined },
    ]);
  });

  it('takes the time at which a merge took a delivery in, and the order of the branch', async () => {
    const { host, deliver, byHand, read, clock } = await scene();
    await deliver(one);
    const tip = (await host.git('config', 'rev-parse', 'main')).trim();
    await byHand('Note');
    const merged = new Date(Math.ceil(clock.now() / hour + 5) * hour);
    const message = `Deliver\n\nTagboat-Delivery: staging\nTagboat-Set: ${front.file}:${front.path}=${three}\n`;
    execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet'], {
      input: `commit refs/heads/pr\nmark :1\ncommitter A <a@b.test> 1700000000 +0000\ndata ${message.length}\n${message}\nfrom ${tip}\ncommit refs/heads/main\ncommitter A <a@b.test> ${merged.getTime() / 1_000} +0000\ndata 5\nMerge\nfrom refs/heads/main^0\nmerge :1\n`,
    });
    const { records } = await read();
    expect(records.map(({ subject, landedAt }) => [subject.slice(0, 7), landedAt === merged.toISOString()])).toEqual([
      ...[
        ['Merge', true],
        ['Deliver', true],
        ['Note', false],
        ['Update ', false],
        ['A commi', false],
      ],
    ]);
  });

  it('reads no more than is enough, and tells of a host that sends files along', async () => {
    const { deliver, notes, read, world } = await scene({ 'uploadpack.allowFilter': 'false' });
    await notes(40);
    await deliver(two);
    const { records, whole } = await read([front], () => true);
    expect(whole).toBe(false);
    expect(records.length).toBe(32);
    expect(world.notices.some((text) => text.includes('commits alone'))).toBe(true);
    // However many are wanted: their files come along.
    await notes(600);
    expect((await read([front], () => false, 2_048)).records.length).toBe(512);
  });
});
