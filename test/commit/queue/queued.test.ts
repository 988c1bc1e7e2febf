import { describe, expect, it } from 'vitest';
import { type LandOptions, landDelivery } from '../../../src/commit/commit.ts';
import { writeIntent } from '../../../src/commit/queue/intent.ts';
import { listWaiting } from '../../../src/commit/queue/list-waiting.ts';
import { intentId } from '../../../src/commit/repo/layout.ts';
import type { TagboatError } from '../../../src/errors.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import type { GitHost, GitHostFault } from '../../../src/sandbox/git-host/git-host.ts';
import { zeroId } from '../../../src/wire/git/pack/object.ts';
import { openRemote } from '../../../src/wire/git/remote.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import {
  addHook,
  bot,
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  landed,
  noticesIn,
  pushesIn,
  refsOf,
  saysDone,
  saysNo,
  setTag,
  shared,
  tipOf,
  valuesWith,
} from '../landing.ts';

const realClock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

function writer(overrides: Partial<TestWorld> = {}): TestWorld {
  return { ...testWorld({ random: Math.random }), clock: { ...jumpingClock(), ...realClock }, ...overrides };
}

function land(delivery: DeliveryPlan, world: TestWorld = writer(), options?: LandOptions) {
  return landDelivery(world, world.emit, delivery, undefined, options);
}

const refsIn = async (host: GitHost): Promise<string> =>
  (await refsOf(host, 'config', 'refs/tagboat')).replace(/^[0-9a-f]+ /gm, '');

/** Pushes something else whenever a direct push of ours comes in, so that it is beaten, `times` times. */
async function beatenHost(times: number, files: Record<string, string> = chart) {
  let left = times;
  const host: GitHost = await gitHost({
    fault: async (request) => {
      if (request.service !== 'git-receive-pack' || !request.isCall || left === 0) return undefined;
      left -= 1;
      await host.commit('config', { files: { [`other-${left}.yaml`]: 'x: 1\n' } });
      return undefined;
    },
  });
  return { host, url: await host.createRepo('config', { files }) };
}

const keyed = { env: { TAGBOAT_QUEUE_KEY: 'shared by all' } };

/** Lands a delivery that is beaten once, whatever `host` does by itself. */
async function beatenOnce(host: GitHost, delivery: DeliveryPlan, parts: Partial<TestWorld> = {}): Promise<void> {
  const world = writer(parts);
  let beaten = false;
  const http: TestWorld['http'] = async (request) => {
    if (!beaten && String(request.url).endsWith('/git-receive-pack')) {
      beaten = true;
      await host.commit('config', { files: { [`rival-${pushesIn(host).length}.yaml`]: 'x: 1\n' } });
    }
    return world.http(request);
  };
  landed(await land(delivery, { ...world, http }));
}

/** Leaves a beaten delivery's intent behind: its writer is killed right after publishing it. */
async function publishAndDie(host: GitHost, delivery: DeliveryPlan, parts: Partial<TestWorld> = {}): Promise<void> {
  const world = writer(parts);
  const before = pushesIn(host).length;
  let beaten = false;
  const http: TestWorld['http'] = async (request) => {
    const sent = pushesIn(host).slice(before);
    if (sent.some(({ refs }) => refs.some((ref) => ref.startsWith('refs/tagboat/')))) throw new Error('killed');
    if (!beaten && String(request.url).endsWith('/git-receive-pack')) {
      beaten = true;
      await host.commit('config', { files: { [`rival-${before}.yaml`]: 'x: 1\n' } });
    }
    return world.http(request);
  };
  await expect(land(delivery, { ...world, http })).rejects.toThrow();
}

/** What writers have published that were killed right after, all by one push. */
async function leaveIntents(world: TestWorld, url: string, files: readonly string[]): Promise<void> {
  const now = world.clock.now();
  const remote = openRemote(world, {
    ...{ url, authorization: undefined, idleMs: 30_000, deadline: now + 60_000, notice: () => undefined },
  });
  const intents = files.map((file) => {
    const id = intentId(now, Math.random);
    const edits = [{ ...setTag('b', file, '.tag'), expects: 'a' }];
    const message = `Set ${file}\n\nTagboat-Intent: ${id}\n`;
    const who = { author: bot, committer: bot };
    return { id, branch: 'main', edits, message, ...who, publishedAt: now, expiresAt: now + 180_000 };
  });
  const made = intents.map((intent) => ({ intent, ...writeIntent(intent, 'sha1', undefined) }));
  const updates = made.map(({ intent, commit }) => ({
    ...{ ref: `refs/tagboat/intents/main/${intent.id}`, from: zeroId('sha1'), to: commit.id },
  }));
  const [{ tree } = { tree: undefined }] = made;
  const objects = [...made.map(({ commit }) => commit), ...(tree === undefined ? [] : [tree])];
  await remote.push(
    updates,
    objects.map((object) => ({ object })),
    world.signal,
  );
}

