import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { News } from '../../../src/deploy/observe/feed.ts';
import { usualTimes } from '../../../src/deploy/verdict/question.ts';
import { watchApplication } from '../../../src/deploy/watch/watch.ts';
import type { Verdict } from '../../../src/plan/deploy.ts';
import { readApplication } from '../../../src/wire/argocd/application.ts';
import type { ArgoCd } from '../../../src/wire/argocd/types.ts';
import { chart, type HarbourOptions, harbour, valuesWith } from '../../support/argocd.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { handClock, testWorld } from '../../support/world.ts';
import { watch } from '../watching.ts';

// Time stands still here unless a test turns it: what is told without its being turned was not waited for.

const probe = '{ httpGet: { path: /, port: 80 } }';
const front = (chart['main/templates/front.yaml'] ?? '').replace('}}" }', `}}", readinessProbe: ${probe} }`);
const probed = { 'main/templates/front.yaml': front };
const back = { 'main/templates/back.yaml': front.replaceAll('name: front', 'name: back') };
const operated = {
  'main/templates/db.yaml':
    'apiVersion: db.test/v1\nkind: Cluster\nmetadata: { name: db }\nspec: { version: "{{ .Values.front.imageTag }}" }\n',
};

/** A delivery of this chart that has been seen on its way, a time after the sync, until it is healthy or waits for that. */
async function delivered(
  files: Readonly<Record<string, string>>,
  { sinceSync = 1_500, fault }: { readonly sinceSync?: number; readonly fault?: HarbourOptions['fault'] } = {},
) {
  const place = await harbour(fault === undefined ? {} : { fault });
  const commit = await place.host.commit('config', { files: { ...valuesWith('b'), ...files } });
  const clock = handClock();
  const world = testWorld({ clock });
  let over = false;
  const phases: string[] = [];
  const app = place.argocd.app('front');
  const show = (status: string) =>
    app.patch((json) => {
      (json.status as Record<string, unknown>).health = { status };
    });
  show('Progressing');
  const emit: typeof world.emit = (event) => {
    world.emit(event);
    if (event.type !== 'verdict.progress') return;
    if (event.phase === 'progressing' && !phases.includes(event.phase)) {
      clock.advance(sinceSync);
      // From now on as it is.
      app.patch(() => undefined);
    }
    phases.push(event.phase);
  };
  const ending = watch(place, { commit }, { ...world, emit }).finally(() => {
    over = true;
  });
  const asks = () => place.argocd.requests.filter(({ path }) => path.endsWith('/resource')).length;
  /** Whether it is over though no more time has passed, once it is told to be in a phase and all is answered. */
  const isOver = async (phase = 'settling'): Promise<boolean> => {
    while (!over && phases.at(-1) !== phase) await turn();
    for (let calm = 0, seen = place.argocd.requests.length; calm < 200 && !over; calm += 1) {
      await turn();
      if (place.argocd.requests.length !== seen) calm = 0;
      seen = place.argocd.requests.length;
    }
    return over;
  };
  return { show, clock, ending, asks, isOver };
}

const healthy = (verdicts: readonly Verdict[]) => verdicts.map(({ is }) => is);

