import { describe, expect, it } from 'vitest';
import type { Observation, Operation } from '../../../src/deploy/observe/observation.ts';
import {
  afterSync,
  becameAfterSync,
  comparedLate,
  type Evidence,
  haveOurs,
  isAfter,
  isCarried,
  isOurs,
  type Memory,
  nothingYet,
  stateOf,
} from '../../../src/deploy/verdict/evidence.ts';
import { isImageOf, isOursOf, judgeImages } from '../../../src/deploy/verdict/images.ts';
import { type Question, timesFor, usualTimes } from '../../../src/deploy/verdict/question.ts';
import { driftNotes, judgeConditions, judgeSync } from '../../../src/deploy/verdict/synced.ts';
import { hangsOnResources, judge, revisionsIn } from '../../../src/deploy/verdict/verdict.ts';
import { verdictError } from '../../../src/deploy/verdict/verdict-error.ts';
import type { Reason, Verdict } from '../../../src/plan/deploy.ts';
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
  ...{
    settings: [],
    resources: [],
    failing: [],
    rolledOut: false,
    revisions: ['ours'],
    health: { status: 'Healthy', message: '' },
  },
  ...{ operation, reconciledAt: at(10), conditions: [], automated: true, images: [], hydrator: undefined },
};

const question: Question = { commit: 'ours', images: [], suspended: 'wait', times: usualTimes };
const hydrator = {
  ...{ phase: '', message: '', drySha: 'ours', compared: undefined },
  done: { drySha: 'ours', hydratedSha: 'wet' },
};

/** One look, with what is left of each time that something has to hold; of others, all of it. */
function evidence(change: Partial<Observation>, more: Partial<Evidence> & { left?: Record<string, number> } = {}) {
  const { left = {}, ...rest } = more;
  const asked: Evidence = {
    question,
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
    const first = evidence({ ...condition('ComparisonError'), ...older }, { memory: nothingYet });
    expect(judgeConditions(first)).toMatchObject({ is: 'pending' });
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
    expect(judgeConditions(evidence(change))).toMatchObject({ phase: 'notSeen', wants: undefined, againMs: 60_000 });
    expect(judgeConditions(evidence(change, { left: { unread: 1 } }))).toMatchObject({ wants: undefined });
    expect(judgeConditions(evidence(change, { left: { unread: 0 } }))).toMatchObject({ wants: 'refresh' });
    const compared = evidence({ ...change, reconciledAt: at(1) }, { left: { unread: 0 } });
    expect(judgeConditions(compared)).toMatchObject({ phase: 'refreshing', wants: undefined, againMs: 5_000 });
    const refreshed = evidence(change, { refreshed: true, left: { unread: 0 } });
    expect(judgeConditions(refreshed)).toMatchObject({ phase: 'refreshing', wants: undefined });
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
    expect(why({ sync: 'Unknown' })).toContain('comparing');
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
    expect(ended({ hydrator, revisions: ['other'], operation: { ...failed, revisions: ['wet'] } })).toMatchObject({
      is: 'final',
    });
  });

  it('that failed is told in other words than one that ended in an error', () => {
    const told = ['Failed', 'Error'].map((phase) => why({ operation: { ...operation, phase } }));
    expect(new Set(told).size).toBe(2);
    expect(told[1]).toContain('error');
  });
});

it('what is out of sync is told for each resource, and only of an application that is', () => {
  const resources = [resource({}), outOfSync, resource({ status: 'OutOfSync', leftOver: true })];
  expect(driftNotes(evidence({ resources }))).toEqual([]);
  const notes = driftNotes(evidence({ sync: 'OutOfSync', resources }));
  expect([notes.length, new Set(notes).size]).toEqual([2, 2]);
});

