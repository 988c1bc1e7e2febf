import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commit } from '../../../src/entry/commands/commit.ts';
import { type RollbackOptions, rollback } from '../../../src/entry/commands/rollback.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { chart, fileAt, isPush, valuesWith } from '../../commit/landing.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { type HereResult, here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const place = 'main/values.yaml:.front.imageTag';

interface Branch {
  readonly host: GitHost;
  /** Delivers a value as a run does. Answers the config commit. */
  deliver(value: string): Promise<string>;
  back(options?: Partial<RollbackOptions>): Promise<HereResult>;
  value(): Promise<string>;
  tip(): Promise<string>;
}

/** `beforePush` is told of each push from the first rollback on, and may be faster. */
async function branch(beforePush?: (host: GitHost) => Promise<unknown>): Promise<Branch> {
  let goingBack = false;
  const host: GitHost = await gitHost({
    fault: async (request) => {
      if (goingBack && isPush(request)) await beforePush?.(host);
      return undefined;
    },
  });
  const repo = await host.createRepo('config', { files: chart });
  const tip = async () => (await host.git('config', 'rev-parse', 'main')).trim();
  return {
    host,
    tip,
    deliver: async (value) => {
      const done = await here(commit(common, { repo, branch: 'main', set: [`${place}=${value}`], create: false }));
      expect(done.errors).toEqual([]);
      return tip();
    },
    back: (options = {}) => {
      goingBack = true;
      return here(
        rollback(common, undefined, { repo, path: [place], to: 'previous', why: 'it loses orders', ...options }),
        { command: 'rollback' },
      );
    },
    value: () => fileAt(host, 'config'),
  };
}

const landed = [{ is: 'landed' }];

describe.skipIf(noHttpBackend !== undefined)(`tagboat rollback${skipNote}`, () => {
  it('reads no more of a long history than it takes, and as much as a target far down takes', async () => {
    const { host, deliver, back, value } = await branch();
    /** Commits of somebody else's, each with words of its own. */
    const others = (count: number): void => {
      const commits = Array.from({ length: count }, (_, at) => {
        const words = randomBytes(300).toString('hex');
        const from = at === 0 ? 'from refs/heads/main^0\n' : '';
        return `commit refs/heads/main\ncommitter A <a@b.test> 1700000000 +0000\ndata ${words.length}\n${words}\n${from}M 644 inline notes.md\ndata 4\n${String(at % 10_000).padStart(4, '0')}\n`;
      });
      execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet'], { input: commits.join('\n') });
    };
    others(3_000);
    await deliver('v1');
    await deliver('v2');
    const before = host.requests.length;
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toBe(valuesWith('v1'));
    const bytes = host.requests.slice(before).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    // A thousand generations, as were asked for at once, are 350 kB of words alone.
    expect(bytes).toBeLessThan(100_000);
    others(50);
    // What that rollback went back to is further down than the first step goes.
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toBe(valuesWith('a'));
  });

  it('puts back the value before the newest delivery, holds it, and says what is undone and why', async () => {
    const { host, deliver, back, value } = await branch();
    await deliver('v1');
    const bad = await deliver('v2');
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toBe(valuesWith('v1'));
    const message = await host.git('config', 'log', '-1', '--format=%B', 'main');
    expect(message).toContain('it loses orders');
    expect(message).toContain(`Undoes ${bad.slice(0, 12)}`);
    const holds = JSON.parse(await host.git('config', 'show', 'main:.tagboat/holds.json')) as unknown;
    expect(holds).toMatchObject({ holds: [{ value: 'v1', why: 'rolled back: it loses orders' }] });
  });

  it('puts a number back as a number, however large, and a text as text', async () => {
    const { host, back, value } = await branch();
    const repo = host.repoUrl('config');
    const set = async (value: string) => {
      const done = await here(commit(common, { repo, branch: 'main', set: [place + value], create: false }));
      expect(done.errors).toEqual([]);
    };
    await set(':=10485760');
    await set(':="1.10"');
    await set(':=2.5');
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toMatch(/imageTag: +"1.10" /);
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toMatch(/imageTag: +10485760 /);
  });

  it('is not undone by the next run, which ends as held', async () => {
    const { host, deliver, back, value } = await branch();
    await deliver('v1');
    await deliver('v2');
    await back();
    const set = [`${place}=v2`];
    const again = await here(commit(common, { repo: host.repoUrl('config'), branch: 'main', set, create: false }));
    expect(again).toMatchObject({ exitCode: 0, commits: [{ is: 'held' }] });
    expect(await value()).toBe(valuesWith('v1'));
  });

  it('goes further back the second time instead of to and fro', async () => {
    const { deliver, back, value } = await branch();
    for (const tag of ['v1', 'v2', 'v3']) await deliver(tag);
    await back();
    expect(await value()).toBe(valuesWith('v2'));
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toBe(valuesWith('v1'));
  });

  it('passes over commits of others, and of deliveries that set what was there', async () => {
    const { host, deliver, back, value } = await branch();
    await deliver('v1');
    await deliver('v2');
    await host.commit('config', { files: { 'other.yaml': 'a: 1\n' }, message: 'Another team\n' });
    await back();
    expect(await value()).toBe(valuesWith('v1'));
    expect(await host.git('config', 'show', 'main:other.yaml')).toBe('a: 1\n');
  });

  it('goes to a config commit that is named, over several deliveries', async () => {
    const { deliver, back, value } = await branch();
    const wanted = await deliver('v1');
    await deliver('v2');
    await deliver('v3');
    await back({ to: wanted });
    expect(await value()).toBe(valuesWith('v1'));
  });

  it('refuses to cross a value that was set by hand, unless told to', async () => {
    const { host, deliver, back, value } = await branch();
    await deliver('v1');
    await deliver('v2');
    await host.commit('config', { files: { 'main/values.yaml': valuesWith('by-hand') }, message: 'Mend it\n' });
    expect(await back()).toMatchObject({ exitCode: 6, errors: [{ code: 'ROLLBACK_CROSSES_HAND' }] });
    expect(await value()).toBe(valuesWith('by-hand'));
    expect(await back({ force: true })).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toBe(valuesWith('v1'));
  });

  it('does not go over what somebody delivers in the same moment', async () => {
    const mend = { files: { 'main/values.yaml': valuesWith('v3-mended') }, message: 'Mend it\n' };
    let first = true;
    const { deliver, back, value } = await branch(async (host) => {
      if (first) await host.commit('config', mend);
      first = false;
    });
    await deliver('v1');
    await deliver('v2');
    const done = await back();
    expect(done).toMatchObject({ exitCode: 6, errors: [{ code: 'VALUE_OVERTAKEN' }] });
    expect(await value()).toBe(valuesWith('v3-mended'));
  });

  it('lands on what others commit elsewhere in the same moment', async () => {
    let number = 0;
    const { host, deliver, back, value } = await branch(async (where) => {
      number += 1;
      if (number === 1) await where.commit('config', { files: { 'other.yaml': 'a: 1\n' }, message: 'Another team\n' });
    });
    await deliver('v1');
    await deliver('v2');
    expect(await back()).toMatchObject({ exitCode: 0, commits: landed });
    expect(await value()).toBe(valuesWith('v1'));
    expect(await host.git('config', 'show', 'main:other.yaml')).toBe('a: 1\n');
  });

  it('sees a value by hand between two deliveries too', async () => {
    const { host, deliver, back } = await branch();
    const first = await deliver('v1');
    await deliver('v2');
    await host.commit('config', { files: { 'main/values.yaml': valuesWith('by-hand') }, message: 'Mend it\n' });
    await deliver('v3');
    expect(await back({ to: first })).toMatchObject({ errors: [{ code: 'ROLLBACK_CROSSES_HAND' }] });
  });

  it('says so when there is nothing to go back to, or no such commit', async () => {
    const { back, deliver } = await branch();
    expect(await back()).toMatchObject({ exitCode: 6, errors: [{ code: 'ROLLBACK_NOTHING_EARLIER' }] });
    await deliver('v1');
    for (const to of ['a'.repeat(40), 'v0']) {
      expect(await back({ to })).toMatchObject({ errors: [{ code: 'ROLLBACK_TARGET_UNKNOWN' }] });
    }
  });
});
