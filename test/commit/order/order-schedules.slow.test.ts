import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import { openLineage } from '../../../src/commit/order/lineage.ts';
import { planHold } from '../../../src/config/plan/hold.ts';
import { isError } from '../../../src/errors.ts';
import type { CommitOutcome } from '../../../src/plan/outcome.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { type Random, randomFrom } from '../../schedules/random.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { seeds } from '../../support/runs.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { chart, deliveryTo, isSound, refsOf, setTag, tipOf } from '../landing.ts';

// Runs of one app repo's commits at once on one value, in an order that a seed decides, with people who push and hold,
// and runs that are cut off. `TAGBOAT_SEED=123` plays one again, as far as a machine's pace lets it,
// and `TAGBOAT_SEED=random` others.

const file = 'main/values.yaml';
const place = { file, path: '.front.imageTag' };

interface Run {
  readonly name: string;
  readonly commit: string;
  readonly startMs: number;
  readonly queue: boolean;
  /** Requests after which nothing of it is heard any more. */
  readonly lives: number;
}

type End = { readonly run: Run } & (
  | { readonly is: 'ended'; readonly outcome: CommitOutcome }
  | { readonly is: 'refused'; readonly code: string }
  | { readonly is: 'killed' }
);

function worldOf(random: Random, lives = Number.POSITIVE_INFINITY): TestWorld {
  const sleep = (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  const world = testWorld({ random: random.next });
  let left = lives;
  const http: TestWorld['http'] = async (request) => {
    if (left-- <= 0) throw new Error('killed');
    return world.http(request);
  };
  return { ...world, http, clock: { ...jumpingClock(), now: () => Date.now(), sleep } };
}

/** An app repo whose trunk is six commits long, with one on a side branch from the second. */
async function appRepo(host: GitHost) {
  const url = await host.createRepo('app', { files: { a: '0' } });
  const trunk = [await tipOf(host, 'app')];
  for (let at = 1; at < 6; at++) trunk.push(await host.commit('app', { files: { a: String(at) } }));
  await host.git('app', 'branch', 'side', trunk[1] ?? '');
  return { url, trunk, side: await host.commit('app', { branch: 'side', files: { b: '1' } }) };
}
type App = Awaited<ReturnType<typeof appRepo>>;

/** Whether `before` is in the history of `after`. */
function isOlder({ trunk, side }: App, before: string, after: string): boolean {
  if (before === after) return true;
  if (after === side) return trunk.indexOf(before) >= 0 && trunk.indexOf(before) <= 1;
  return before !== side && trunk.indexOf(before) <= trunk.indexOf(after);
}

function runsOf(random: Random, { trunk, side }: App): Run[] {
  return Array.from({ length: random.between(3, 7) }, (_, at) => ({
    name: `run-${at}`,
    commit: random.chance(0.1) ? side : (trunk[random.between(0, 5)] ?? side),
    startMs: random.between(0, 250),
    queue: random.chance(0.85),
    lives: random.chance(0.25) ? random.between(3, 14) : Number.POSITIVE_INFINITY,
  }));
}

async function play(run: Run, app: App, config: string, random: Random): Promise<End> {
  await setTimeout(run.startMs);
  const world = worldOf(random.fork(run.name), run.lives);
  const source = { dir: '/nonexistent', url: app.url, commit: run.commit };
  const message = `Deliver, ${run.name}\n\nTagboat-Source: ${app.url}@${run.commit}\n`;
  const delivery: DeliveryPlan = { ...deliveryTo(config, setTag(run.commit)), message };
  const lineage = openLineage(world, world.emit, source, [undefined]);
  try {
    const options = { lineage, queue: run.queue };
    return { run, is: 'ended', outcome: await landDelivery(world, world.emit, delivery, undefined, options) };
  } catch (error) {
    return isError(error) ? { run, is: 'refused', code: error.code } : { run, is: 'killed' };
  }
}

async function person(host: GitHost, config: string, random: Random): Promise<void> {
  for (let at = random.between(0, 3); at > 0; at--) {
    await setTimeout(random.between(0, 300));
    // In between of others' look and push: fast-import doesn't ask for the branch's lock for long.
    await host.commit('config', { files: { [`people/${at}.yaml`]: 'x: 1\n' } }).catch(() => undefined);
  }
  if (!random.chance(0.4)) return;
  const target = { delivery: undefined, repo: config, branch: 'main', places: [place], source: undefined };
  const hold = planHold(target, { actions: true, why: 'seen to fail', until: undefined, by: 'Ada' });
  const world = worldOf(random.fork('person'));
  await landDelivery(world, world.emit, hold, undefined);
}

/** The branch from its first commit on: who made each commit, the value after it, and whether that was held. */
async function historyOf(host: GitHost) {
  const ids = (await host.git('config', 'rev-list', '--reverse', 'main')).trim().split('\n');
  return Promise.all(
    ids.map(async (id) => {
      const text = await host.git('config', 'show', `${id}:${file}`);
      const held = await host.git('config', 'cat-file', '-e', `${id}:.tagboat/holds.json`).then(
        () => true,
        () => false,
      );
      const by = /run-\d+/.exec(await host.git('config', 'log', '-1', '--format=%s', id))?.[0];
      return { id, by, held, value: /imageTag: {3}(\S+)/.exec(text)?.[1] ?? '' };
    }),
  );
}

describe.skipIf(noHttpBackend !== undefined)(`runs of one app repo by chance${skipNote}`, () => {
  it.each(seeds(15))('never go back, and say what is true: TAGBOAT_SEED=%i', async (seed) => {
    const random = randomFrom(seed);
    const host = await gitHost();
    const app = await appRepo(host);
    const [oldest = ''] = app.trunk;
    const config = await host.createRepo('config', {
      files: { ...chart, [file]: chart[file].replace('   a   #', `   ${oldest}   #`) },
    });
    const runs = runsOf(random, app);
    const [ends] = await Promise.all([
      Promise.all(runs.map((run) => play(run, app, config, random))),
      person(host, config, random.fork('people')),
    ]);
    const history = await historyOf(host);
    const story = JSON.stringify({ ends, history }, undefined, 1);
    await isSound(host, 'config');

    for (const [at, { value, held }] of history.entries()) {
      const before = history[at - 1];
      if (before === undefined) continue;
      expect(isOlder(app, before.value, value), story).toBe(true);
      if (before.held) expect([held, value], story).toEqual([true, before.value]);
    }
    for (const end of ends) {
      const { name, commit } = end.run;
      expect(history.filter(({ by }) => by === name).length, story).toBeLessThanOrEqual(1);
      if (end.is === 'refused') {
        expect(end.code, story).toBe('ORDER_DIVERGED');
        expect([...history.map(({ value }) => value), commit], story).toContain(app.side);
      }
      if (end.is === 'killed') expect(end.run.lives, story).toBeLessThan(100);
      if (end.is !== 'ended') continue;
      const { outcome } = end;
      const values = history.map(({ value }) => value);
      switch (outcome.is) {
        case 'landed':
          expect(history, story).toContainEqual({
            id: outcome.commit,
            by: name,
            held: expect.any(Boolean),
            value: commit,
          });
          break;
        case 'unchanged':
          expect(values, story).toContain(commit);
          break;
        case 'superseded':
          expect(values, story).toContain(outcome.by);
          expect(isOlder(app, commit, outcome.by) && commit !== outcome.by, story).toBe(true);
          break;
        case 'held':
          expect(history.at(-1)?.held, story).toBe(true);
          break;
      }
    }
    const left = await refsOf(host, 'config', 'refs/tagboat');
    if (!ends.some(({ is }) => is === 'killed')) expect(left, story).toBe('');
  });
});
