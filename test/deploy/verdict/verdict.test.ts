import { describe, expect, it } from 'vitest';
import type { Observation, Operation } from '../../../src/deploy/observe/observation.ts';
import type { Answer } from '../../../src/deploy/verdict/answer.ts';
import { type Memory, nothingYet } from '../../../src/deploy/verdict/evidence.ts';
import { type Question, usualTimes } from '../../../src/deploy/verdict/question.ts';
import { atDeadline, judge, revisionsIn } from '../../../src/deploy/verdict/verdict.ts';
import type { Relation } from '../../../src/wire/git/ancestry.ts';

// The history: old <- ours <- later, and side on another branch.
const standings: Readonly<Record<string, Relation>> = {
  old: 'ancestor',
  ours: 'same',
  later: 'descendant',
  side: 'diverged',
};
const standing = (revision: string): Relation => standings[revision] ?? 'unknown';
const question: Question = { commit: 'ours', images: [], suspended: 'wait', times: usualTimes };
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString().replace('.000', '');

const synced: Operation = {
  phase: 'Succeeded',
  message: 'successfully synced',
  startedAt: at(8),
  finishedAt: at(10),
  retries: 0,
  revisions: ['ours'],
};

/** Synced to our commit and healthy, compared right after the sync. */
const good: Observation = {
  deleting: false,
  refreshing: false,
  requested: false,
  sync: 'Synced',
  revisions: ['ours'],
  health: { status: 'Healthy', message: '' },
  operation: synced,
  reconciledAt: at(10),
  conditions: [],
  automated: true,
  images: [],
  hydrator: undefined,
};
const health = (status: string, message = '') => ({ health: { status, message } });

type Step = readonly [second: number, change: Partial<Observation>];

/** What each of several looks, each a second and a change to the good state, is answered. */
function looks(steps: readonly Step[], asked: Partial<Question> = {}): Answer[] {
  let memory: Memory = nothingYet;
  return steps.map(([second, change]) => {
    const judged = judge({ ...question, ...asked }, memory, { ...good, ...change }, standing, second * 1_000);
    memory = judged.memory;
    return judged.answer;
  });
}

/** `healthy` for a verdict, `settling` for a phase, with what is wanted: `notSeen+refresh`. */
function words(steps: readonly Step[], asked: Partial<Question> = {}): string[] {
  return looks(steps, asked).map((answer) =>
    answer.is === 'final' ? answer.health : answer.phase + (answer.wants === undefined ? '' : `+${answer.wants}`),
  );
}

