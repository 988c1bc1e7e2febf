import { describe, expect, it } from 'vitest';
import type { Observation, Operation } from '../../../src/deploy/observe/observation.ts';
import { type Evidence, nothingYet } from '../../../src/deploy/verdict/evidence.ts';
import { usualTimes } from '../../../src/deploy/verdict/question.ts';
import { driftNotes, judgeConditions, judgeSync } from '../../../src/deploy/verdict/synced.ts';
import type { ResourceStatus } from '../../../src/wire/argocd/types.ts';
import type { Relation } from '../../../src/wire/git/ancestry.ts';

const standings: Readonly<Record<string, Relation>> = { old: 'ancestor', ours: 'same', later: 'descendant' };
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();

const operation: Operation = {
  ...{ phase: 'Succeeded', message: '', startedAt: at(8), finishedAt: at(10), retries: 0, partial: false },
  revisions: ['ours'],
};
const good: Observation = {
  ...{ deleting: false, refreshing: false, requested: false, sync: 'Synced', followed: true, changedSince: false },
  ...{ settings: [], resources: [], failing: [], revisions: ['ours'], health: { status: 'Healthy', message: '' } },
  ...{ operation, reconciledAt: at(10), conditions: [], automated: true, images: [], hydrator: undefined },
};

/** One look, with what is left of each time that something has to hold; of others, all of it. */
function evidence(change: Partial<Observation>, more: Partial<Evidence> & { left?: Record<string, number> } = {}) {
  const { left = {}, ...rest } = more;
  const asked: Evidence = {
    question: { commit: 'ours', images: [], suspended: 'wait', times: usualTimes },
    memory: { ...nothingYet, baseline: at(0) },
    seen: { ...good, ...change },
    standing: (revision) => standings[revision] ?? 'unknown',
    now: 0,
    refreshed: false,
    toGo: (key, ms) => left[key] ?? ms,
    ...rest,
  };
  return asked;
}

const resource = (more: Partial<ResourceStatus>): ResourceStatus => ({
  ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'front', status: 'Synced' },
  ...{ health: 'Healthy', message: '', leftOver: false, ...more },
});
const outOfSync = resource({ status: 'OutOfSync' });
const condition = (type: string, message = 'm', since?: string) => ({ conditions: [{ type, message, since }] });

describe('the conditions of an application', () => {
  const older = { operation: { ...operation, phase: 'Failed', revisions: ['old'] } };
  const known = { ...nothingYet, baseline: at(0), oldSyncError: 'undefined m' };

  it('that are about a sync which passes are left to that sync', () => {
    expect(judgeConditions(evidence(condition('SyncError', 'dial tcp: i/o timeout')))).toBeUndefined();
    const others = [
      ...condition('SyncError', 'dial tcp: i/o timeout').conditions,
      ...condition('ComparisonError').conditions,
    ];
    expect(judgeConditions(evidence({ conditions: others }))).toMatchObject({ is: 'pending' });
  });

  it('are of an older commit’s sync only where there was one, and only a sync’s', () => {
    const asked = (change: Partial<Observation>) => judgeConditions(evidence(change, { memory: known }));
    expect(asked({ ...condition('SyncError'), ...older })).toBeUndefined();
    expect(asked({ ...condition('SyncError'), operation: undefined })).toMatchObject({ is: 'pending' });
    expect(asked({ ...condition('SyncError') })).toMatchObject({ is: 'pending' });
    expect(asked({ ...condition('ComparisonError'), ...older })).toMatchObject({ is: 'pending' });
  });

  it('count for a refused sync of ours alone, and only where they are new', () => {
    const fresh = { ...condition('SyncError', 'm', at(20)), ...older };
    expect(judgeConditions(evidence(fresh, { memory: known }))).toMatchObject({ is: 'pending' });
    expect(judgeConditions(evidence({ ...fresh, revisions: ['old'] }, { memory: known }))).toBeUndefined();
    expect(judgeConditions(evidence(fresh, { memory: { ...known, baseline: undefined } }))).toBeUndefined();
    const same = { ...known, oldSyncError: `${at(20)} m` };
    expect(judgeConditions(evidence(fresh, { memory: same }))).toBeUndefined();
  });

  it('ask for a comparison where there was none for long, and for no second one', () => {
    const change = { ...condition('ComparisonError'), reconciledAt: at(0) };
    const unread = usualTimes.unseen;
    expect(judgeConditions(evidence(change))).toMatchObject({ phase: 'notSeen', wants: undefined, againMs: 60_000 });
    expect(judgeConditions(evidence(change, { left: { unread: 1 } }))).toMatchObject({ wants: undefined });
    expect(judgeConditions(evidence(change, { left: { unread: 0 } }))).toMatchObject({ wants: 'refresh' });
    const compared = evidence({ ...change, reconciledAt: at(1) }, { left: { unread: 0 } });
    expect(judgeConditions(compared)).toMatchObject({ phase: 'refreshing', wants: undefined, againMs: 5_000 });
    const refreshed = evidence(change, { refreshed: true, left: { unread: 0 } });
    expect(judgeConditions(refreshed)).toMatchObject({ phase: 'refreshing', wants: undefined });
    expect(unread).toBeGreaterThan(0);
  });

  it('that nobody understands end as unknown, all others as a failed sync', () => {
    const ended = (type: string) => judgeConditions(evidence(condition(type), { left: { [`${type} m`]: 0 } }));
    expect(ended('UnknownError')).toMatchObject({ is: 'final', health: 'unknown', revision: 'ours' });
    for (const type of ['ComparisonError', 'InvalidSpecError', 'SyncError']) {
      expect(ended(type)).toMatchObject({ is: 'final', health: 'syncFailed', revision: 'ours' });
    }
  });
});