describe('what an observation is evidence of', () => {
  it('is our commit where all commits have it, and where there is any', () => {
    for (const [revisions, ours] of [
      [[], false],
      [['ours', 'later'], true],
      [['ours', 'old'], false],
    ] as const) {
      expect([haveOurs(evidence({}), revisions), isOurs(evidence({}), revisions)]).toEqual([ours, ours]);
    }
  });

  it('is our commit where nothing is followed, by what was carried and compared since', () => {
    const alone = { followed: false, settings: ['tag: abc'] };
    const carrying = (...values: string[]) => ({ question: { ...question, carrier: { name: 'shops', values } } });
    expect(isOurs(evidence(alone), [])).toBe(true);
    expect(isOurs(evidence(alone, carrying('abc')), ['old'])).toBe(true);
    expect(isOurs(evidence(alone, carrying('abd')), ['ours'])).toBe(false);
    expect(isOurs(evidence({ ...alone, changedSince: true }), ['ours'])).toBe(false);
    expect([
      isCarried(evidence({})),
      isCarried(evidence({}, carrying())),
      isCarried(evidence({}, carrying('x'))),
    ]).toEqual([true, true, false]);
  });

  it('is our commit with a hydrator, by what was made of it alone', () => {
    const made = (done: { drySha: string; hydratedSha: string } | undefined, ...revisions: string[]) =>
      isOurs(evidence({ hydrator: { ...hydrator, done } }), revisions);
    expect(made({ drySha: 'ours', hydratedSha: 'wet' }, 'wet')).toBe(true);
    expect(made({ drySha: 'ours', hydratedSha: 'wet' }, 'wet', 'ours')).toBe(false);
    expect(made({ drySha: 'old', hydratedSha: 'wet' }, 'wet')).toBe(false);
    expect(made(undefined, 'ours')).toBe(false);
  });

  it.each<[string, Partial<Operation> | undefined, string | undefined, boolean]>([
    ['without a sync', undefined, at(1), true],
    ['after one that failed', { phase: 'Failed' }, at(1), true],
    ['after one that ended in an error', { phase: 'Error' }, at(1), true],
    ['during one', { phase: 'Running' }, at(20), false],
    ['in the second in which it ended', {}, at(10), true],
    ['before its end', {}, at(9), false],
    ['of no known time', {}, undefined, false],
    ['after a sync of no known end', { finishedAt: undefined }, at(20), false],
    ['of no known time, after a sync of no known end', { finishedAt: undefined }, undefined, false],
  ])('is newer than the sync or not: %s', (_, sync, reconciledAt, after) => {
    expect(afterSync({ ...good, operation: sync && { ...operation, ...sync }, reconciledAt })).toBe(after);
  });

  it('was compared late where more time has passed since the sync than health has to hold', () => {
    const late = (reconciledAt: string | undefined, ended: Operation | undefined = operation) =>
      comparedLate({ ...good, operation: ended, reconciledAt }, usualTimes);
    expect([late(at(15)), late(at(15.001)), late(undefined)]).toEqual([false, true, false]);
    expect(late(at(90), { ...operation, finishedAt: undefined })).toBe(false);
  });

  it('became what it is after the sync where its health is newer', () => {
    const became = (since: string | undefined, ended: Operation | undefined = operation) =>
      becameAfterSync({ ...good, operation: ended, health: { status: 'Healthy', message: '', since } });
    expect([became(at(10)), became(at(11)), became(undefined)]).toEqual([false, true, false]);
    expect(becameAfterSync({ ...good, operation: undefined })).toBe(false);
  });

  it('has times of which any is later than none, and none later than any', () => {
    expect([isAfter(at(1), ''), isAfter(undefined, ''), isAfter(undefined, at(1))]).toEqual([true, false, false]);
    expect([isAfter(at(2), at(1)), isAfter(at(1), at(1)), isAfter(at(1), at(2))]).toEqual([true, false, false]);
  });

  it('is of one state per sync', () => {
    const states = [operation, { ...operation, startedAt: at(9) }, undefined].map((sync) =>
      stateOf({ ...good, operation: sync }),
    );
    expect(new Set(states).size).toBe(3);
  });

  it('has other times for another patience', () => {
    const times = { ...usualTimes, healthy: 10_000, moved: 2_000, degraded: 30_000, failing: 7 };
    expect(timesFor(10_000, 7)).toEqual({ ...times, longer: true });
    expect([timesFor(5_000, 7).longer, timesFor(5_001, 7).longer, timesFor(0, 0).longer]).toEqual([false, true, false]);
  });
});

