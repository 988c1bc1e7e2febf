import { describe, expect, it, onTestFinished } from 'vitest';
import { runGit } from '../../src/sandbox/git-host/repo.ts';
import { gitEnv, noHttpBackend, skipNote } from '../support/git-host.ts';
import { faultsIn } from './check.ts';
import type { Claim } from './claim.ts';
import { type Played, play } from './play.ts';
import type { Schedule } from './schedule.ts';

const writers = ['a', 'b'].map((letter, at) => ({
  ...{ name: `w${at}`, file: `apps/${letter}.yaml`, value: `v${at}`, startMs: 0, via: 'git' as const, end: undefined },
}));
const calm: Schedule = {
  ...{ seed: 1, through: 'library', writers, humans: [], upheaval: undefined },
  host: { atomic: true, refusesIntents: false, oldProtocol: false },
  weather: { answer: 0, cut: 0, late: 0, hang: 0, overtaken: 0 },
};

async function calmly(): Promise<{ played: Played; git: (...args: string[]) => Promise<string> }> {
  const played = await play(calm);
  onTestFinished(() => played.remove());
  expect(await faultsIn(played)).toEqual([]);
  return { played, git: (...args) => runGit(['-C', played.repo, ...args], gitEnv) };
}

const saying = (played: Played, says: Claim['says']): Played => ({
  ...played,
  claims: played.claims.map((claim, at) => (at === 0 ? { ...claim, says } : claim)),
});

describe.skipIf(noHttpBackend !== undefined)(`what the check of a schedule finds${skipNote}`, () => {
  it('a writer that says it landed and did not, one that failed and landed, and one that ended without a word', async () => {
    const { played } = await calmly();
    const nowhere = { is: 'landed', commit: '1'.repeat(40), parent: played.first } as const;
    expect(await faultsIn(saying(played, nowhere))).toEqual([expect.stringContaining('which the branch never had')]);
    const error = { code: 'GIT_TIMEOUT', message: '', hint: '', exitCode: 6 } as const;
    expect(await faultsIn(saying(played, { is: 'failed', error }))).toEqual([
      'w0 says it failed (GIT_TIMEOUT) and landed',
    ]);
    expect(await faultsIn(saying(played, { is: 'unchanged', tip: played.first }))).toEqual([
      expect.stringContaining('says its value was at'),
    ]);
    expect(await faultsIn(saying(played, { is: 'broken', why: 'silence' }))).toEqual(['w0: silence']);
  });

  it('a branch put back, a change landed twice, a change of more than its own value, and damage', async () => {
    const { played, git } = await calmly();
    const tip = (await git('rev-parse', 'main')).trim();
    await git('update-ref', 'refs/heads/main', played.first, tip);
    expect(await faultsIn(played)).toEqual([expect.stringContaining("which isn't on top of it")]);
    await git('update-ref', 'refs/heads/main', tip, played.first);

    const tree = (await git('rev-parse', `${played.first}^{tree}`)).trim();
    const who = ['-c', 'user.name=w0', '-c', 'user.email=w0@example.test'];
    const again = (await git(...who, 'commit-tree', tree, '-p', tip, '-m', 'Once more')).trim();
    await git('update-ref', 'refs/heads/main', again, tip);
    const faults = (await faultsIn(played)).join('\n');
    expect(faults).toContain('w0 landed twice');
    expect(faults).toMatch(/w0's commit [0-9a-f]{40} changes .*,/);
  });

  it('an intent that is removed or left behind though it could land', async () => {
    const { played, git } = await calmly();
    const tip = (await git('rev-parse', 'main')).trim();
    const text = JSON.stringify({ edits: [{ expects: 'v1' }] });
    const who = ['-c', 'user.name=w1', '-c', 'user.email=w1@example.test'];
    const intent = (await git(...who, 'commit-tree', `${tip}^{tree}`, '-m', `Tagboat intent\n\n${text}`)).trim();
    const ref = 'refs/tagboat/intents/main/1-a';
    await git('update-ref', ref, intent);
    expect(await faultsIn(played)).toEqual([`w1 ended as landed and left ${ref}`]);
    await git('update-ref', '-d', ref, intent);
    expect(await faultsIn(played)).toEqual(['the intent 1-a of w1 was lost']);
  });
});
