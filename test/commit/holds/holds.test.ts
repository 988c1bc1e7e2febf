import { describe, expect, it } from 'vitest';
import { type LandOptions, landDelivery } from '../../../src/commit/commit.ts';
import { activeHolds, brokenBy, parseHolds, withChange, writeHolds } from '../../../src/commit/holds/holds.ts';

import { previewDelivery } from '../../../src/commit/land/preview.ts';
import { planHold, planRelease, planRepair } from '../../../src/config/plan/hold.ts';
import { planRollback } from '../../../src/config/plan/rollback.ts';
import type { Hold, HoldChange } from '../../../src/plan/holds.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { chart, deliveryTo, fileAt, isPush, isSound, landed, quickWorld, refsOf, setTag, tipOf } from '../landing.ts';

const file = 'main/values.yaml';
const path = '.front.imageTag';
const now = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

const hold: Hold = { file, path, value: 'a', by: 'Ada', why: 'orders are lost', since: iso(now) };
const change: HoldChange = { is: 'hold', places: [{ file, path }], by: 'Ada', why: 'orders are lost' };

describe('holds', () => {
  it('are broken by another value at their place, and by nothing else', () => {
    expect(brokenBy(() => 'b', [hold], undefined, now)).toBe(hold);
    expect(brokenBy(() => 'a', [hold], undefined, now)).toBeUndefined();
    expect(brokenBy(() => undefined, [hold], undefined, now)).toBeUndefined();
  });

  it('are not broken by a commit that holds or releases the same place, however its path is spelt', () => {
    const release = (at: string): HoldChange => ({ is: 'release', places: [{ file, path: at }] });
    expect(brokenBy(() => 'b', [hold], change, now)).toBeUndefined();
    expect(brokenBy(() => 'b', [hold], release('.["front"].imageTag'), now)).toBeUndefined();
    expect(brokenBy(() => 'b', [hold], release('.x'), now)).toBe(hold);
  });

  it('end at their time to the millisecond, and are swept when the file is written next', () => {
    const ending = { ...hold, until: iso(now + day) };
    expect(activeHolds([ending], now + day - 1)).toEqual([ending]);
    expect(activeHolds([ending], now + day)).toEqual([]);
    const other: HoldChange = { ...change, places: [{ file, path: '.back.imageTag' }] };
    expect(withChange([ending], other, ['x'], now + day)).toEqual([
      { ...hold, path: '.back.imageTag', value: 'x', since: iso(now + day) },
    ]);
  });

  it('change nothing when they are there already, or when nothing was held', () => {
    const holds = [hold];
    expect(withChange(holds, change, ['a'], now + day)).toBe(holds);
    expect(withChange(holds, { ...change, why: 'another reason' }, ['a'], now + day)).toHaveLength(1);
    expect(withChange(holds, change, ['b'], now + day)).toEqual([{ ...hold, value: 'b', since: iso(now + day) }]);
    const nothing: readonly Hold[] = [];
    expect(withChange(nothing, { is: 'release', places: [{ file, path }] }, [], now)).toBe(nothing);
  });

  it('come back from their file as they were', () => {
    const holds = [hold, { ...hold, path: '.x', until: iso(now + day), app: 'acme/shop', delivery: 'main' }];
    expect(parseHolds('holds.json', writeHolds(holds))).toEqual(holds);
    expect(parseHolds('holds.json', writeHolds([]))).toEqual([]);
  });

  it.each<[string, string]>([
    ['nothing at all', ''],
    ['no JSON', '{"version": 1, "holds": ['],
    ['another version', JSON.stringify({ version: 2, holds: [] })],
    ['no list', JSON.stringify({ version: 1 })],
    ['a hold without a reason', JSON.stringify({ version: 1, holds: [{ ...hold, why: '' }] })],
    ['an end misspelt', JSON.stringify({ version: 1, holds: [{ ...hold, untill: iso(now) }] })],
    ['an end that is no time', JSON.stringify({ version: 1, holds: [{ ...hold, until: 'Friday' }] })],
    ['an end of no time zone', JSON.stringify({ version: 1, holds: [{ ...hold, until: '2026-01-01T00:00:00' }] })],
  ])('of a file with %s are an error', (_, text) => {
    expect(() => parseHolds('holds.json', Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'HOLDS_INVALID', exitCode: 6 }),
    );
  });
});