describe('an image', () => {
  it.each<[string, string, boolean]>([
    ['r.test/app:2', 'r.test/app:2@sha256:b', true],
    ['r.test/app:1', 'r.test/app:2@sha256:b', false],
    ['r.test/app:2@sha256:a', 'r.test/app:2', true],
    ['r.test/app:2@sha256:a', 'r.test/app:2@sha256:b', false],
    ['mirror.test/app:1@sha256:b', 'r.test/app:2@sha256:b', true],
    ['mirror.test:5000/acme/app:2', 'r.test/acme/app:2', true],
    ['acme/app:2', 'r.test/acme/app:2', true],
    ['acme/app:2', 'other/app:2', false],
    ['r.test/app', 'r.test/app:2', true],
    ['r.test/app@sha256:a', 'r.test/app:2', true],
    ['r.test:5000/app', 'r.test:5000/app:2', true],
    ['r.test/web', 'r.test/app:2', false],
  ])('%s is ours, which is %s: %s', (image, ours, is) => {
    expect(isImageOf(image, ours)).toBe(is);
  });

  it('is ours, another of our repository, or somebody else’s', () => {
    const ours = ['r.test/app:2', 'r.test/web:2'];
    const all = ['r.test/app:2', 'r.test/web:1', 'r.test/db:2'].map((one) => isOursOf(one, ours));
    expect(all).toEqual([true, false, undefined]);
  });

  it('of before is no reason to render anew while a rollout goes on, and none a second time', () => {
    const asked = (change: Partial<Observation>, more: Partial<Memory> = {}) =>
      judgeImages(
        evidence(
          { images: ['r.test/app:1'], ...change },
          { question: { ...question, images: ['r.test/app:2'] }, memory: { ...nothingYet, ...more } },
        ),
      );
    expect(asked({})).toMatchObject({ wants: 'hardRefresh', againMs: 5_000 });
    expect(asked({ health: { status: 'Progressing', message: '' } })).toBeUndefined();
    expect(asked({}, { hardRefreshed: true })).toBeUndefined();
  });
});

describe('what is kept from one look for the next', () => {
  const keep = (change: Partial<Observation>, before: Partial<Memory> = {}, asked: Partial<Question> = {}) => {
    const memory = { ...nothingYet, ...before };
    return judge({ ...question, ...asked }, memory, { ...good, ...change }, (one) => standings[one] ?? 'unknown', 0)
      .memory;
  };
  const [moving, broken] = ['Progressing', 'Degraded'].map((status) => ({ health: { status, message: '' } }));

  it('is a health that counts only once ours is synced', () => {
    expect(keep({ ...moving })).toMatchObject({ unwell: stateOf(good), undegraded: stateOf(good) });
    expect(keep({ ...broken })).toMatchObject({ unwell: stateOf(good), undegraded: undefined });
    for (const change of [{ revisions: ['old'] }, { sync: 'OutOfSync' }, { reconciledAt: at(9) }]) {
      expect(keep({ ...moving, ...change })).toMatchObject({ unwell: undefined, undegraded: undefined });
    }
  });

  it('is that ours was live, for good', () => {
    expect([keep({}).live, keep({ sync: 'OutOfSync' }).live]).toEqual([true, true]);
    for (const change of [{ revisions: ['old'] }, { sync: 'Unknown' }, { reconciledAt: at(9) }]) {
      expect([keep(change).live, keep(change, { live: true }).live]).toEqual([false, true]);
    }
  });

  it('is the first time that was told, and the condition that was there then', () => {
    expect([keep({}).baseline, keep({ reconciledAt: undefined }).baseline]).toEqual([at(10), '']);
    expect(keep({}, { baseline: at(3) }).baseline).toBe(at(3));
    const failing = { conditions: [{ type: 'SyncError', message: 'm', since: at(1) }] };
    expect(keep(failing).oldSyncError).toBe(`${at(1)} m`);
    expect(keep(failing, { baseline: at(3), oldSyncError: 'x' }).oldSyncError).toBe('x');
  });

  it('is that it was rendered anew, once that was asked for', () => {
    const stale = { images: ['r.test/app:1'] };
    const asked = { images: ['r.test/app:2'] };
    expect(keep(stale, {}, asked).hardRefreshed).toBe(true);
    expect(keep(stale, {}, { ...asked, applied: true }).hardRefreshed).toBe(false);
    expect(keep({ sync: 'OutOfSync' }).hardRefreshed).toBe(false);
    expect(keep({ sync: 'OutOfSync', automated: false }).hardRefreshed).toBe(false);
    expect(keep({}, { hardRefreshed: true }).hardRefreshed).toBe(true);
  });

  it('is a refresh that has ended, not one that goes on', () => {
    expect(keep({ refreshing: true }, { refreshing: true }).refreshed).toBe(false);
    expect(keep({}, { refreshing: true }).refreshed).toBe(true);
    expect(keep({}).refreshed).toBe(false);
    expect(keep({ refreshing: true }, { refreshed: true }).refreshed).toBe(true);
  });

  it('needs the standing of each commit that is named, and of nothing else', () => {
    expect(revisionsIn({ ...good, operation: undefined })).toEqual(['ours']);
    expect(revisionsIn({ ...good, hydrator: { ...hydrator, done: undefined, drySha: '' } })).toEqual([]);
  });
});