describe('one look at an application', () => {
  const table: readonly (readonly [title: string, change: Partial<Observation>, first: string])[] = [
    // 1: what was asked for comes first.
    ['a refresh that was asked for', { refreshing: true }, 'refreshing'],
    ['a sync that was asked for', { requested: true }, 'syncing'],
    ['both, on a failed state', { requested: true, ...health('Degraded') }, 'syncing'],
    // 2: conditions, which must hold first.
    ['a comparison error that may be older', { conditions: [{ type: 'ComparisonError', message: 'no chart' }] }, 'notSeen'],
    ['a warning', { conditions: [{ type: 'OrphanedResourceWarning', message: '' }], reconciledAt: at(90) }, 'healthy'],
    // 3: the revision.
    ['an older commit', { revisions: ['old'], reconciledAt: at(90) }, 'notSeen'],
    ['no commit', { revisions: [] }, 'notSeen'],
    ['a commit of another history', { revisions: ['side'] }, 'notSeen'],
    ['a commit whose history is unknown', { revisions: ['x'] }, 'notSeen'],
    ['a later commit', { revisions: ['later'], operation: undefined, reconciledAt: at(90) }, 'settling'],
    ['two sources, one of them behind', { revisions: ['ours', 'old'], reconciledAt: at(90) }, 'notSeen'],
    ['two sources, both there', { revisions: ['ours', 'later'], reconciledAt: at(90) }, 'healthy'],
    // 4: only Synced tells what is live.
    ['our commit as the target alone', { sync: 'OutOfSync', reconciledAt: at(90) }, 'outOfSync'],
    ['the same, synced by hand', { sync: 'OutOfSync', automated: false }, 'outOfSync+sync'],
    ['healthy, with sync unknown (argo-cd#10682)', { sync: 'Unknown', reconciledAt: at(90) }, 'outOfSync'],
    // 5: the sync.
    ['a running sync', { operation: { ...synced, phase: 'Running', finishedAt: undefined } }, 'syncing'],
    ['a sync being ended', { operation: { ...synced, phase: 'Terminating' } }, 'syncing'],
    ['a failed sync of ours', { operation: { ...synced, phase: 'Failed' } }, 'syncFailed'],
    ['an erroneous sync of ours', { operation: { ...synced, phase: 'Error' } }, 'syncFailed'],
    ['the failed sync of the commit before (argo-cd#542)', { sync: 'OutOfSync', operation: { ...synced, phase: 'Failed', revisions: ['old'] } }, 'outOfSync'],
    ['the good sync of the commit before, ours without a change', { operation: { ...synced, revisions: ['old'] }, reconciledAt: at(90) }, 'healthy'],
    ['a state compared before the sync ended', { reconciledAt: at(9) }, 'settling'],
    // 6: health.
    ['healthy right after the sync (kargo#2196)', {}, 'settling'],
    ['healthy, compared long after the sync', { reconciledAt: at(16) }, 'healthy'],
    ['progressing', { ...health('Progressing'), reconciledAt: at(90) }, 'progressing'],
    ['missing', { ...health('Missing'), reconciledAt: at(90) }, 'progressing'],
    ['unknown health', { ...health('Unknown'), reconciledAt: at(90) }, 'progressing'],
    ['health not told', { ...health(''), reconciledAt: at(90) }, 'progressing'],
    ['a paused rollout', { ...health('Suspended'), reconciledAt: at(90) }, 'progressing'],
    ['degraded from the first look', { ...health('Degraded'), reconciledAt: at(90) }, 'settling'],
    // And what ends everything.
    ['an application being deleted', { deleting: true }, 'unknown'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, change, first) => {
    expect(words([[20, change]])).toEqual([first]);
  });

  it('never takes a state for good in which one of the rules is broken, however long it stays', () => {
    const broken: Partial<Observation>[] = [
      { refreshing: true },
      { requested: true },
      { revisions: ['old'] },
      { revisions: [] },
      { revisions: ['side'] },
      { sync: 'OutOfSync' },
      { sync: 'Unknown' },
      { operation: { ...synced, phase: 'Running' } },
      { reconciledAt: at(9) },
      health('Progressing'),
      health('Missing'),
      health('Unknown'),
      health(''),
    ];
    for (const change of broken) {
      const told = words([0, 10, 100, 1_000].map((second) => [second, change] as const));
      expect(told.map((word) => word.replace(/\+.*/, ''))).not.toContain('healthy');
      expect(told.at(-1)).toMatch(/^[a-zA-Z]+(\+|$)/);
    }
  });
});