describe('writer and reader of holds', () => {
  const places = [{ file, path }];

  it('agree about reasons of any length: what is too long is cut, and never within a character', () => {
    for (const why of ['x'.repeat(5_000), `${'x'.repeat(4_094)}😀😀`, '😀'.repeat(3_000)]) {
      const long: HoldChange = { is: 'hold', places, why, by: why, app: why, delivery: why };
      const [read] = parseHolds('holds.json', writeHolds(withChange([], long, ['a'], now)));
      expect(read?.why.length).toBeLessThanOrEqual(4_096);
      expect(read?.why).toMatch(/^[x😀]+…$/u);
      expect([read?.by, read?.app, read?.delivery]).toEqual([read?.why, read?.why, read?.why]);
    }
  });

  it.each<[string, readonly Hold[]]>([
    ['a value too long', [{ ...hold, value: 'x'.repeat(65_537) }]],
    ['no reason', [{ ...hold, why: '' }]],
    ['nobody', [{ ...hold, by: '' }]],
    ['a path too long', [{ ...hold, path: `.${'x'.repeat(4_096)}` }]],
    ['an end of no time zone', [{ ...hold, until: '2026-01-01T00:00:00' }]],
    ['an end that no month has', [{ ...hold, until: '2026-02-30T00:00:00Z' }]],
    ['too many', Array.from({ length: 1_001 }, () => hold)],
    ['too much in all', Array.from({ length: 20 }, () => ({ ...hold, value: 'x'.repeat(60_000) }))],
    ['a key that the reader refuses', [{ ...hold, untill: iso(now) } as Hold]],
  ])('refuse to write holds with %s', (_, holds) => {
    expect(() => writeHolds(holds)).toThrow(expect.objectContaining({ code: 'HOLDS_UNWRITABLE', exitCode: 6 }));
  });

  it.each([iso(now), '2026-01-01T00:00Z', '2024-02-29T23:59:59.5+05:30'])('take the time %s', (until) => {
    expect(parseHolds('holds.json', writeHolds([{ ...hold, until }]))).toEqual([{ ...hold, until }]);
  });
});

const holdsAt = async (host: GitHost): Promise<readonly Hold[]> =>
  parseHolds('holds.json', Buffer.from(await fileAt(host, 'config', '.tagboat/holds.json')));

function holding(repo: string, ...places: { file: string; path: string }[]): DeliveryPlan {
  const target = { delivery: 'production', repo, branch: 'main', places, source: undefined };
  return planHold(target, { actions: true, why: 'orders are lost', until: undefined, by: 'Ada' });
}

function releasing(repo: string, ...places: { file: string; path: string }[]): DeliveryPlan {
  const target = { delivery: 'production', repo, branch: 'main', places, source: undefined };
  return planRelease(target, { actions: true, why: undefined });
}

function land(delivery: DeliveryPlan, world: TestWorld = quickWorld(), options: LandOptions = { queue: false }) {
  return landDelivery(world, world.emit, delivery, undefined, options);
}

/** A clock that stands at a day after the usual one. */
const tomorrow = (days = 1) => testWorld({ clock: jumpingClock(now + days * day) });