describe.skipIf(noHttpBackend !== undefined)(`an application that became healthy${skipNote}`, () => {
  it('is healthy at once where the cluster says that no rollout is still to begin', async () => {
    const { ending, asks } = await delivered({ ...probed, ...back });
    expect(healthy(await ending)).toEqual(['healthy']);
    expect(asks()).toBe(2);
  });

  it('has the second since its sync, for whoever else changes what was applied', async () => {
    const { clock, ending, asks, isOver } = await delivered(probed, { sinceSync: 600 });
    expect([await isOver(), asks()]).toEqual([false, 1]);
    clock.advance(400);
    expect(healthy(await ending)).toEqual(['healthy']);
  });

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['an operator may still begin', { ...probed, ...operated }, 0],
    ['nobody has asked its program, which may end at once', {}, 1],
  ])('has the second since it became so where %s', async (_, files, requests) => {
    const { clock, ending, asks, isOver } = await delivered(files);
    expect([await isOver(), asks()]).toEqual([false, requests]);
    clock.advance(1_000);
    expect(healthy(await ending)).toEqual(['healthy']);
  });

  it('has it where the controller of one of two rollouts has not begun, and is not told between the two', async () => {
    const late = { metadata: { name: 'back', generation: 2 }, kind: 'Deployment', status: { observedGeneration: 1 } };
    const { show, clock, ending, asks, isOver } = await delivered(
      { ...probed, ...back },
      {
        fault: ({ path, query }) =>
          path.endsWith('/resource') && query.get('resourceName') === 'back'
            ? { is: 'answer', status: 200, body: JSON.stringify({ manifest: JSON.stringify(late) }) }
            : undefined,
      },
    );
    expect([await isOver(), asks()]).toEqual([false, 2]);
    clock.advance(900);
    show('Progressing');
    expect(await isOver('progressing')).toBe(false);
    clock.advance(60_000);
    expect(await isOver('progressing')).toBe(false);
    show('Healthy');
    expect(await isOver()).toBe(false);
    clock.advance(1_000);
    expect(healthy(await ending)).toEqual(['healthy']);
  });

  it.each<[status: number, body: string]>([
    [403, '{"error":"permission denied","code":7}'],
    [429, '{"error":"slow down","code":8}'],
    [500, '{"error":"error getting resource","code":2}'],
  ])('has it where the cluster can’t be asked, which is tried once: %i', async (status, body) => {
    const { clock, ending, asks, isOver } = await delivered(probed, {
      fault: ({ path }) => (path.endsWith('/resource') ? { is: 'answer', status, body } : undefined),
    });
    expect(await isOver()).toBe(false);
    clock.advance(500);
    expect([await isOver(), asks()]).toEqual([false, 1]);
    clock.advance(500);
    expect(healthy(await ending)).toEqual(['healthy']);
  });
});

it('what the cluster said of one state tells nothing of the next, and it isn’t asked without end', async () => {
  const clock = handClock();
  const world = testWorld({ clock });
  const shown = (status: string) => {
    const application = readApplication({
      metadata: { name: 'shop', uid: 'u' },
      spec: { source: { repoURL: 'https://git.test/config.git', path: 'main' } },
      status: {
        ...{ sync: { status: 'Synced', revision: 'ours' }, health: { status }, reconciledAt: '2026-01-01T00:00:10Z' },
        operationState: {
          ...{ phase: 'Succeeded', startedAt: '2026-01-01T00:00:08Z', finishedAt: '2026-01-01T00:00:10Z' },
          syncResult: { revision: 'ours' },
        },
        resources: [{ group: 'apps', version: 'v1', kind: 'Deployment', name: 'front', health: { status } }],
      },
    });
    if (application === undefined) throw new Error('no application');
    return { is: 'state', application } as const;
  };
  let tell: (news: News) => void = () => undefined;
  const answers: ((live: unknown) => void)[] = [];
  const argocd = {
    url: 'https://argocd.test',
    resource: () => new Promise<unknown>((resolve) => answers.push(resolve)),
  } as unknown as ArgoCd;
  let over = false;
  const related: string[] = [];
  const relation = async (revision: string) => {
    related.push(revision);
    return 'same' as const;
  };
  const ending = watchApplication({
    ...{ world, emit: world.emit, argocd, app: { name: 'shop' }, delivery: 'main', sync: false },
    ...{ nudge: async () => undefined, runsOurs: () => undefined, followed: { repo: 'https://git.test/config.git', branch: 'main' } },
    question: { commit: 'ours', images: [], suspended: 'wait', times: usualTimes },
    ...{ relation, removed: async () => false, deadline: 1e15, latest: 1e15 },
    found: shown('Progressing').application,
    feed: {
      follow: (_, take) => {
        tell = take;
        return () => undefined;
      },
    },
  }).finally(() => {
    over = true;
  }); // biome-ignore format: a table
  const calm = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) await turn();
  };
  const done = {
    ...{ kind: 'Deployment', metadata: { generation: 1 } },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'front', readinessProbe: {} }] } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  };
  tell(shown('Progressing'));
  await calm();
  clock.advance(60_000);
  tell(shown('Healthy'));
  await calm();
  // While the cluster is asked, the next rollout begins: what it answers is of before.
  tell(shown('Progressing'));
  answers[0]?.(done);
  await calm();
  expect([over, answers.length]).toEqual([false, 1]);
  for (let more = 0; more < 5; more += 1) {
    tell(shown('Healthy'));
    await calm();
  }
  expect([over, answers.length]).toEqual([false, 4]);
  answers[3]?.(done);
  await calm();
  // It was asked of another look than the last, of which nobody was asked any more.
  expect(over).toBe(false);
  clock.advance(1_000);
  expect(await ending).toMatchObject({ health: 'healthy' });
  // As it was found and as it was shown at first, it named the same commit.
  expect(related).toEqual(['ours']);
});