describe('the sync of an application', () => {
  const why = (change: Partial<Observation>) => judgeSync(evidence(change))?.why;
  const failed = { ...operation, phase: 'Failed' };

  it('that runs is told with its try and its message', () => {
    const running = { ...operation, phase: 'Running' };
    const told = [0, 1, 2].map((retries) => why({ operation: { ...running, retries } }));
    expect(told[0]).not.toMatch(/\d/);
    expect(told[1]).toContain('try 2');
    expect(told[2]).toContain('try 3');
    expect(why({ operation: { ...running, phase: 'Terminating', message: 'waiting for a job' } })).toMatch(
      /waiting for a job$/,
    );
  });

  it('that is still to come is told in other words where it is by hand, and where nothing is compared', () => {
    const states: Partial<Observation>[] = [
      { sync: 'OutOfSync' },
      { sync: 'OutOfSync', automated: false },
      { sync: 'Unknown', automated: false },
    ];
    expect(new Set(states.map(why)).size).toBe(3);
    const wants = states.map((change) => (judgeSync(evidence(change)) as { wants?: string }).wants);
    expect(wants).toEqual([undefined, 'sync', undefined]);
  });

  it('is not over where Argo CD can’t compare, whatever its resources say', () => {
    expect(judgeSync(evidence({ sync: 'Unknown', resources: [outOfSync] }))).toMatchObject({ phase: 'outOfSync' });
  });

  it.each<[string, Partial<Observation>]>([
    ['no resource differs', { resources: [resource({})] }],
    ['nobody knows what was synced', { resources: [outOfSync], operation: { ...operation, revisions: [] } }],
    ['nothing was ever synced', { resources: [outOfSync], operation: undefined }],
    ['chosen resources were synced', { resources: [outOfSync], operation: { ...operation, partial: true } }],
  ])('is not over where %s, out of sync as it is', (_, change) => {
    expect(judgeSync(evidence({ sync: 'OutOfSync', ...change }))).toMatchObject({ is: 'pending', phase: 'outOfSync' });
  });

  it('that is newer than what is shown asks for a comparison after a second', () => {
    const change = { reconciledAt: at(9) };
    expect(judgeSync(evidence(change))).toMatchObject({ phase: 'settling', wants: undefined, againMs: 1_000 });
    const late = evidence(change, { left: { 'not compared': 0 } });
    expect(judgeSync(late)).toMatchObject({ phase: 'settling', wants: 'refresh', againMs: 5_000 });
  });

  it('of an earlier commit that failed has time to be tried anew, unless it is ours or a hydrator’s', () => {
    const ended = (change: Partial<Observation>) =>
      judgeSync(evidence({ sync: 'OutOfSync', operation: failed, ...change }));
    expect(ended({})).toMatchObject({ is: 'final', health: 'syncFailed' });
    expect(ended({ revisions: ['later'] })).toMatchObject({ is: 'pending', againMs: 5_000 });
    expect(ended({ followed: false, revisions: [], operation: { ...failed, revisions: [] } })).toMatchObject({
      is: 'pending',
    });
    const hydrator = {
      ...{ phase: '', message: '', drySha: 'ours', compared: undefined },
      done: { drySha: 'ours', hydratedSha: 'wet' },
    };
    expect(ended({ hydrator, revisions: ['other'], operation: { ...failed, revisions: ['wet'] } })).toMatchObject({
      is: 'final',
    });
  });

  it('that failed is told in other words than one that ended in an error', () => {
    const told = ['Failed', 'Error'].map((phase) => why({ operation: { ...operation, phase } }));
    expect(new Set(told).size).toBe(2);
  });
});

it('what is out of sync is told for each resource, and only of an application that is', () => {
  const resources = [resource({}), outOfSync, resource({ status: 'OutOfSync', leftOver: true })];
  expect(driftNotes(evidence({ resources }))).toEqual([]);
  const notes = driftNotes(evidence({ sync: 'OutOfSync', resources }));
  expect([notes.length, new Set(notes).size]).toEqual([2, 2]);
});