describe.skipIf(noHttpBackend !== undefined)(`a hold in a config repo${skipNote}`, () => {
  const place = { file, path };
  async function start(files: Record<string, string> = chart) {
    const host = await gitHost();
    return { host, url: await host.createRepo('config', { files }) };
  }

  it('is a commit that keeps the value as it is, in a file made for it', async () => {
    const { host, url } = await start();
    const outcome = landed(await land(holding(url, place)));
    expect(outcome.changes).toEqual([]);
    expect(outcome.holds).toMatchObject({ is: 'hold', places: [{ file, path, value: 'a' }] });
    expect(outcome.diff).toContain('+++ b/.tagboat/holds.json');
    expect(await holdsAt(host)).toMatchObject([{ file, path, value: 'a', by: 'Ada', why: 'orders are lost' }]);
    expect(await fileAt(host, 'config')).toBe(chart[file]);
    expect(await host.git('config', 'ls-tree', 'main')).toMatch(/^040000 tree [0-9a-f]{40}\t\.tagboat$/m);
    expect(await host.git('config', 'log', '-1', '--format=%B')).toContain(`Tagboat-Hold: ${file}:${path}`);
    await isSound(host, 'config');
  });

  it('of a rollback whose reason is as long as Argo CD likes doesn’t lock the branch', async () => {
    const { host, url } = await start();
    const target = { delivery: 'production', repo: url, branch: 'main', places: [place], source: undefined };
    const why = `one or more objects failed to apply: ${'x'.repeat(20_000)}`;
    const values = {
      values: ['b'],
      now: ['a'],
      types: ['text'] as const,
      to: 'f'.repeat(40),
      from: 'e'.repeat(40),
      undone: [],
      source: undefined,
    };
    landed(
      await land(
        planRollback(target, { actions: true, ...values, why, by: undefined, until: undefined, deploy: undefined }),
      ),
    );
    expect((await holdsAt(host))[0]?.why).toMatch(/^rolled back: one or more objects .*x…$/);
    landed(await land(releasing(url, place)));
    landed(await land(deliveryTo(url, setTag('c'))));
  });

  it('is repaired where its file can’t be read: what is a hold stays, the rest goes', async () => {
    const odd = { version: 1, holds: [{ ...hold, why: 'x'.repeat(5_000) }, hold, { file: 'x' }], extra: true };
    for (const text of [
      JSON.stringify(odd),
      '{',
      JSON.stringify({ version: 1, holds: 3 }),
      `"${'x'.repeat(1_100_000)}"`,
    ]) {
      const { host, url } = await start({ ...chart, '.tagboat/holds.json': text });
      const target = { delivery: 'production', repo: url, branch: 'main', places: [place], source: undefined };
      await expect(land(deliveryTo(url, setTag('c')))).rejects.toMatchObject({ code: 'HOLDS_INVALID' });
      landed(await land(planRepair(target, { actions: true })));
      expect(await holdsAt(host)).toEqual(text.includes('extra') ? [hold] : []);
      expect(await land(planRepair(target, { actions: true }))).toMatchObject({ is: 'unchanged' });
      expect(await land(deliveryTo(url, setTag('c')))).toMatchObject({
        is: text.includes('extra') ? 'held' : 'landed',
      });
    }
  });

  it('stops nobody where a file of its folder’s name stands, and can’t be made there', async () => {
    const { url } = await start({ ...chart, '.tagboat': 'notes\n' });
    landed(await land(deliveryTo(url)));
    await expect(land(holding(url, place))).rejects.toMatchObject({ code: 'HOLDS_UNWRITABLE', exitCode: 6 });
  });

  it('stops nobody where a submodule stands in its folder’s place', async () => {
    const { host, url } = await start();
    await host.git('config', 'read-tree', 'main');
    await host.git('config', 'update-index', '--add', '--cacheinfo', `160000,${'a'.repeat(40)},.tagboat`);
    const tree = (await host.git('config', 'write-tree')).trim();
    const commit = (
      await host.git(
        'config',
        '-c',
        'user.name=A',
        '-c',
        'user.email=a@b.test',
        'commit-tree',
        '-p',
        'main',
        '-m',
        'submodule',
        tree,
      )
    ).trim();
    await host.git('config', 'update-ref', 'refs/heads/main', commit);
    landed(await land(deliveryTo(url)));
    await expect(land(holding(url, place))).rejects.toMatchObject({ code: 'HOLDS_UNWRITABLE' });
  });

  it('ends later runs as held, with who and why, and leaves other values free', async () => {
    const { host, url } = await start();
    const tip = landed(await land(holding(url, place))).commit;
    const outcome = await land(deliveryTo(url, setTag('b')));
    expect(outcome).toMatchObject({ is: 'held', by: 'Ada', why: 'orders are lost', until: undefined });
    expect(await tipOf(host, 'config')).toBe(tip);
    landed(await land(deliveryTo(url, setTag('b', file, '.back.imageTag'))));
    expect(await land(deliveryTo(url, setTag('a')))).toMatchObject({ is: 'unchanged' });
  });

  it('is met by every path that leads to its value, and by what a path has below it', async () => {
    const list = 'images:\n  - name: app\n    newTag: a\n  - name: web\n    newTag: a\n';
    const { url } = await start({ ...chart, 'kustomization.yaml': list });
    const where = { file: 'kustomization.yaml', path: '.images[name=app].newTag' };
    await land(holding(url, where));
    for (const path of ['.images[0].newTag', 'doc[0].images[name=app].newTag', '.["images"][0]["newTag"]']) {
      expect(await land(deliveryTo(url, setTag('b', where.file, path)))).toMatchObject({ is: 'held' });
    }
    landed(await land(deliveryTo(url, setTag('b', where.file, '.images[1].newTag'))));
    // Another image of that name: the hold would be of that one's tag.
    expect(await land(deliveryTo(url, setTag('old', where.file, '.images[0].name')))).toMatchObject({ is: 'held' });
  });

  it('costs no request where there are none, and none with them', async () => {
    const deep = 'apps/shop/values.yaml';
    const { host, url } = await start({ ...chart, [deep]: 'tag: a\n' });
    const count = async (delivery: DeliveryPlan) => {
      const before = host.requests.length;
      await land(delivery);
      return host.requests.length - before;
    };
    expect(await count(deliveryTo(url, setTag('b')))).toBe(5);
    const without = await count(deliveryTo(url, setTag('b', deep, '.tag')));
    await land(holding(url, { file, path: '.back.imageTag' }));
    expect(await count(deliveryTo(url, setTag('c')))).toBe(5);
    expect(await count(deliveryTo(url, setTag('c', deep, '.tag')))).toBe(without);
  });

  it('is over at its end, and is swept by the next one', async () => {
    const { host, url } = await start();
    const target = { delivery: undefined, repo: url, branch: 'main', places: [place], source: undefined };
    const until = iso(now + day);
    landed(await land(planHold(target, { actions: true, why: 'until then', until, by: 'Ada' })));
    expect(await land(deliveryTo(url, setTag('b')))).toMatchObject({ is: 'held', until });
    landed(await land(deliveryTo(url, setTag('b')), tomorrow()));
    expect(await holdsAt(host)).toHaveLength(1);
    landed(await land(holding(url, { file, path: '.back.imageTag' }), tomorrow(2)));
    expect(await holdsAt(host)).toMatchObject([{ path: '.back.imageTag' }]);
    await isSound(host, 'config');
  });

  it('is released by a commit, and a second release changes nothing', async () => {
    const { host, url } = await start();
    await land(holding(url, place, { file, path: '.back.imageTag' }));
    landed(await land(releasing(url, place)));
    expect(await holdsAt(host)).toMatchObject([{ path: '.back.imageTag' }]);
    landed(await land(deliveryTo(url, setTag('b'))));
    expect(await land(releasing(url, place))).toMatchObject({ is: 'unchanged' });
    landed(await land(releasing(url, { file, path: '.back.imageTag' })));
    expect(await holdsAt(host)).toEqual([]);
    expect(
      await land(holding(url, { file: 'main/none.yaml', path }), quickWorld()).catch((error) => error),
    ).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    expect(await land(holding(url, { file, path: '.none' }), quickWorld()).catch((error) => error)).toMatchObject({
      code: 'CONFIG_PATH_MISSING',
    });
    await isSound(host, 'config');
  });

  it('goes with the values it holds, in one commit, over an older hold', async () => {
    const { host, url } = await start();
    await land(holding(url, place));
    const back: DeliveryPlan = {
      ...deliveryTo(url, setTag('older')),
      holds: { is: 'hold', places: [place], by: 'Bob', why: 'rolled back' },
    };
    const outcome = landed(await land(back));
    expect(outcome.changes).toMatchObject([{ before: 'a', after: 'older' }]);
    expect(await holdsAt(host)).toMatchObject([{ value: 'older', by: 'Bob' }]);
    expect(await host.git('config', 'diff', '--stat', 'main~1', 'main')).toContain('2 files changed');
    expect(await land(back)).toMatchObject({ is: 'unchanged' });
    await isSound(host, 'config');
  });

  it('stops a landing that it overtakes', async () => {
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (isPush(request) && !held) {
          held = true;
          landed(await land(holding(url, place)));
        }
        return undefined;
      },
    });
    let held = false;
    const url = await host.createRepo('config', { files: chart });
    expect(await land(deliveryTo(url, setTag('b')))).toMatchObject({ is: 'held', by: 'Ada' });
    expect(await fileAt(host, 'config')).toBe(chart[file]);
    held = false;
    await host.git('config', 'update-ref', 'refs/heads/main', 'main~1');
    expect(await land(deliveryTo(url, setTag('b')), quickWorld(), {})).toMatchObject({ is: 'held', by: 'Ada' });
    expect(await refsOf(host, 'config', 'refs/tagboat')).toBe('');
  });

  it('holds the value that is there when it lands, not the one it saw first', async () => {
    let beaten = false;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        if (isPush(request) && !beaten) {
          beaten = true;
          landed(await land(deliveryTo(url, setTag('b'))));
        }
        return undefined;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    for (const queue of [false, true]) {
      const outcome = landed(await land(holding(url, place), quickWorld(), { queue }));
      expect(outcome.holds).toMatchObject({ places: [{ value: 'b' }] });
      expect(await holdsAt(host)).toMatchObject([{ value: 'b' }]);
      await host.git('config', 'update-ref', 'refs/heads/main', 'main~2');
      beaten = false;
    }
    await isSound(host, 'config');
  });

  it('shows in a dry run', async () => {
    const { url } = await start();
    await land(holding(url, place));
    const preview = await previewDelivery(quickWorld(), deliveryTo(url, setTag('b')), undefined);
    expect(preview.instead).toMatchObject({ is: 'held', by: 'Ada' });
  });

  it.each<[string, Record<string, string>]>([
    ['is no JSON', { '.tagboat/holds.json': 'held!' }],
    ['is a folder', { '.tagboat/holds.json/x': '' }],
  ])('that %s stops everything: what is held is not known', async (_, files) => {
    const { host, url } = await start({ ...chart, ...files });
    const tip = await tipOf(host, 'config');
    for (const delivery of [deliveryTo(url), holding(url, place), releasing(url, place)]) {
      const error: unknown = await land(delivery).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'HOLDS_INVALID', exitCode: 6 });
    }
    expect(await tipOf(host, 'config')).toBe(tip);
  });

  it.each([
    'sha1',
    'sha256',
  ] as const)('is put into a large root folder where git sorts it (%s)', async (objectFormat) => {
    const host = await gitHost();
    const names = ['-first', '.t', '.tagboat-x/a', '.tagboat.x', '.tagboatz/a', '.zz', 'a.b', 'a/b', 'a0'];
    const files = { ...chart, ...Object.fromEntries(names.map((name) => [name, 'x'])) };
    const url = await host.createRepo('config', { files, objectFormat });
    landed(await land(holding(url, place)));
    await isSound(host, 'config');
    expect(await host.git('config', 'diff', '--name-only', 'main~1', 'main')).toBe('.tagboat/holds.json\n');
  });
});