/** A writer whose requests take as long as these say, one after the other, by its own clock. The last goes on. */
function slowWriter(tookMs: readonly number[]): TestWorld {
  const world = writer();
  const began = Date.now();
  let late = 0;
  let requests = 0;
  const http: TestWorld['http'] = async (request) => {
    const answer = await world.http(request);
    late += tookMs[Math.min(requests++, tookMs.length - 1)] ?? 0;
    return answer;
  };
  return { ...world, http, clock: { ...world.clock, now: () => began + late } };
}

describe.skipIf(noHttpBackend !== undefined)(`the queue${skipNote}`, () => {
  it('pushes when its look has grown old, but nothing moved and the host is as quick as before', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    expect(landed(await land(deliveryTo(url), slowWriter([300, 400, 400, 200, 0]))).attempts).toBe(1);
    expect(pushesIn(host)).toHaveLength(1);
    // Four, the look that had to be taken again, and the one whether the branch has it.
    expect(host.requests).toHaveLength(6);
  });

  it('lands what a host reported as done and beat: by another push, at first and in the queue', async () => {
    let rivals = 0;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (!isPush(request) || rivals === 3) return undefined;
        rivals += 1;
        await host.commit('config', { files: { [`rival-${rivals}.yaml`]: 'x: 1\n' } });
        return saysDone(request);
      },
    });
    const url = await host.createRepo('config', { files: chart });
    landed(await land(deliveryTo(url)));
    expect(rivals).toBe(3);
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('5\n');
    expect(await refsIn(host)).toBe('');
    await isSound(host, 'config');
  });

  it.each<[string, GitHostFault]>([
    ['says no to all of it', saysNo],
    ['is cut off', { is: 'cut', bytes: 0 }],
  ])('has landed where a host takes the commit, keeps the ref, and %s', async (_, fault) => {
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (!isPush(request)) return undefined;
        const nth = pushesIn(host).length;
        if (nth === 1) await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        // The second publishes, the third lands.
        return nth === 3 ? fault : undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const once = '[ -e kept ] || case "$ref" in refs/tagboat/*) >kept; git update-ref "$ref" "$old";; esac';
    await addHook(
      host,
      'post-receive',
      `while read old new ref; do case "$new" in *[!0]*) ;; *) ${once};; esac; done\n`,
    );
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.commit).toBe(await tipOf(host, 'config'));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('3\n');
    expect(await refsIn(host)).toBe('');
    await isSound(host, 'config');
  });

  it('makes for the queue without a push where a host grows slower from one look to the next', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    expect(landed(await land(deliveryTo(url), slowWriter([300, 400, 400, 800, 0]))).attempts).toBe(0);
    expect(pushesIn(host).map(({ refs }) => refs.some((ref) => ref === 'refs/heads/main'))).toEqual([false, true]);
    expect(await fileAt(host, 'config')).toContain('imageTag:   b   # from CI');
    expect(await refsIn(host)).toBe('');
  });

  it('spares the push that an old look would have made in vain', async () => {
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (request.number === 4) await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    expect(landed(await land(deliveryTo(url), slowWriter([300, 400, 400, 200, 0]))).attempts).toBe(0);
    expect(pushesIn(host).map(({ refs }) => refs.some((ref) => ref === 'refs/heads/main'))).toEqual([false, true]);
  });

  it('lands a beaten change as a commit of its own, and leaves no ref behind', async () => {
    const { host, url } = await beatenHost(1);
    const outcome = landed(await land(deliveryTo(url)));
    expect(outcome.commit).toBe(await tipOf(host, 'config'));
    expect(outcome.parent).toBe(await tipOf(host, 'config', 'main~1'));
    expect(await host.git('config', 'log', '-1', '--format=%(trailers:key=Tagboat-Intent,valueonly)')).toMatch(
      /^\d{13}-/,
    );
    expect(await host.git('config', 'log', '-1', '--format=%an|%s')).toBe('github-actions[bot]|Set front to b\n');
    expect(await fileAt(host, 'config')).toContain('imageTag:   b   # from CI');
    expect(await refsIn(host)).toBe('');
    await isSound(host, 'config');
  });

  it('waits as long as a host asks that takes no more pushes just now', async () => {
    let pushes = 0;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (request.service !== 'git-receive-pack' || !request.isCall) return undefined;
        pushes += 1;
        if (pushes === 1) await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        return pushes === 2 || pushes === 4
          ? { is: 'answer', status: 429, headers: { 'retry-after': '7' } }
          : undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const world = testWorld({ clock: jumpingClock() });
    landed(await land(deliveryTo(url), world));
    // Once for the intent, and once for the push that lands it.
    expect(world.clock.slept.filter((ms) => ms >= 7_000)).toHaveLength(2);
    expect(await refsIn(host)).toBe('');
  });

  it('lands thirty writers at once, each exactly once, with fewer pushes to the branch than writers', async () => {
    const host = await gitHost();
    const names = Array.from({ length: 30 }, (_, at) => `apps/app-${at}/values.yaml`);
    const files = { ...chart, ...shared, ...Object.fromEntries(names.map((name) => [name, 'tag: a\n'])) };
    const url = await host.createRepo('config', { files });
    const outcomes = await Promise.all(
      names.map((name, at) => land({ ...deliveryTo(url, setTag(`v${at}`, name, '.tag')), message: `Set ${name}` })),
    );
    const commits = outcomes.map((outcome) => landed(outcome).commit);
    expect(new Set(commits).size).toBe(30);
    expect((await host.git('config', 'rev-list', '--max-count=30', 'main')).trim().split('\n').sort()).toEqual(
      commits.sort(),
    );
    for (const [at, name] of names.entries()) expect(await fileAt(host, 'config', name)).toBe(`tag: v${at}\n`);
    expect(await refsIn(host)).toBe('');
    await isSound(host, 'config');
  });

  it('lands what a killed writer has published, once, and with its own author', async () => {
    const { host, url } = await beatenHost(1, { ...chart, ...shared, 'b.yaml': 'tag: a\n' });
    const dying = writer();
    const stop = new AbortController();
    // Killed right after publishing: no request of its own goes out any more.
    const http: TestWorld['http'] = async (request) => {
      if (stop.signal.aborted) throw new Error('killed');
      const answer = await dying.http(request);
      if (pushesIn(host).length === 2) stop.abort();
      return answer;
    };
    const dead = { ...deliveryTo(url, setTag('dead', 'b.yaml', '.tag')), author: { name: 'Dead', email: 'd@e.test' } };
    await expect(land(dead, { ...dying, http })).rejects.toThrow();
    expect(await refsIn(host)).toMatch(/^refs\/tagboat\/intents\/main\/\d{13}-[0-9a-f]{12}\n$/);
    const outcome = landed(await land(deliveryTo(url)));
    expect(await fileAt(host, 'config', 'b.yaml')).toBe('tag: dead\n');
    expect(await host.git('config', 'log', '-2', '--format=%an')).toBe('github-actions[bot]\nDead\n');
    expect(outcome.parent).toBe(await tipOf(host, 'config', 'main~1'));
    expect(await refsIn(host)).toBe('');
    await isSound(host, 'config');
  });

  it('lands soon after a dozen killed writers, and lands what they have published', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`${at}.yaml`, 'tag: a\n']));
    const { host, url } = await beatenHost(0, { ...chart, ...shared, ...many });
    const world = testWorld({ clock: jumpingClock() });
    for (const file of Object.keys(many)) await publishAndDie(host, deliveryTo(url, setTag('b', file, '.tag')), world);
    const began = world.clock.now();
    landed(await land(deliveryTo(url, setTag('c')), world));
    // Of its own clock, on which requests take no time: all of it is waiting.
    expect(world.clock.now() - began).toBeLessThan(5_000);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('26\n');
    expect(await refsIn(host)).toBe('');
  });

  it.each<[string, Parameters<typeof gitHost>[0], Record<string, string>]>([
    ["git's defaults", {}, {}],
    ["GitHub's rules", { headers: { 'x-github-request-id': '1' } }, { 'uploadpackfilter.tree.maxDepth': '0' }],
  ])('lands within seconds after sixty writers killed a moment ago, 50 ms away, under %s', async (_, options, config) => {
    const host = await gitHost(options);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`app-${at}/values.yaml`, 'tag: a\n']));
    const url = await host.createRepo('config', { files: { ...chart, ...shared, ...many }, config });
    const world = testWorld({ clock: jumpingClock() });
    const http: TestWorld['http'] = async (request) => {
      await world.clock.sleep(50);
      return world.http(request);
    };
    await leaveIntents(world, url, Object.keys(many));
    const began = world.clock.now();
    landed(await land(deliveryTo(url, setTag('c')), { ...world, http }));
    // Of its own clock, on which a request takes as long as its way.
    expect(world.clock.now() - began).toBeLessThan(5_000);
    for (const file of Object.keys(many)) expect(await fileAt(host, 'config', file)).toBe('tag: b\n');
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('62\n');
    expect(await refsIn(host)).toBe('');
    // The one's own intent, and all of them in one.
    expect(pushesIn(host)).toHaveLength(3);
  });

  it('whoever joins a rush rests for a whole landing, however long the first in the queue has waited', async () => {
    const files = ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'];
    const host = await gitHost();
    const yaml = Object.fromEntries(files.map((file) => [file, 'tag: a\n']));
    const url = await host.createRepo('config', { files: { ...chart, ...yaml } });
    const world = slowWriter([100]);
    await leaveIntents(world, url, files);
    let slept = 3_000;
    const rests: number[] = [];
    const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
      rests.push(ms);
      await realClock.sleep(ms / 50, signal);
      slept += ms;
    };
    const clock = { ...world.clock, now: () => world.clock.now() + slept, sleep };
    landed(await land(deliveryTo(url, setTag('c', 'main/values.yaml', '.front.imageTag')), { ...world, clock }));
    // What it waits first is for the connection of its push, a quarter of a second at most.
    const [rest] = rests.filter((ms) => ms !== 250);
    expect(rest).toBeGreaterThan(500);
    expect(rest).toBeLessThan(900);
  });

  it('without a key, leaves to its own writer what neither it writes itself nor the config repo lists', async () => {
    const { host, url } = await beatenHost(0, { ...chart, 'b.yaml': 'tag: a\n' });
    await publishAndDie(host, deliveryTo(url, setTag('bad', 'b.yaml', '.tag')));
    const committer = { name: 'Me', email: 'me@e.test' };
    const ours = { ...deliveryTo(url, setTag('c', 'main/values.yaml', '.back.imageTag')), committer };
    await beatenOnce(host, ours);
    expect(await fileAt(host, 'config', 'b.yaml')).toBe('tag: a\n');
    expect(await refsIn(host)).toMatch(/^refs\/tagboat\/intents\/main\/\d{13}-[0-9a-f]{12}\n$/);
    // What it may land, it commits in its own name.
    await publishAndDie(host, deliveryTo(url, setTag('d', 'main/values.yaml', '.front.imageTag')));
    await beatenOnce(host, { ...ours, edits: [setTag('e', 'main/values.yaml', '.back.imageTag')] });
    expect(await fileAt(host, 'config')).toContain('imageTag:   d   # from CI');
    expect(await host.git('config', 'log', '-2', '--format=%cn')).toBe('Me\nMe\n');
  });

  it('with a key, lands an intent once, however often its ref is put back', async () => {
    const { host, url } = await beatenHost(0);
    await publishAndDie(host, deliveryTo(url, setTag('b')), keyed);
    const [ref = '', oid = ''] = (
      await host.git('config', 'for-each-ref', '--format=%(refname) %(objectname)', 'refs/tagboat')
    )
      .trim()
      .split(' ');
    const back = (value: string) => deliveryTo(url, setTag(value, 'main/values.yaml', '.back.imageTag'));
    await beatenOnce(host, back('1'), keyed);
    expect(await fileAt(host, 'config')).toContain('imageTag:   b   # from CI');
    await host.commit('config', { files: { 'main/values.yaml': valuesWith('a') } });
    await host.git('config', 'update-ref', ref, oid);
    await beatenOnce(host, back('2'), keyed);
    expect(await fileAt(host, 'config')).toContain('imageTag:   a   # from CI');
  });

  it('removes intents whose time is over, though nobody is in its way', async () => {
    const { host, url } = await beatenHost(0);
    await publishAndDie(host, deliveryTo(url));
    const later = (ms: number) => writer({ clock: { ...jumpingClock(), ...realClock, now: () => Date.now() + ms } });
    const edit = (value: string) => deliveryTo(url, setTag(value, 'main/values.yaml', '.back.imageTag'));
    await host.commit('config', { files: { 'main/values.yaml': valuesWith('x') } });
    // Its value has moved, so nobody waits for it: one push, on the branch itself.
    const before = pushesIn(host).length;
    expect(landed(await land(edit('c'), later(30_000))).attempts).toBe(1);
    expect(pushesIn(host)).toHaveLength(before + 1);
    expect(await refsIn(host)).not.toBe('');
    expect(landed(await land(edit('d'), later(600_000))).attempts).toBe(1);
    expect(await refsIn(host)).toBe('');
    expect(await fileAt(host, 'config')).toContain('imageTag:   x   # from CI');
  });

  it('tries again what is too large for any intent', async () => {
    const { host, url } = await beatenHost(1);
    const world = writer();
    landed(await land({ ...deliveryTo(url), message: `Set front\n\n${'x'.repeat(70_000)}` }, world));
    expect(noticesIn(world).join()).toContain('too large for the queue');
    expect(await refsIn(host)).toBe('');
  });

  it('lands after a killed writer of the same value, instead of waiting for its intent to expire', async () => {
    const { host, url } = await beatenHost(1);
    const dying = writer();
    let published = false;
    const http: TestWorld['http'] = async (request) => {
      if (published) throw new Error('killed');
      const answer = await dying.http(request);
      published = pushesIn(host).length === 2;
      return answer;
    };
    await expect(land(deliveryTo(url, setTag('old')), { ...dying, http })).rejects.toThrow();
    const late = landed(await land(deliveryTo(url, setTag('new')), writer(), { budgetMs: 30_000 }));
    expect(await fileAt(host, 'config')).toContain('imageTag:   new   #');
    expect(await host.git('config', 'show', `${late.parent}:main/values.yaml`)).toContain('imageTag:   old   #');
    expect(await refsIn(host)).toBe('');
    await isSound(host, 'config');
  });

  it('passes over an intent that lands between look and fetch, where a host gives out only what refs point to', async () => {
    let gone: string | undefined;
    const host: GitHost = await gitHost({
      fault: async ({ service, isCall }) => {
        if (service !== 'git-upload-pack') return undefined;
        if (isCall && gone !== undefined) await host.git('config', 'update-ref', '-d', gone);
        if (isCall) gone = undefined;
        return { is: 'oldProtocol' };
      },
    });
    const config = { 'uploadpack.allowAnySHA1InWant': 'false' };
    const url = await host.createRepo('config', { files: chart, config });
    await publishAndDie(host, deliveryTo(url, setTag('b')));
    await publishAndDie(host, deliveryTo(url, setTag('c')));
    const [first, second] = (await refsIn(host)).trim().split('\n');
    gone = first;
    const waiting = await listWaiting(writer(), { repo: url, branch: 'main' }, undefined);
    expect(waiting.map(({ id }) => id)).toEqual([second?.split('/').at(-1)]);
    expect(waiting[0]?.change).toBeDefined();
  });

  it('never lands an intent whose value has moved on, nor one that has expired', async () => {
    const { host, url } = await beatenHost(1);
    const late = writer();
    let published = false;
    const http: TestWorld['http'] = async (request) => {
      if (published) throw new Error('killed');
      const answer = await late.http(request);
      published = pushesIn(host).length === 2;
      return answer;
    };
    await expect(land(deliveryTo(url), { ...late, http })).rejects.toThrow();
    await host.commit('config', {
      files: { 'main/values.yaml': chart['main/values.yaml'].replace('   a   #', ' newer #') },
    });
    landed(await land(deliveryTo(url, setTag('c', 'main/values.yaml', '.back.imageTag'))));
    expect(await fileAt(host, 'config')).toContain('imageTag: newer # from CI');
    expect(await refsIn(host)).toContain('refs/tagboat/intents/main/');
    const tomorrow = writer({ clock: { ...jumpingClock(), ...realClock, now: () => Date.now() + 86_400_000 } });
    landed(await land(deliveryTo(url, setTag('d', 'main/values.yaml', '.back.imageTag')), tomorrow));
    expect(await fileAt(host, 'config')).toContain('imageTag: newer # from CI');
    await isSound(host, 'config');
  });

  it('withdraws its intent when it is told to stop', async () => {
    const { host, url } = await beatenHost(1);
    const world = writer();
    const http: TestWorld['http'] = async (request) => {
      const answer = await world.http(request);
      if (pushesIn(host).length === 2) world.abort(new Error('SIGINT'));
      return answer;
    };
    await expect(land(deliveryTo(url), { ...world, http })).rejects.toThrow('SIGINT');
    expect(await refsIn(host)).toBe('');
    expect(await fileAt(host, 'config')).toBe(chart['main/values.yaml']);
  });

  it.each<[string, GitHostFault]>([
    ['limits how often it is asked', { is: 'answer', status: 429, headers: { 'retry-after': '1' } }],
    ['is overloaded', { is: 'answer', status: 503 }],
  ])('withdraws its intent from a host that %s at that moment', async (_, fault) => {
    let stopped = false;
    let others = 1;
    let faults = 1;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (!isPush(request)) return undefined;
        if (stopped && faults-- > 0) return fault;
        if (others-- > 0) await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: { ...chart, ...shared } });
    const world = writer();
    const http: TestWorld['http'] = async (request) => {
      const answer = await world.http(request);
      if (pushesIn(host).length === 2 && !stopped) {
        stopped = true;
        world.abort(new Error('SIGINT'));
      }
      return answer;
    };
    await expect(land(deliveryTo(url), { ...world, http })).rejects.toThrow('SIGINT');
    expect(pushesIn(host)).toHaveLength(4);
    expect(await refsIn(host)).toBe('');
    expect(world.events.filter((event) => event.type === 'notice' && event.code === 'LANDING_UNKNOWN')).toEqual([]);
  });

  it.each<[string, GitHostFault]>([
    ['falls silent by and by', { is: 'cut', bytes: 0 }],
    ['has a fault of its own', { is: 'answer', status: 500 }],
  ])('a writer whose intent waits on a host that %s says that it may land yet', async (_, fault) => {
    let others = 1;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (pushesIn(host).length > 2 || (pushesIn(host).length === 2 && request.service !== 'git-receive-pack')) {
          return fault;
        }
        if (request.service !== 'git-receive-pack' || !request.isCall || others === 0) return undefined;
        others -= 1;
        await host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const world = writer();
    const error = await land(deliveryTo(url), world, { budgetMs: 4_000 }).catch((thrown: unknown) => thrown);
    const told = fault.is === 'cut' ? (error as TagboatError<'GIT_CUT'>).hint : noticesIn(world).join();
    expect(told).toMatch(/may (yet take|land)/);
  });

  it('is left alone by a delivery that says so: it tries again, and publishes nothing', async () => {
    const { host, url } = await beatenHost(2);
    const world = writer();
    const outcome = landed(await land({ ...deliveryTo(url), queue: false }, world));
    expect(outcome.attempts).toBe(3);
    expect(pushesIn(host)).toHaveLength(3);
    expect(noticesIn(world)).toEqual([]);
  });

  it('falls back to trying again, and says so, where the server refuses its refs', async () => {
    const { host, url } = await beatenHost(1);
    await addHook(host, 'update', 'case "$1" in refs/tagboat/*) exit 1;; esac\n');
    const world = writer();
    landed(await land(deliveryTo(url), world));
    expect(noticesIn(world).join()).toContain('pushes are tried again instead');
    expect(await refsIn(host)).toBe('');
  });

  it('falls back to trying again where the server has no atomic pushes', async () => {
    const { host, url } = await beatenHost(1);
    await host.git('config', 'config', 'receive.advertiseAtomic', 'false');
    const world = writer();
    landed(await land(deliveryTo(url), world));
    expect(noticesIn(world).join()).toContain('pushes are tried again instead');
    expect(await refsIn(host)).toBe('');
  });

  it('shows the words of a server that denies the landing, and withdraws', async () => {
    const { host, url } = await beatenHost(1);
    await addHook(host, 'update', 'case "$1" in refs/heads/*) echo "closed for today" >&2; exit 1;; esac\n');
    const error = await land(deliveryTo(url)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PUSH_DENIED', exitCode: 6 });
    expect((error as { peer: { text: string } }).peer.text).toContain('closed for today');
    expect(await refsIn(host)).toBe('');
  });
});
