import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type LandOptions, landDelivery } from '../../../src/commit/commit.ts';
import { previewDelivery } from '../../../src/commit/land/preview.ts';
import { openLineage } from '../../../src/commit/order/lineage.ts';
import { writeMessage } from '../../../src/config/plan/message.ts';
import type { CommitOutcome } from '../../../src/plan/outcome.ts';
import type { DeliveryPlan, Edit, GitCredential, Source } from '../../../src/plan.ts';
import type { GitHost, GitHostRequest } from '../../../src/sandbox/git-host/git-host.ts';
import { runGit } from '../../../src/sandbox/git-host/repo.ts';
import { git, gitEnv, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import {
  bot,
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  landed,
  noticesIn,
  quickWorld,
  refsOf,
  setTag,
  tipOf,
} from '../landing.ts';

/** How the app repo is checked out: as Actions does it, whole, or not at all. */
type Checkout = 'shallow' | 'whole' | 'none';

/** An app repo with a trunk and a side branch, and a config repo, on one host. */
async function start(fault?: (request: GitHostRequest) => Promise<void>) {
  const host = await gitHost({
    fault: async (request) => {
      await fault?.(request);
      return undefined;
    },
  });
  const app = await host.createRepo('app', { files: { a: '1' } });
  const first = await tipOf(host, 'app');
  await host.git('app', 'branch', 'side', first);
  const side = await host.commit('app', { branch: 'side', files: { b: '1' } });
  const second = await host.commit('app', { files: { a: '2' } });
  const third = await host.commit('app', { files: { a: '3' } });
  const config = await host.createRepo('config', { files: chart });
  return { host, app, config, first, second, third, side };
}
type Place = Awaited<ReturnType<typeof start>>;

interface Run {
  readonly commit: string;
  readonly checkout?: Checkout;
  readonly value?: string;
  readonly order?: DeliveryPlan['order'];
  readonly url?: string | undefined;
  readonly readers?: readonly (GitCredential | undefined)[];
  readonly world?: TestWorld;
  readonly options?: LandOptions;
  readonly file?: string;
  readonly edit?: Partial<Edit>;
}

/** Delivers one commit of the app repo, its id being the tag unless told otherwise. */
async function prepare(place: Place, run: Run) {
  const { commit, checkout = 'none', value = commit, file, world = quickWorld() } = run;
  const url = 'url' in run ? run.url : place.app;
  const dir = join(await tempDir(), 'app');
  if (checkout !== 'none') {
    const cut = checkout === 'shallow' ? ['--depth=1'] : [];
    await git('.', 'clone', '--quiet', ...cut, '--no-single-branch', place.app, dir);
    await git(dir, 'fetch', '--quiet', ...cut, 'origin', commit).catch(() => undefined);
  }
  const source: Source = {
    ...{ dir, url, commit, branch: 'main', subject: 'Do it', author: bot, committedAt: '2026-01-01T00:00:00Z' },
    ...{ dirty: false, runUrl: undefined },
  };
  const edits = [{ ...setTag(value, file), ...run.edit }];
  const message = writeMessage({ text: 'Deliver', trailers: [], delivery: 'production', edits, source });
  const order = run.order === undefined ? {} : { order: run.order };
  const delivery: DeliveryPlan = { ...deliveryTo(place.config, ...edits), message, ...order };
  const lineage = openLineage(world, world.emit, source, run.readers ?? [undefined]);
  return { world, delivery, options: { queue: false, lineage, ...run.options } };
}

async function deliver(place: Place, run: Run): Promise<CommitOutcome> {
  const { world, delivery, options } = await prepare(place, run);
  return landDelivery(world, world.emit, delivery, undefined, options);
}

const refused = (place: Place, run: Run): Promise<unknown> =>
  deliver(place, run).then(
    (outcome) => expect.unreachable(`it ended as ${outcome.is}`),
    (error: unknown) => error,
  );

/** Commits of somebody else, none of which touches a file. */
async function manyCommits(host: GitHost, count: number): Promise<void> {
  let stream = '';
  for (let at = 0; at < count; at++) {
    stream += `commit refs/heads/main\ncommitter A <a@example.test> ${1_767_300_000 + at} +0000\ndata 2\nn\n`;
    stream += at === 0 ? 'from refs/heads/main^0\n\n' : '\n';
  }
  await runGit(['-C', host.repoDir('config'), 'fast-import', '--quiet'], gitEnv, Readable.from([Buffer.from(stream)]));
}

const requestsTo = (host: GitHost, repo: string): number =>
  host.requests.filter((request) => request.repo === repo).length;

describe.skipIf(noHttpBackend !== undefined)(`the order guard${skipNote}`, () => {
  it.each<Checkout>([
    'shallow',
    'whole',
    'none',
  ])('puts a newer commit over an older one, checkout: %s', async (checkout) => {
    const place = await start();
    landed(await deliver(place, { commit: place.first, checkout }));
    landed(await deliver(place, { commit: place.third, checkout }));
    expect(await fileAt(place.host, 'config')).toContain(`imageTag:   ${place.third}   # from CI`);
    await isSound(place.host, 'config');
  });

  it.each<Checkout>([
    'shallow',
    'whole',
    'none',
  ])('never puts an older commit over a newer one, checkout: %s', async (checkout) => {
    const place = await start();
    const newest = landed(await deliver(place, { commit: place.third, checkout }));
    const outcome = await deliver(place, { commit: place.first, checkout });
    expect(outcome).toMatchObject({ is: 'superseded', by: place.third, delivery: 'production', branch: 'main' });
    expect(await tipOf(place.host, 'config')).toBe(newest.commit);
  });

  const digest = (hex: string): string => `sha256:${hex.repeat(64)}`;
  it.each([
    ['a digest', 'a newTag', '.images[name=app].digest', digest('c'), '.images[name=app].newTag', 'v1'],
    ['a newTag', 'a digest', '.images[name=app].newTag', 'v3', '.images[name=app].digest', digest('a')],
    ['a newTag of its id', 'a digest', '.images[name=app].newTag', undefined, '.images[name=app].digest', digest('a')],
    ['a digest', 'its id as newTag', '.images[name=app].digest', digest('c'), '.images[name=app].newTag', undefined],
    ["a reference's digest", 'its tag', '.image#digest', digest('c'), '.image#tag', 'v1'],
    ["a reference's tag", 'its digest', '.image#tag', 'v3', '.image#digest', digest('a')],
  ])('never puts an older commit over a newer one where that set %s and ours sets %s in its place', async (...row) => {
    const [, , theirs, newer, ours, older] = row;
    const place = await start();
    const file = 'main/kustomization.yaml';
    const text = 'image: acme/app:v0\nimages:\n  - name: app\n    newTag: v0\n';
    await place.host.commit('config', { files: { [file]: text } });
    const set = (commit: string, path: string, value = commit): Run => ({
      ...{ commit, file, value, edit: { path, create: true } },
    });
    const newest = landed(await deliver(place, set(place.third, theirs, newer)));
    expect(await deliver(place, set(place.first, ours, older))).toMatchObject({ is: 'superseded', by: place.third });
    expect(await tipOf(place.host, 'config')).toBe(newest.commit);
    // The next one goes over it as over any other.
    const next = await place.host.commit('app', { files: { a: '4' } });
    landed(await deliver(place, set(next, ours, older)));
  });

  it.each<Checkout>([
    'shallow',
    'whole',
    'none',
  ])('refuses commits that have gone separate ways, checkout: %s', async (checkout) => {
    const place = await start();
    landed(await deliver(place, { commit: place.third, checkout }));
    const tip = await tipOf(place.host, 'config');
    const error = await refused(place, { commit: place.side, checkout });
    expect(error).toMatchObject({
      code: 'ORDER_DIVERGED',
      exitCode: 6,
      data: { theirs: place.third, ours: place.side },
    });
    expect((error as { hint: string }).hint).toMatch(/order: off.*--force|--force.*order: off/);
    expect(await tipOf(place.host, 'config')).toBe(tip);
  });

  it('sets anything over anything where the order is off', async () => {
    const place = await start();
    for (const commit of [place.third, place.side, place.first]) landed(await deliver(place, { commit, order: 'off' }));
    expect(requestsTo(place.host, 'app')).toBeLessThan(20);
    expect(await fileAt(place.host, 'config')).toContain(place.first);
  });

  it('costs the config repo no request, and the app repo two small ones, with a shallow checkout', async () => {
    const place = await start();
    const { world, delivery, options } = await prepare(place, { commit: place.first, checkout: 'shallow' });
    const before = place.host.requests.length;
    landed(await landDelivery(world, world.emit, delivery, undefined, options));
    // The first delivery: "a" names no commit, so nobody is asked.
    expect(place.host.requests).toHaveLength(before + 5);
    expect(noticesIn(world).join()).toContain('names no commit ("a")');
    const next = await prepare(place, { commit: place.second, checkout: 'shallow' });
    const config = requestsTo(place.host, 'config');
    const app = requestsTo(place.host, 'app');
    landed(await landDelivery(next.world, next.world.emit, next.delivery, undefined, next.options));
    expect([requestsTo(place.host, 'config') - config, requestsTo(place.host, 'app') - app]).toEqual([5, 2]);
    expect(noticesIn(next.world)).toEqual([]);
    const again = await prepare(place, { commit: place.second });
    const all = place.host.requests.length;
    expect(await landDelivery(again.world, again.world.emit, again.delivery, undefined, again.options)).toMatchObject({
      is: 'unchanged',
    });
    expect(place.host.requests.length - all).toBe(3);
  });

  it('asks nobody where the checkout knows both', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.third, checkout: 'whole' }));
    const { world, delivery, options } = await prepare(place, {
      commit: place.first,
      checkout: 'whole',
      url: undefined,
    });
    const app = requestsTo(place.host, 'app');
    expect(await landDelivery(world, world.emit, delivery, undefined, options)).toMatchObject({ is: 'superseded' });
    expect(requestsTo(place.host, 'app')).toBe(app);
  });

  it('knows a commit that was rebased away, as long as the app repo keeps it', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.third }));
    await place.host.git('app', 'update-ref', 'refs/heads/main', place.second);
    const rewritten = await place.host.commit('app', { files: { a: 'another 3' } });
    expect(await refused(place, { commit: rewritten })).toMatchObject({ code: 'ORDER_DIVERGED' });
    expect(await deliver(place, { commit: place.second })).toMatchObject({ is: 'superseded', by: place.third });
  });

  it('refuses where the commit in the file is gone for good, and takes --force', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.third }));
    await place.host.git('app', 'update-ref', 'refs/heads/main', place.second);
    await place.host.git('app', 'reflog', 'expire', '--expire=now', '--all');
    await place.host.git('app', 'gc', '--quiet', '--prune=now');
    const rewritten = await place.host.commit('app', { files: { a: 'another 3' } });
    expect(await refused(place, { commit: rewritten })).toMatchObject({ code: 'ORDER_UNKNOWN', exitCode: 6 });
    landed(await deliver(place, { commit: rewritten, order: 'off' }));
  });

  it("refuses where the file names another repo's commit", async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.third, value: 'f'.repeat(40), order: 'off' }));
    const error = await refused(place, { commit: place.third });
    expect(error).toMatchObject({ code: 'ORDER_UNKNOWN', data: { theirs: 'f'.repeat(40) } });
  });

  it('refuses where nobody can tell: a shallow checkout, and an app repo that lets nobody read', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.first }));
    const { world, delivery, options } = await prepare(place, { commit: place.third });
    place.host.setAccess('app', { tokens: {} });
    const error = await landDelivery(world, world.emit, delivery, undefined, options).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'ORDER_UNKNOWN', exitCode: 6 });
    expect((error as { data: { why: string } }).data.why).toContain('may not read');
    expect(await fileAt(place.host, 'config')).toContain(place.first);
  });

  it('goes from a credential that is refused to the next', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.first }));
    const credential = (token: string): GitCredential =>
      ({ label: token, authorization: { reveal: () => `Bearer ${token}` } }) as unknown as GitCredential;
    const { world, delivery, options } = await prepare(place, {
      commit: place.third,
      readers: [credential('wrong'), credential('right'), undefined],
    });
    place.host.setAccess('app', { tokens: { right: 'read' } });
    landed(await landDelivery(world, world.emit, delivery, undefined, options));
  });

  it('refuses where the app repo is no place to ask, and says so', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.first }));
    for (const url of [undefined, 'ssh://git@git.example/app.git', 'http://127.0.0.1:1/app.git']) {
      const error = await refused(place, { commit: place.third, url });
      expect(error).toMatchObject({ code: 'ORDER_UNKNOWN' });
    }
  });

  it('ends as superseded when a newer commit lands between its read and its push', async () => {
    let between: (() => Promise<unknown>) | undefined;
    const place = await start(async (request) => {
      if (!isPush(request)) return;
      const work = between;
      between = undefined;
      await work?.();
    });
    landed(await deliver(place, { commit: place.first }));
    between = () => deliver(place, { commit: place.third });
    expect(await deliver(place, { commit: place.second })).toMatchObject({ is: 'superseded', by: place.third });
    expect(await fileAt(place.host, 'config')).toContain(place.third);
    await isSound(place.host, 'config');
  });

  it('ends as superseded through the queue too, and leaves no ref behind', async () => {
    let between: (() => Promise<unknown>) | undefined;
    const place = await start(async (request) => {
      if (!isPush(request)) return;
      const work = between;
      between = undefined;
      await work?.();
    });
    landed(await deliver(place, { commit: place.first }));
    between = () => deliver(place, { commit: place.third });
    const outcome = await deliver(place, { commit: place.second, options: { queue: true } });
    expect(outcome).toMatchObject({ is: 'superseded', by: place.third });
    expect(await refsOf(place.host, 'config', 'refs/tagboat')).toBe('');
  });

  it('shows in a dry run what the run would end as', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.third }));
    const older = await prepare(place, { commit: place.first });
    const preview = await previewDelivery(older.world, older.delivery, undefined, { lineage: older.options.lineage });
    expect(preview).toMatchObject({ instead: { is: 'superseded', by: place.third } });
    expect(preview.changes).toHaveLength(1);
    const other = await prepare(place, { commit: place.side });
    await expect(
      previewDelivery(other.world, other.delivery, undefined, { lineage: other.options.lineage }),
    ).rejects.toMatchObject({ code: 'ORDER_DIVERGED' });
  });
});