describe('several looks', () => {
  const table: readonly (readonly [title: string, steps: readonly Step[], answers: string])[] = [
    ['a stale healthy state is not ours (kargo#6357)',
      [[0, { revisions: ['old'] }], [1, { revisions: ['old'], refreshing: true }], [2, {}], [7, {}]],
      'notSeen refreshing settling healthy'],
    ['healthy must hold for five seconds when nothing moved',
      [[0, {}], [4.9, {}], [5, {}]], 'settling settling healthy'],
    ['a healthy blip before the rollout is not believed (kargo#41)',
      [[0, {}], [1, health('Progressing')], [2, {}], [3, {}]], 'settling progressing settling healthy'],
    ['healthy is believed sooner after it was seen to progress',
      [[0, health('Progressing')], [9, {}], [10, {}]], 'progressing settling healthy'],
    ['healthy since after the sync is believed as soon as if we had seen it move',
      [[0, { health: { status: 'Healthy', message: '', since: at(11) } }], [1, { health: { status: 'Healthy', message: '', since: at(11) } }]], 'settling healthy'],
    ['healthy since the very second of the sync may be from before it',
      [[0, { health: { status: 'Healthy', message: '', since: at(10) } }], [1, { health: { status: 'Healthy', message: '', since: at(10) } }]], 'settling settling'],
    ['what moved before the sync ended proves nothing',
      [[0, { operation: { ...synced, phase: 'Running' }, ...health('Progressing') }], [1, {}], [2, {}], [6, {}]],
      'syncing settling settling healthy'],
    ['another commit starts the waiting anew',
      [[0, health('Progressing')], [1, {}], [1.5, { revisions: ['later'] }], [2.5, { revisions: ['later'] }], [6.5, { revisions: ['later'] }]],
      'progressing settling settling settling healthy'],
    ['degraded after it progressed is final',
      [[0, health('Progressing')], [1, health('Degraded')], [2, health('Degraded')]], 'progressing settling degraded'],
    ['degraded from before our commit has time to mend',
      [[0, { revisions: ['old'], ...health('Degraded') }], [1, health('Degraded')], [9, health('Progressing')], [12, {}], [13, {}]],
      'notSeen settling progressing settling healthy'],
    ['degraded that stays is final after its grace',
      [[0, health('Degraded')], [14.9, health('Degraded')], [15, health('Degraded')]], 'settling settling degraded'],
    ['degraded that comes and goes starts anew',
      [[0, health('Degraded')], [14, health('Progressing')], [15, health('Degraded')], [15.5, health('Degraded')], [16, health('Degraded')]],
      'settling progressing settling settling degraded'],
    ['a refresh is asked for when our commit isn’t seen for long, once in each period',
      [[0, { revisions: ['old'] }], [15, { revisions: ['old'] }], [16, { revisions: ['old'] }], [30, { revisions: ['old'] }]],
      'notSeen notSeen+refresh notSeen notSeen+refresh'],
    ['a refresh is asked for when the state stays older than the sync',
      [[0, { reconciledAt: at(9) }], [1, { reconciledAt: at(9) }]], 'settling settling+refresh'],
    ['an error condition counts once a new comparison has it',
      [[0, { conditions: [{ type: 'ComparisonError', message: 'm' }] }], [1, { conditions: [{ type: 'ComparisonError', message: 'm' }], reconciledAt: at(20) }],
       [6, { conditions: [{ type: 'ComparisonError', message: 'm' }], reconciledAt: at(20) }]],
      'notSeen refreshing syncFailed'],
    ['an error condition counts after a refresh that was seen, though the clock of whole seconds stood still',
      [[0, { refreshing: true }], [1, { conditions: [{ type: 'ComparisonError', message: 'm' }] }], [6, { conditions: [{ type: 'ComparisonError', message: 'm' }] }]],
      'refreshing refreshing syncFailed'],
    ['an error condition from before us has time to go',
      [[0, { revisions: ['old'], conditions: [{ type: 'ComparisonError', message: 'm' }] }], [14, { revisions: ['old'], conditions: [{ type: 'ComparisonError', message: 'm' }] }], [15, {}], [20, {}]],
      'notSeen notSeen settling healthy'],
    ['an error condition that stays is final also without a new comparison',
      [[0, { conditions: [{ type: 'InvalidSpecError', message: 'm' }] }], [60, { conditions: [{ type: 'InvalidSpecError', message: 'm' }] }]],
      'notSeen syncFailed'],
    ['a sync error of an older commit is not ours',
      [[0, { sync: 'OutOfSync', operation: { ...synced, phase: 'Failed', revisions: ['old'] }, conditions: [{ type: 'SyncError', message: 'm' }] }],
       [90, { sync: 'OutOfSync', operation: { ...synced, phase: 'Failed', revisions: ['old'] }, conditions: [{ type: 'SyncError', message: 'm' }] }]],
      'outOfSync outOfSync'],
    ['a failed sync of ours gives way to a later commit that is tried next',
      [[0, { sync: 'OutOfSync', revisions: ['later'], operation: { ...synced, phase: 'Failed' } }],
       [1, { sync: 'OutOfSync', revisions: ['later'], operation: { ...synced, phase: 'Running', revisions: ['later'] } }],
       [2, { revisions: ['later'], operation: { ...synced, startedAt: at(11), revisions: ['later'] }, ...health('Progressing') }],
       [3, { revisions: ['later'], operation: { ...synced, startedAt: at(11), revisions: ['later'] } }],
       [4, { revisions: ['later'], operation: { ...synced, startedAt: at(11), revisions: ['later'] } }]],
      'outOfSync syncing progressing settling healthy'],
    ['a failed sync of ours with a later target that nobody syncs is a failure',
      [[0, { sync: 'OutOfSync', revisions: ['later'], operation: { ...synced, phase: 'Failed' } }], [5, { sync: 'OutOfSync', revisions: ['later'], operation: { ...synced, phase: 'Failed' } }]],
      'outOfSync syncFailed'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, steps, answers) => {
    expect(words(steps).join(' ')).toBe(answers);
  });

  it('tells when to look again, so that no poll has to hit the moment', () => {
    const [first] = looks([[0, {}]]);
    expect(first).toMatchObject({ is: 'pending', againMs: 5_000 });
    const [old] = looks([[3, { revisions: ['old'] }]]);
    expect(old).toMatchObject({ is: 'pending', againMs: 15_000 });
  });

  it('names the later commit that was judged', () => {
    const [answer] = looks([[0, { revisions: ['later'], reconciledAt: at(16) }]]);
    expect(answer).toMatchObject({ is: 'final', health: 'healthy', revision: 'later' });
  });
});

