import { describe, expect, it } from 'vitest';
import type { Observation, Operation } from '../../../src/deploy/observe/observation.ts';
import type { Answer } from '../../../src/deploy/verdict/answer.ts';
import { type Memory, nothingYet } from '../../../src/deploy/verdict/evidence.ts';
import { type Question, timesFor, usualTimes } from '../../../src/deploy/verdict/question.ts';
import { atDeadline, judge, remember, revisionsIn } from '../../../src/deploy/verdict/verdict.ts';
import type { ResourceStatus } from '../../../src/wire/argocd/types.ts';
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
  partial: false,
  revisions: ['ours'],
};

/** Synced to our commit and healthy, compared right after the sync. */
const good: Observation = {
  deleting: false,
  refreshing: false,
  requested: false,
  sync: 'Synced',
  followed: true,
  changedSince: false,
  settings: [],
  resources: [],
  failing: [],
  rolledOut: false,
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

/** A resource as the application lists it. */
const resource = (kind: string, health: string, more: Partial<ResourceStatus> = {}): ResourceStatus => ({
  ...{ group: kind === 'Deployment' ? 'apps' : 'db.test', version: 'v1', kind, namespace: 'shop', name: 'front' },
  ...{ status: 'Synced', health, message: '', leftOver: false, ...more },
});
/** Degraded by a resource of its own. */
const ill = (kind = 'Deployment', message = '', name = 'front') => ({
  ...health('Degraded'),
  resources: [resource(kind, 'Degraded', { message, name })],
});

type Step = readonly [second: number, change: Partial<Observation>];

/** What each of several looks, each a second and a change to the good state, is answered. */
function looks(steps: readonly Step[], asked: Partial<Question> = {}, found: Memory = nothingYet): Answer[] {
  let memory = found;
  return steps.map(([second, change]) => {
    const judged = judge({ ...question, ...asked }, memory, { ...good, ...change }, standing, second * 1_000);
    memory = judged.memory;
    return judged.answer;
  });
}

/** `healthy` for a verdict, `settling` for a phase, with what is wanted of Argo CD: `notSeen+refresh`. */
function words(steps: readonly Step[], asked: Partial<Question> = {}): string[] {
  return looks(steps, asked).map((answer) =>
    answer.is === 'final' ? answer.health : answer.phase + (wantsOf(answer) === '' ? '' : `+${wantsOf(answer)}`),
  );
}

function wantsOf({ wants }: Answer & { is: 'pending' }): string {
  return wants === undefined || wants === 'rollouts' ? '' : wants;
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
    ['an application being deleted, which may be made again', { deleting: true }, 'notSeen'],
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
    ['one rollout is over and the next has not begun: healthy for less than a second between them is not told',
      [[0, health('Progressing')], [9, {}], [9.3, {}], [9.9, {}], [9.95, health('Progressing')], [12, {}], [13, {}]],
      'progressing settling settling settling progressing settling healthy'],
    ['every rollout is over, as the cluster itself says: healthy at once, where the sync ended a second ago',
      [[0, health('Progressing')], [9, {}], [9.1, { rolledOut: true }]], 'progressing settling healthy'],
    ['and where it ended later, once whoever changes what was applied has had that second',
      [[0, health('Progressing')], [0.4, {}], [0.5, { rolledOut: true }], [0.9, { rolledOut: true }], [1, { rolledOut: true }]],
      'progressing settling settling settling healthy'],
    ['and of another sync, once it has passed since that one',
      [[0, health('Progressing')], [9, { operation: { ...synced, startedAt: at(9) } }], [9.1, { operation: { ...synced, startedAt: at(9) }, rolledOut: true }]],
      'progressing settling settling'],
    ['every rollout is over and nothing was seen to move: it may never have begun to do what ours brings about',
      [[0, { rolledOut: true }], [4.9, { rolledOut: true }], [5, { rolledOut: true }]], 'settling settling healthy'],
    ['every rollout is over, and the application is not healthy for another reason',
      [[0, health('Progressing')], [9, { ...health('Progressing'), rolledOut: true }], [10, { ...health('Missing'), rolledOut: true }]],
      'progressing progressing progressing'],
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
      [[0, health('Progressing')], [1, ill()], [2, ill()]], 'progressing settling degraded'],
    ['what an operator calls degraded for seconds is not final, even after it progressed',
      [[0, health('Progressing')], [1, ill('Cluster')], [9, ill('Cluster')], [10, {}], [11, {}]], 'progressing settling settling settling healthy'],
    ['resources that are degraded one after the other are each measured by themselves',
      [[0, ill('Cluster', '', 'a')], [8, ill('Cluster', '', 'b')], [16, ill('Cluster', '', 'b')], [20, {}], [25, {}]], 'settling settling settling settling healthy'],
    ['one that stays degraded is final whatever others do',
      [[0, ill('Cluster', '', 'a')], [8, { ...health('Degraded'), resources: [...ill('Cluster', '', 'a').resources, ...ill('Cluster', '', 'b').resources] }], [15, ill('Cluster', '', 'a')]], 'settling settling degraded'],
    ['degraded from before our commit has time to mend',
      [[0, { revisions: ['old'], ...health('Degraded') }], [1, health('Degraded')], [9, health('Progressing')], [12, {}], [13, {}]],
      'notSeen settling progressing settling healthy'],
    ['degraded that stays is final after its grace',
      [[0, health('Degraded')], [14.9, health('Degraded')], [15, health('Degraded')]], 'settling settling degraded'],
    ['degraded that comes and goes starts anew',
      [[0, ill()], [14, health('Progressing')], [15, ill()], [15.5, ill()], [16, ill()]],
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

  it('asks the cluster for its rollouts as soon as what moved is healthy, and where a longer time was asked for, never', () => {
    const steps: Step[] = [[0, health('Progressing')], [9, {}]]; // biome-ignore format: a table
    const wants = (more: readonly Step[], asked: Partial<Question> = {}) =>
      looks(more, asked).map((answer) => (answer.is === 'pending' ? answer.wants : answer.health));
    expect(wants(steps)).toEqual([undefined, 'rollouts']);
    expect(wants([[0, {}]])).toEqual([undefined]);
    const longer = { times: timesFor(10_000, 0) };
    expect(wants([...steps, [9.1, { rolledOut: true }]], longer)).toEqual([undefined, undefined, undefined]);
  });

  it('knows from how the application was found what is from before Argo CD was told, though the stream begins later', () => {
    const found = remember(question, { ...good, revisions: ['old'], reconciledAt: at(2) }, standing, 0);
    const broken = { ...good, conditions: [{ type: 'ComparisonError', message: 'm' }], reconciledAt: at(3) };
    const { answer } = judge(question, found, broken, standing, 0);
    expect(answer).toMatchObject({ phase: 'refreshing', againMs: usualTimes.condition });
    const before = judge(question, found, { ...broken, reconciledAt: at(2) }, standing, 0);
    expect(before.answer).toMatchObject({ phase: 'notSeen', againMs: usualTimes.staleCondition });
  });

  it('knows from how it was found what was ill before ours, and of what was live then already, nothing', () => {
    const still: Step[] = [[1, ill('Ingress', 'no address')], [16, ill('Ingress', 'no address')], [21, ill('Ingress', 'no address')]]; // biome-ignore format: a table
    const ended = (revision: string) => {
      const found = remember(
        question,
        { ...good, ...ill('Ingress', 'no address'), revisions: [revision] },
        standing,
        0,
      );
      return looks(still, {}, found).at(-1);
    };
    expect(ended('old')).toMatchObject({ is: 'final', health: 'healthy' });
    expect(ended('later')).toMatchObject({ is: 'final', health: 'degraded' });
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

describe('what was ill before our commit', () => {
  const before = { revisions: ['old'], ...ill('Ingress', 'no address') };
  const after = {
    ...ill('Ingress', 'no address'),
    resources: [...ill('Ingress', 'no address').resources, resource('Deployment', 'Healthy')],
  };
  const table: readonly (readonly [title: string, steps: readonly Step[], answers: string])[] = [
    ['and says the same since, is not ours', [[0, before], [1, after], [16, after], [21, after]], 'notSeen settling settling healthy'],
    ['and says another thing now, is ours', [[0, before], [1, ill('Ingress', 'no class')], [16, ill('Ingress', 'no class')]], 'notSeen settling degraded'],
    ['and was well in between, is ours', [[0, before], [1, { resources: [resource('Ingress', 'Healthy')] }], [2, ill('Ingress', 'no address')], [17, ill('Ingress', 'no address')]], 'notSeen settling settling degraded'],
    ['and says the same, but became so after our sync, is ours', [[0, before], [11, { ...after, health: { status: 'Degraded', message: '', since: at(12) } }], [26, { ...after, health: { status: 'Degraded', message: '', since: at(12) } }]], 'notSeen settling degraded'],
    ['and was so all the time, is not ours', [[0, before], [11, { ...after, health: { status: 'Degraded', message: '', since: at(2) } }], [26, { ...after, health: { status: 'Degraded', message: '', since: at(2) } }], [31, { ...after, health: { status: 'Degraded', message: '', since: at(2) } }]], 'notSeen settling settling healthy'],
    ['beside another that fell ill since, does not excuse it',
      [[0, before], [1, { ...after, resources: [...ill('Ingress', 'no address').resources, resource('Deployment', 'Degraded')] }], [16, { ...after, resources: [...ill('Ingress', 'no address').resources, resource('Deployment', 'Degraded')] }]],
      'notSeen settling degraded'],
    ['beside another on its way, waits for that', [[0, before], [1, { ...after, resources: [...ill('Ingress', 'no address').resources, resource('Deployment', 'Progressing')] }]], 'notSeen progressing'],
    ['cannot be told of a commit whose place in the history nobody knows yet', [[0, { ...before, revisions: ['unknown'] }], [1, after], [16, after]], 'notSeen settling degraded'],
    ['cannot be told where our commit was live from the first look', [[0, ill('Ingress', 'no address')], [15, ill('Ingress', 'no address')]], 'settling degraded'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, steps, answers) => {
    expect(words(steps).join(' ')).toBe(answers);
  });

  it('is told beside the verdict', () => {
    const last = looks([[0, before], [1, after], [16, after], [21, after]]).at(-1); // biome-ignore format: a table
    expect(last).toMatchObject({ is: 'final', notes: [expect.stringContaining('Ingress front')] });
  });
});

describe('out of sync', () => {
  const late = { sync: 'OutOfSync', reconciledAt: at(90) };
  const left = [
    resource('Deployment', 'Healthy'),
    resource('ConfigMap', '', { name: 'old', status: 'OutOfSync', leftOver: true }),
  ];
  const drifted = [resource('Deployment', 'Healthy', { status: 'OutOfSync' })];
  const table: readonly (readonly [title: string, change: Partial<Observation>, answers: string])[] = [
    ['by a leftover that nothing prunes', { resources: left }, 'settling healthy'],
    ['by a leftover, nothing else having been to do for ours', { resources: left, operation: { ...synced, revisions: ['old'] } }, 'settling healthy'],
    ['by what something else changed after our sync', { resources: drifted }, 'settling healthy'],
    ['after a sync of chosen resources', { resources: drifted, operation: { ...synced, partial: true } }, 'outOfSync outOfSync'],
    ['after the sync of an older commit', { resources: drifted, operation: { ...synced, revisions: ['old'] } }, 'outOfSync outOfSync'],
    ['to a later commit than the one that was synced', { resources: drifted, revisions: ['later'] }, 'outOfSync outOfSync'],
    ['with nothing but leftovers', { resources: left.slice(1) , operation: { ...synced, revisions: ['old'] } }, 'outOfSync outOfSync'],
    ['without a resource that is told', { resources: [] }, 'outOfSync outOfSync'],
    ['and ill', { resources: [resource('Deployment', 'Degraded', { status: 'OutOfSync' })], ...health('Degraded') }, 'settling settling'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, change, answers) => {
    expect(words([[0, { ...late, ...change }], [15, { ...late, ...change }]]).join(' ')).toBe(answers); // biome-ignore format: a table
  });

  it('tells which resource, and how', () => {
    const [, leftover] = looks([[0, { ...late, resources: left }], [15, { ...late, resources: left }]]); // biome-ignore format: a table
    expect(leftover).toMatchObject({ notes: [expect.stringContaining('ConfigMap old')] });
    const [, drift] = looks([[0, { ...late, resources: drifted }], [15, { ...late, resources: drifted }]]); // biome-ignore format: a table
    expect(drift).toMatchObject({ notes: [expect.stringContaining('Deployment front')] });
  });
});

describe('what Argo CD could not ask somebody', () => {
  const unavailable = 'Failed to load target state: rpc error: code = Unavailable desc = connection error';
  const comparison = {
    sync: 'Unknown',
    reconciledAt: at(20),
    conditions: [{ type: 'ComparisonError', message: unavailable }],
  };
  const failedSync = { sync: 'OutOfSync', operation: { ...synced, phase: 'Error', message: unavailable } };
  it.each([
    ['a comparison', comparison],
    ['a sync', failedSync],
    [
      'a sync, with its condition',
      { ...failedSync, conditions: [{ type: 'SyncError', message: `Failed sync attempt to ours: ${unavailable}` }] },
    ],
    [
      'a cluster',
      {
        ...comparison,
        conditions: [
          {
            type: 'ComparisonError',
            message:
              'Failed to load live state: failed to get cluster info for "https://c.test": dial tcp 10.0.0.1:443: connect: connection refused',
          },
        ],
      },
    ],
    [
      'a git host',
      {
        ...comparison,
        conditions: [
          {
            type: 'ComparisonError',
            message:
              'rpc error: code = Unknown desc = failed to list refs: Get "https://git.test/config.git/info/refs": context deadline exceeded',
          },
        ],
      },
    ],
  ] as const)('is no verdict however long it lasts: %s', (_, change) => {
    // biome-ignore format: a table
    const answers = looks([0, 10, 100, 1_000].map((second) => [second, change] as const));
    expect(answers.map(({ is }) => is)).toEqual(['pending', 'pending', 'pending', 'pending']);
    expect(atDeadline(answers.at(-1))).toMatchObject({ health: 'unknown' });
  });

  it.each([
    'ssh: connect to host git.test port 22: Connection timed out\r\nfatal: Could not read from remote repository.',
    'kex_exchange_identification: read: Connection reset by peer',
    "fatal: unable to access 'https://git.test/': Failed to connect to git.test port 443: Connection refused",
    "fatal: unable to access 'https://git.test/': The requested URL returned error: 429",
    "fatal: unable to access 'https://git.test/': Empty reply from server",
    '`git fetch origin --tags --force --prune` failed timeout after 1m30s',
    'redis: connection pool timeout',
    'http2: client connection lost',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
    'Timeout: request did not complete within requested timeout 34s',
    'no endpoints available for service "webhook"',
  ])('is known by the words of git, ssh and the cluster: %s', (message) => {
    const change = { ...comparison, conditions: [{ type: 'ComparisonError', message }] };
    expect(words([[0, change], [100, change]]).at(-1)).toMatch(/^refreshing/); // biome-ignore format: a table
  });

  it('is not whatever Helm, kustomize or the API object to', () => {
    for (const message of [
      'helm template failed exit status 1: Error: values don’t meet the schema',
      'one or more objects failed to apply, reason: Deployment.apps "front" is invalid',
      "fatal: couldn't find remote ref refs/heads/main",
      'app path does not exist',
    ]) {
      const change = { ...comparison, conditions: [{ type: 'ComparisonError', message }] };
      expect(words([[0, change], [100, change]]).at(-1)).toBe('syncFailed'); // biome-ignore format: a table
    }
  });

  it('is over once Argo CD can ask again', () => {
    expect(words([[0, comparison], [20, {}], [25, {}]]).join(' ')).toBe('refreshing settling healthy'); // biome-ignore format: a table
  });

  it('is asked again now and then', () => {
    expect(words([[0, comparison], [15, comparison]]).at(-1)).toBe('refreshing+refresh'); // biome-ignore format: a table
  });

  it('asks for another sync, since auto-sync doesn’t try a commit again that it failed with', () => {
    expect(words([[0, failedSync]])).toEqual(['outOfSync+sync']);
  });
});

describe('a sync that Argo CD refuses to begin', () => {
  const refused = (since: string) => ({
    ...{ sync: 'OutOfSync', reconciledAt: at(20), operation: { ...synced, revisions: ['old'] } },
    conditions: [
      { type: 'SyncError', message: 'Skipping sync attempt to ours: auto-sync will wipe out all resources', since },
    ],
  });
  it('is told at once', () => {
    const steps: Step[] = [[0, { revisions: ['old'] }], [1, refused(at(20))], [6, refused(at(20))]]; // biome-ignore format: a table
    expect(words(steps).join(' ')).toBe('notSeen refreshing syncFailed');
  });

  it('is ours from the first look on where ours leaves nothing, which auto-sync never does', () => {
    const resources = [resource('Deployment', 'Healthy', { status: 'OutOfSync', leftOver: true })];
    const steps: Step[] = [[0, { ...refused(at(20)), resources }], [5, { ...refused(at(20)), resources }]]; // biome-ignore format: a table
    expect(words(steps).join(' ')).toBe('refreshing syncFailed');
  });

  it('may be from before our commit, where it was there at the first look', () => {
    const steps: Step[] = [[0, { ...refused(at(5)), revisions: ['old'] }], [1, refused(at(5))], [60, refused(at(5))]]; // biome-ignore format: a table
    expect(words(steps).join(' ')).toBe('notSeen outOfSync outOfSync');
  });
});

describe('pods that fail to start', () => {
  const pod = (cause: 'image' | 'program', name = 'front-1') => ({
    name,
    cause,
    status: 'Failing',
    message: 'no such image',
  });
  const rolling = (...failing: readonly ReturnType<typeof pod>[]) => ({
    ...health('Progressing'),
    failing,
    reconciledAt: at(90),
  });
  const table: readonly (readonly [title: string, steps: readonly Step[], answers: string])[] = [
    ['are degraded after their time', [[0, rolling(pod('image'))], [119, rolling(pod('image'))], [120, rolling(pod('image'))]], 'progressing progressing degraded'],
    ['may be others meanwhile, of the same fault', [[0, rolling(pod('program'))], [60, rolling(pod('program', 'front-2'))], [120, rolling(pod('program', 'front-3'))]], 'progressing progressing degraded'],
    ['begin anew when they started in between', [[0, rolling(pod('image'))], [60, rolling()], [61, rolling(pod('image'))], [120, rolling(pod('image'))]], 'progressing progressing progressing progressing'],
    ['of another fault begin anew', [[0, rolling(pod('image'))], [60, rolling(pod('program'))], [120, rolling(pod('program'))]], 'progressing progressing progressing'],
    ['do not count for an application that is well', [[0, { failing: [pod('image')], reconciledAt: at(90) }]], 'healthy'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, steps, answers) => {
    expect(words(steps).join(' ')).toBe(answers);
  });

  it('are what is told when time is up', () => {
    expect(atDeadline(looks([[0, rolling(pod('image'))]])[0])).toMatchObject({ health: 'degraded' });
    expect(atDeadline(looks([[0, rolling()]])[0])).toMatchObject({ health: 'timedOut' });
  });

  it('are told with the time that they are given, and looked at again when it is over', () => {
    const [first] = looks([[0, rolling(pod('image'))]]);
    expect(first).toMatchObject({ why: expect.stringContaining('120 s'), againMs: 120_000 });
    const both = [pod('image'), pod('program', 'front-2')];
    for (const failing of [both, both.toReversed()]) {
      const [, later] = looks([[0, rolling(pod('image'))], [60, rolling(...failing)]]); // biome-ignore format: a table
      expect(later).toMatchObject({ againMs: 60_000, failing: expect.stringContaining('front-1') });
    }
    const [alike] = looks([[0, rolling(pod('image'), pod('image', 'front-2'))]]);
    expect(alike).toMatchObject({ failing: expect.stringContaining('front-1') });
  });
});

describe('what somebody else’s template has to carry into the application', () => {
  const carrier = { name: 'ApplicationSet shops', values: ['abc123'] };
  const table: readonly (readonly [title: string, steps: readonly Step[], answers: string])[] = [
    ['is not there yet', [[0, { settings: ['chart', 'abc122'], reconciledAt: at(90) }], [60, { settings: ['chart', 'abc122'], reconciledAt: at(90) }]], 'notSeen notSeen+refresh'],
    ['is there', [[0, { settings: ['chart', 'abc123'], reconciledAt: at(90) }]], 'healthy'],
    ['is there as a word of a text', [[0, { settings: ['front:\n  tag: abc123\n'], reconciledAt: at(90) }]], 'healthy'],
    ['is no part of a longer word', [[0, { settings: ['xabc1234'], reconciledAt: at(90) }]], 'notSeen'],
    ['is there, and not compared since', [[0, { settings: ['abc123'], changedSince: true, reconciledAt: at(90) }]], 'notSeen'],
    ['is there, of an application that follows nothing of ours', [[0, { settings: ['abc123'], followed: false, revisions: [], operation: { ...synced, revisions: [] }, reconciledAt: at(90) }]], 'healthy'],
    ['is not there, of an application that follows nothing of ours', [[0, { settings: [], followed: false, revisions: [], operation: { ...synced, revisions: [] }, reconciledAt: at(90) }]], 'notSeen'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, steps, answers) => {
    expect(words(steps, { carrier }).join(' ')).toBe(answers);
  });

  it('is not waited for where nothing is known to be carried', () => {
    expect(words([[0, { reconciledAt: at(90) }]], { carrier: { ...carrier, values: [] } })).toEqual(['healthy']);
  });
});

it('sources that changed since the comparison are compared first, unless they only seem to differ', () => {
  const changed = { changedSince: true, reconciledAt: at(90) };
  const steps: Step[] = [[0, changed], [15, changed], [119, changed], [120, changed]]; // biome-ignore format: a table
  expect(words(steps).join(' ')).toBe('notSeen notSeen+refresh notSeen+refresh healthy');
});

it('an application that is watched for what it makes needs no health of its own', () => {
  expect(words([[0, { ...health('Degraded'), reconciledAt: at(90) }]], { applied: true })).toEqual(['healthy']);
  expect(words([[0, { ...health('Degraded'), sync: 'OutOfSync' }]], { applied: true })).toEqual(['outOfSync']);
});

it('a sync that runs is told in Argo CD’s own words, though what was asked for still stands there', () => {
  const running = {
    requested: true,
    operation: { ...synced, phase: 'Running', message: 'waiting for healthy state of batch/Job/migration' },
  };
  expect(looks([[0, running]])[0]).toMatchObject({
    phase: 'syncing',
    why: expect.stringContaining('batch/Job/migration'),
  });
  expect(looks([[0, { requested: true }]])[0]).toMatchObject({ phase: 'syncing', why: 'a sync is about to begin' });
});

it('an application that is being deleted for long is unknown', () => {
  expect(words([[0, { deleting: true }], [29, { deleting: true }], [30, { deleting: true }]])).toEqual(['notSeen', 'notSeen', 'unknown']); // biome-ignore format: a table
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

describe('conditions that no other row needs', () => {
  const illIn = (kind: string, group: string) => ({
    ...health('Degraded'),
    resources: [resource(kind, 'Degraded', { group })],
  });
  const both = {
    ...health('Degraded'),
    resources: [...ill('Cluster', '', 'a').resources, ...ill('Cluster', '', 'b').resources],
  };
  const before = { revisions: ['old'], ...ill('Ingress', 'no address') };
  const after = { ...ill('Ingress', 'no address') };
  const leftOver = resource('ConfigMap', '', { name: 'old', status: 'OutOfSync', leftOver: true });
  const drifted = resource('Deployment', 'Healthy', { status: 'OutOfSync' });
  const late = { sync: 'OutOfSync', reconciledAt: at(90) };
  const partly = { revisions: ['ours', 'ours'], operation: { ...synced, revisions: ['ours', 'later'] } };
  const older = { operation: { ...synced, revisions: ['old'] } };
  const busy = { phase: 'Hydrating', message: '', drySha: 'ours', done: undefined, compared: undefined };
  const unmade = {
    ...{ revisions: ['wet'], operation: { ...synced, revisions: ['wet'] } },
    hydrator: { ...busy, phase: 'Hydrated', compared: 'ours', done: { drySha: 'old', hydratedSha: 'wet' } },
  };
  const table: readonly (readonly [title: string, steps: readonly Step[], answers: string])[] = [
    ['a deployment that was never seen otherwise has the longer time', [[0, ill()], [2, ill()]], 'settling settling'],
    ['a job that failed has had its time', [[0, health('Progressing')], [1, illIn('Job', 'batch')], [2, illIn('Job', 'batch')]], 'progressing settling degraded'],
    ['a cron job may be ill for a moment', [[0, health('Progressing')], [1, illIn('CronJob', 'batch')], [2, illIn('CronJob', 'batch')]], 'progressing settling settling'],
    ['another group’s deployment may too', [[0, health('Progressing')], [1, illIn('Deployment', 'db.test')], [2, illIn('Deployment', 'db.test')]], 'progressing settling settling'],
    ['another group’s job may too', [[0, health('Progressing')], [1, illIn('Job', 'db.test')], [2, illIn('Job', 'db.test')]], 'progressing settling settling'],
    ['the one that is ill longest decides', [[0, ill('Cluster', '', 'a')], [8, both], [15, both]], 'settling settling degraded'],
    ['resources that aren’t told have no news', [[0, before], [1, { revisions: ['old'], ...health('Degraded') }], [2, after], [17, after], [22, after]], 'notSeen notSeen settling settling healthy'],
    ['a leftover excuses nothing else', [[0, { ...late, ...older, resources: [leftOver, drifted] }], [15, { ...late, ...older, resources: [leftOver, drifted] }]], 'outOfSync outOfSync'],
    ['every source must be at what was synced', [[0, { ...late, ...partly, resources: [drifted] }], [15, { ...late, ...partly, resources: [drifted] }]], 'outOfSync outOfSync'],
    ['one that was on its way after ours is ours, whatever it was before', [[0, before], [1, { ...after, ...health('Progressing') }], [2, after], [17, after]], 'notSeen progressing settling degraded'],
    ['a stateful set may be ill for a moment', [[0, health('Progressing')], [1, illIn('StatefulSet', 'apps')], [2, illIn('StatefulSet', 'apps')]], 'progressing settling settling'],
    ['a commit that needed no hydration counts as soon as it moved', [[0, { ...unmade, ...health('Progressing') }], [9, unmade], [10, unmade]], 'progressing settling healthy'],
    ['our commit is hydrated for long, which is no failure', [[0, { hydrator: busy }], [5, { hydrator: busy }]], 'hydrating hydrating'],
  ]; // biome-ignore format: a table
  it.each(table)('%s', (_, steps, answers) => {
    expect(words(steps).join(' ')).toBe(answers);
  });

  it('the reason is the application’s message, or the resource’s, or that it is degraded', () => {
    const why = (change: Partial<Observation>) => {
      const [, last] = looks([[0, change], [15, change]]); // biome-ignore format: a table
      return last?.why;
    };
    expect(why({ ...ill('Cluster', 'no leader'), ...health('Degraded', 'of the whole') })).toBe('of the whole');
    expect(why(ill('Cluster', 'no leader'))).toBe('no leader');
    expect(why(ill('Cluster'))).toBe('its health is Degraded');
    expect(why(health('Degraded', 'of the whole'))).toBe('of the whole');
    expect(why(health('Degraded'))).toBe('its health is Degraded');
    expect(looks([[0, health('Missing', 'no pods')]])[0]?.why).toBe('missing: no pods');
    expect(looks([[0, { reconciledAt: at(90) }]])[0]).toMatchObject({ health: 'healthy', revision: 'ours' });
    expect(looks([[0, { ...health(''), reconciledAt: at(90) }]])[0]?.why).toBe('health not known yet');
  });

  it('a hydration that could not ask somebody is no failure', () => {
    const hydrator = {
      ...{ phase: 'Failed', message: 'failed to push: dial tcp 10.0.0.1:443: i/o timeout', drySha: 'ours' },
      ...{ done: undefined, compared: undefined },
    };
    expect(words([[0, { hydrator }], [90, { hydrator }]])).toEqual(['hydrating', 'hydrating+refresh']); // biome-ignore format: a table
  });
});