describe('the error of a verdict', () => {
  const about = {
    delivery: 'd',
    application: 'shop',
    commit: 'ours',
    revision: 'ours',
    why: 'it failed',
    seconds: 1.6,
  };
  const reason = (message: string): Reason => ({
    ...{ subject: 'Pod front-1', status: 'ErrImagePull', message, events: [], log: [], parts: [] },
  });
  const report = (verdict: Verdict) => verdictError(verdict)[0];

  it.each([
    ['degraded', 'APPLICATION_DEGRADED', 7],
    ['syncFailed', 'APPLICATION_SYNC_FAILED', 7],
    ['timedOut', 'APPLICATION_TIMED_OUT', 8],
    ['unknown', 'APPLICATION_UNKNOWN', 7],
  ] as const)('is told for %s, of the commit that was judged', (is, code, exitCode) => {
    const own = report({ ...about, is, reasons: [] });
    expect(own).toMatchObject({ code, exitCode });
    const later = report({ ...about, is: 'superseded', by: 'later', judged: is, reasons: [] });
    expect(later).toMatchObject({ code, exitCode });
    expect([own?.message.includes('later'), later?.message.includes('later')]).toEqual([false, true]);
  });

  it('is none for a healthy one, unless it has to run our images', () => {
    expect(verdictError({ ...about, is: 'healthy' })).toEqual([]);
    expect(verdictError({ ...about, is: 'superseded', by: 'later', judged: 'healthy', reasons: [] })).toEqual([]);
    const images = { live: [], absent: ['r.test/app:2'], because: undefined, fails: true };
    const absent = report({ ...about, is: 'healthy', images });
    expect(absent).toMatchObject({ code: 'APPLICATION_IMAGE_ABSENT' });
    expect(absent?.message).toContain('r.test/app:2');
    expect(report({ ...about, is: 'healthy', images: { ...images, because: 'it runs none' } })?.message).toContain(
      'it runs none',
    );
    expect(verdictError({ ...about, is: 'healthy', images: { ...images, fails: false } })).toEqual([]);
  });

  it('has the deepest reason, unless that is what it says already', () => {
    const told = (...reasons: Reason[]) => report({ ...about, is: 'degraded', reasons })?.message;
    expect(told(reason('no such image'))).toContain('no such image');
    expect(told(reason(''))).toContain('ErrImagePull');
    expect(told(reason('it failed'))).toBe(told());
  });
});

describe('what the stream of a fleet leaves out', () => {
  const asks = (change: Partial<Observation>, illBefore: Record<string, string> = {}) => {
    const { memory, seen, standing } = evidence(change);
    return hangsOnResources({ ...memory, illBefore }, seen, standing);
  };
  it.each<[string, Partial<Observation>, boolean]>([
    ['a good state needs none', {}, false],
    ['what is degraded does', { health: { status: 'Degraded', message: '' } }, true],
    ['ours out of sync does', { sync: 'OutOfSync' }, true],
    ['so does a later one', { sync: 'OutOfSync', revisions: ['later'] }, true],
    ['an older one out of sync does not', { sync: 'OutOfSync', revisions: ['old'] }, false],
    ['nor a sync under way', { sync: 'OutOfSync', operation: { ...operation, phase: 'Running' } }, false],
    ['nor a refresh', { sync: 'OutOfSync', refreshing: true }, false],
    ['a hydrated one does, whose commit is another', { sync: 'OutOfSync', revisions: ['wet'], hydrator }, true],
    ['one that follows nothing of ours does', { sync: 'OutOfSync', followed: false, revisions: ['x'] }, true],
  ])('%s', (_, change, expected) => {
    expect(asks(change)).toBe(expected);
  });

  it('what was ill before is asked for until all is well', () => {
    const progressing = { health: { status: 'Progressing', message: '' } };
    expect([asks(progressing), asks(progressing, { a: '' }), asks({}, { a: '' })]).toEqual([false, true, false]);
  });
});