/** A writer whose waits take their time, so that others get their turn. */
function patientWorld(): TestWorld {
  const sleep = (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  return { ...testWorld({ random: Math.random }), clock: { ...jumpingClock(), now: () => Date.now(), sleep } };
}

describe.skipIf(noHttpBackend !== undefined)(`commits of one app repo in one queue${skipNote}`, () => {
  it('land in their order or not at all, whoever lands whose', async () => {
    const place = await start(async (request) => {
      // Everybody's first push loses, so that all of them meet in the queue.
      if (!isPush(request) || place.host.requests.filter(isPush).length > 4) return;
      await place.host.commit('config', { files: { [`other-${request.number}.yaml`]: 'x: 1\n' } });
    });
    const order = [place.first, place.second, place.third];
    landed(await deliver(place, { commit: place.first, order: 'off' }));
    const outcomes = await Promise.all(
      [place.third, place.second, place.first, place.second].map((commit) =>
        deliver(place, { commit, world: patientWorld(), options: { queue: true } }),
      ),
    );
    expect(outcomes[0]).toMatchObject({ is: 'landed' });
    for (const outcome of outcomes) expect(['landed', 'unchanged', 'superseded']).toContain(outcome.is);
    expect(await fileAt(place.host, 'config')).toContain(place.third);
    const log = await place.host.git('config', 'log', '--reverse', '-p', '--format=', '--', 'main/values.yaml');
    const values = [...log.matchAll(/^\+ {2}imageTag: {3}(\S+)/gm)].map(([, value = '']) => order.indexOf(value));
    expect(values.filter((at) => at >= 0)).toEqual(values.filter((at) => at >= 0).toSorted());
    expect(new Set(values).size).toBe(values.length);
    expect(await refsOf(place.host, 'config', 'refs/tagboat')).toBe('');
    await isSound(place.host, 'config');
  });

  it('leave a second intent to its own writer, who ends as superseded', async () => {
    // The newer one is published by a writer who is then killed, and landed by another; the older one is alive.
    const place = await start();
    landed(await deliver(place, { commit: place.first }));
    await publishAndDie(place, place.third);
    const older = await deliver(place, { commit: place.second, world: patientWorld(), options: { queue: true } });
    expect(older).toMatchObject({ is: 'superseded', by: place.third });
    expect(await fileAt(place.host, 'config')).toContain(place.third);
    expect(await refsOf(place.host, 'config', 'refs/tagboat')).toBe('');
  });
});

/** A writer that is beaten, publishes its intent, and is heard of no more. */
async function publishAndDie(place: Place, commit: string): Promise<void> {
  const world = patientWorld();
  const pushes = () => place.host.requests.filter(isPush).length;
  const before = pushes();
  const http: TestWorld['http'] = async (request) => {
    if (pushes() === before + 2) throw new Error('killed');
    const isFirstPush = String(request.url).endsWith('git-receive-pack') && pushes() === before;
    if (isFirstPush) await place.host.commit('config', { files: { 'beaten.yaml': `x: ${before}\n` } });
    return world.http(request);
  };
  await expect(deliver(place, { commit, world: { ...world, http }, options: { queue: true } })).rejects.toThrow();
  expect(await refsOf(place.host, 'config', 'refs/tagboat')).not.toBe('');
}

describe.skipIf(noHttpBackend !== undefined)(`the order of values that name no commit${skipNote}`, () => {
  it('is known by the trailers of the commit that wrote them', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.second, value: 'v2' }));
    await place.host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
    const config = requestsTo(place.host, 'config');
    expect(await deliver(place, { commit: place.first, value: 'v1' })).toMatchObject({
      is: 'superseded',
      by: place.second,
    });
    // Refs, the root, the file, what is confirmed, and the messages.
    expect(requestsTo(place.host, 'config') - config).toBe(5);
    landed(await deliver(place, { commit: place.third, value: 'v3' }));
    expect(await refused(place, { commit: place.side, value: 'v4' })).toMatchObject({ code: 'ORDER_DIVERGED' });
  });

  it('is asked for all values at once', async () => {
    const place = await start();
    const both = async (commit: string, value: string) => {
      const { world, delivery, options } = await prepare(place, { commit, value });
      const edits = [...delivery.edits, setTag(value, 'main/values.yaml', '.back.imageTag')];
      const sets = edits.map(({ file, path }) => `Tagboat-Set: ${file}:${path}=${value}`);
      const message = `Set both\n\n${sets.join('\n')}\nTagboat-Source: ${place.app}@${commit}\n`;
      return landDelivery(world, world.emit, { ...delivery, edits, message }, undefined, options);
    };
    landed(await both(place.second, 'v2'));
    const config = requestsTo(place.host, 'config');
    expect(await both(place.first, 'v1')).toMatchObject({ is: 'superseded', by: place.second });
    expect(requestsTo(place.host, 'config') - config).toBe(5);
  });

  it('is known far back in the history', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.second, value: 'v2' }));
    await manyCommits(place.host, 140);
    expect(await deliver(place, { commit: place.first, value: 'v1' })).toMatchObject({
      is: 'superseded',
      by: place.second,
    });
  });

  it('is nobody’s after a change by hand: the value is replaced, with a notice', async () => {
    const place = await start();
    landed(await deliver(place, { commit: place.third, value: 'v3' }));
    const text = await fileAt(place.host, 'config');
    await place.host.commit('config', { files: { 'main/values.yaml': text.replace('v3', 'hand') } });
    const world = quickWorld();
    landed(await deliver(place, { commit: place.first, value: 'v1', world }));
    expect(noticesIn(world).join()).toContain('Nothing says which commit');
  });

  it('is known from a short id, by the checkout or by the trailers', async () => {
    const place = await start();
    const short = (id: string) => id.slice(0, 12);
    landed(await deliver(place, { commit: place.third, value: short(place.third) }));
    for (const checkout of ['whole', 'shallow', 'none'] as const) {
      const outcome = await deliver(place, { commit: place.first, value: short(place.first), checkout });
      expect(outcome).toMatchObject({ is: 'superseded', by: place.third });
    }
  });

  it('is nobody’s where a short id leads nowhere: the value is replaced, with a warning', async () => {
    const place = await start();
    const text = await fileAt(place.host, 'config');
    await place.host.commit('config', {
      files: { 'main/values.yaml': text.replace(/imageTag: {3}a/, 'imageTag: abcdef012345') },
    });
    const world = quickWorld();
    landed(await deliver(place, { commit: place.first, value: place.first.slice(0, 12), world }));
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'notice', level: 'warning' }));
  });
});