describe('a source hydrator', () => {
  const hydrator = {
    phase: 'Hydrated',
    message: '',
    drySha: 'ours',
    done: { drySha: 'ours', hydratedSha: 'wet2' },
    compared: undefined,
  };
  const late = { reconciledAt: at(90), operation: { ...synced, revisions: ['wet2'] } }; // biome-ignore format: a table
  const table: readonly (readonly [title: string, change: Partial<Observation>, answer: string])[] = [
    ['our commit hydrated and live', { ...late, revisions: ['wet2'], hydrator }, 'healthy'],
    ['our commit hydrated, an older one live', { ...late, revisions: ['wet1'], hydrator }, 'hydrating'],
    ['an older commit hydrated and live', { ...late, revisions: ['wet1'], hydrator: { ...hydrator, done: { drySha: 'old', hydratedSha: 'wet1' } } }, 'hydrating'],
    ['a later commit hydrated and live', { ...late, revisions: ['wet2'], hydrator: { ...hydrator, done: { drySha: 'later', hydratedSha: 'wet2' } } }, 'healthy'],
    ['our commit without anything to hydrate', { ...late, revisions: ['wet1'], hydrator: { ...hydrator, compared: 'ours', done: { drySha: 'old', hydratedSha: 'wet1' } } }, 'healthy'],
    ['a failed sync of what was made of our commit', { revisions: ['wet2'], sync: 'OutOfSync', operation: { ...synced, phase: 'Failed', revisions: ['wet2'] }, hydrator }, 'syncFailed'],
    ['a failed sync of what was made before', { revisions: ['wet2'], sync: 'OutOfSync', operation: { ...synced, phase: 'Failed', revisions: ['wet1'] }, hydrator }, 'outOfSync'],
    ['never hydrated', { ...late, revisions: [], hydrator: { ...hydrator, drySha: '', done: undefined } }, 'hydrating'],
  ]; // biome-ignore format: a table
  it.each(table)('with %s', (_, change, answer) => {
    expect(words([[0, change]])).toEqual([answer]);
  });

  it('that failed with our commit is a failure, with an older one not', () => {
    const failed = { ...hydrator, phase: 'Failed', message: 'no push', done: undefined };
    expect(
      words([
        [0, { hydrator: failed }],
        [5, { hydrator: failed }],
      ]),
    ).toEqual(['hydrating', 'syncFailed']);
    const older = { ...failed, drySha: 'old' };
    expect(
      words([
        [0, { hydrator: older }],
        [5, { hydrator: older }],
      ]),
    ).toEqual(['hydrating', 'hydrating']);
  });
});

describe('the images that run', () => {
  const late = { reconciledAt: at(90) };
  const ours = 'r.test/app:2@sha256:b';
  const table: readonly (readonly [title: string, images: readonly string[], answer: string])[] = [
    ['ours', ['r.test/app:2'], 'healthy'],
    ['ours by digest', ['r.test/app@sha256:b'], 'healthy'],
    ['ours beside an older pod’s', ['r.test/app:1', 'r.test/app:2'], 'healthy'],
    ['another tag of ours: manifests may be stale (argo-cd#27727)', ['r.test/app:1'], 'settling+hardRefresh'],
    ['another digest of ours', ['r.test/app@sha256:a'], 'settling+hardRefresh'],
    ['others: ours may be a CronJob’s (argo-watcher#308)', ['r.test/web:1'], 'healthy'],
    ['none', [], 'healthy'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, images, answer) => {
    expect(words([[0, { ...late, images }]], { images: [ours] })).toEqual([answer]);
  });

  it('are asked about once: after that, what Argo CD says counts', () => {
    const steps: Step[] = [
      [0, { ...late, images: ['r.test/app:1'] }],
      [5, { ...late, images: ['r.test/app:1'] }],
    ];
    expect(words(steps, { images: [ours] })).toEqual(['settling+hardRefresh', 'healthy']);
  });
});

it('a paused rollout is healthy where that is wanted', () => {
  expect(words([[0, health('Suspended')]], { suspended: 'healthy' })).toEqual(['healthy']);
});

it('when time is up, says what it was still waiting for, or that nobody can tell', () => {
  const [old, foreign] = [looks([[0, { revisions: ['old'] }]])[0], looks([[0, { revisions: ['x'] }]])[0]];
  expect(atDeadline(old)).toMatchObject({ health: 'timedOut' });
  expect(atDeadline(foreign)).toMatchObject({ health: 'unknown' });
  expect(atDeadline(undefined)).toMatchObject({ health: 'unknown' });
});

it('asks for the standing of every commit that a state names, once', () => {
  const hydrator = { phase: '', message: '', drySha: 'd', done: { drySha: 'd', hydratedSha: 'w' }, compared: '' };
  expect(revisionsIn({ ...good, revisions: ['a', 'b'] })).toEqual(['a', 'b', 'ours']);
  expect(revisionsIn({ ...good, revisions: ['a', 'b'], hydrator })).toEqual(['d']);
});