/** A world of its own ids: two writers at the same moment must not publish under one. */
const queueWorld = (at = now): TestWorld => testWorld({ clock: jumpingClock(at), random: Math.random });

/** A writer that is beaten, publishes its intent, and is heard of no more. */
async function publishAndDie(host: GitHost, delivery: DeliveryPlan): Promise<void> {
  const world = queueWorld();
  const pushes = () => host.requests.filter(isPush).length;
  const before = pushes();
  const http: TestWorld['http'] = async (request) => {
    if (pushes() === before + 2) throw new Error('killed');
    const isFirst = String(request.url).endsWith('git-receive-pack') && pushes() === before;
    if (isFirst) await host.commit('config', { files: { 'beaten.yaml': `x: ${before}\n` } });
    return world.http(request);
  };
  await expect(land(delivery, { ...world, http }, {})).rejects.toThrow();
  expect(await refsOf(host, 'config', 'refs/tagboat')).not.toBe('');
}

describe.skipIf(noHttpBackend !== undefined)(`holds and the queue${skipNote}`, () => {
  const place = { file, path };
  const other = setTag('c', file, '.back.imageTag');

  it('a published hold is landed by another writer, as it was meant', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await publishAndDie(host, holding(url, place));
    landed(await land(deliveryTo(url, other), queueWorld(), {}));
    expect(await holdsAt(host)).toMatchObject([{ file, path, value: 'a', by: 'Ada' }]);
    expect(await refsOf(host, 'config', 'refs/tagboat')).toBe('');
    await isSound(host, 'config');
  });

  it('a published value that is held by now is not landed by anybody', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await publishAndDie(host, deliveryTo(url, setTag('b')));
    landed(await land(holding(url, place)));
    landed(await land(deliveryTo(url, other), queueWorld(), {}));
    expect(await fileAt(host, 'config')).toContain('imageTag:   a   # from CI');
    await isSound(host, 'config');
  });

  it('a hold in the same batch keeps what comes after it', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await publishAndDie(host, holding(url, place));
    const later = queueWorld(now + 60_000);
    expect(await land(deliveryTo(url, setTag('b')), later, {})).toMatchObject({ is: 'held', by: 'Ada' });
    expect(await fileAt(host, 'config')).toContain('imageTag:   a   # from CI');
    expect(await refsOf(host, 'config', 'refs/tagboat')).toBe('');
    await isSound(host, 'config');
  });

  it('a hold whose value has moved is for its own writer to decide', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await publishAndDie(host, holding(url, place));
    landed(await land(deliveryTo(url, setTag('b')), queueWorld(), { queue: false }));
    landed(await land(deliveryTo(url, other), queueWorld(), {}));
    expect(await fileAt(host, 'config', '.tagboat/holds.json').catch(() => 'none')).toBe('none');
    expect(await refsOf(host, 'config', 'refs/tagboat')).not.toBe('');
  });
});
