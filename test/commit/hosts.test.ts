import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHistory } from '../../src/commit/order/history.ts';
import { openIntentRefs } from '../../src/commit/queue/intent-refs.ts';
import { openConfigRepo } from '../../src/commit/repo/config-repo.ts';
import { intentId } from '../../src/commit/repo/layout.ts';
import { commit } from '../../src/entry/commands/commit.ts';
import { hold, unhold } from '../../src/entry/commands/hold.ts';
import { holds } from '../../src/entry/commands/holds.ts';
import { plan } from '../../src/entry/commands/plan.ts';
import { promote } from '../../src/entry/commands/promote/promote.ts';
import { queue } from '../../src/entry/commands/queue.ts';
import { rollback } from '../../src/entry/commands/rollback.ts';
import type { GitHostFault, GitHostRequest, RepoSetup } from '../../src/sandbox/git-host/git-host.ts';
import type { Quirk } from '../../src/sandbox/git-host/quirk.ts';
import { git, gitHost, noHttpBackend, skipNote } from '../support/git-host.ts';
import { here } from '../support/here.ts';
import { bot, chart, deliveryTo, isPush, isSound, quickWorld, setTag, shared, tipOf, valuesWith } from './landing.ts';

/** A kind of host: how its repositories are served, and how it reads fetches. */
interface Kind {
  readonly config?: RepoSetup['config'];
  readonly protocol?: GitHostFault;
  readonly quirks?: readonly Quirk[];
}

const v0: GitHostFault = { is: 'oldProtocol' };
const noFilter = { 'uploadpack.allowFilter': 'false' };
const noIds = { 'uploadpack.allowAnySHA1InWant': 'false' };
const refusesFilters = (answer: Extract<Quirk, { is: 'refuses' }>['answer']): Quirk => ({
  is: 'refuses',
  line: /filter /,
  answer,
});

const kinds: readonly (readonly [string, Kind])[] = [
  ['that allows all', {}],
  ['that filters nothing', { config: noFilter }],
  ['that filters by depth, but not deeper than 0', { config: { 'uploadpackfilter.tree.maxDepth': '0' } }],
  ['that leaves out files, but no folders', { config: { 'uploadpackfilter.tree.allow': 'false' } }],
  ['that applies filters to ids, as JGit does', { quirks: [{ is: 'filtersIds' }] }],
  ['that answers filters with 400', { quirks: [refusesFilters({ status: 400 })] }],
  [
    'that answers filters with nothing',
    {
      quirks: [
        refusesFilters({ status: 200, headers: { 'content-type': 'application/x-git-upload-pack-result' }, body: '' }),
      ],
    },
  ],
  ['of version 1', { protocol: { is: 'oldProtocol', version: 1 } }],
  ['of version 0', { protocol: v0 }],
  ['of version 0 that filters nothing', { protocol: v0, config: noFilter }],
  ['of version 0 that gives out what branches point to', { protocol: v0, config: noIds }],
  ['of version 0 that does neither', { protocol: v0, config: { ...noFilter, ...noIds } }],
  [
    'of version 0 that demands what git names, as Dulwich does',
    { protocol: v0, quirks: [{ is: 'demands', capabilities: ['multi_ack_detailed', 'thin-pack', 'ofs-delta'] }] },
  ],
];

const common = { json: true, quiet: false, color: false, jobs: 1 };
const place = 'main/values.yaml:.front.imageTag';
const outcomes = (...is: string[]) => is.map((one) => ({ is: one }));

/** An app repo that delivers to two places of whatever config repo; all rows share it. */
let app: string;
beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'tagboat-test-'));
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const delivery = (file: string, from: string) =>
    `{ repo: "\${CONFIG_REPO}", from: ${from}, set: { ${file}: { .tag: "{commit}" } } }`;
  const deliveries = `  one: ${delivery('apps/app-1.yaml', 'main')}\n  two: ${delivery('apps/app-2.yaml', 'live')}\n`;
  await writeFile(join(app, 'tagboat.yaml'), `deliveries:\n${deliveries}`);
  await git(app, 'add', '.');
  await git(app, '-c', 'user.name=Ada', '-c', 'user.email=a@b.test', 'commit', '--quiet', '-m', 'An app');
});
afterAll(() => rm(app, { recursive: true, force: true }));

/** What a writer leaves in the queue that is killed right after publishing. */
async function leaveIntent(repo: string, file: string): Promise<void> {
  const world = quickWorld();
  const now = Date.now();
  const opened = openConfigRepo(world, deliveryTo(repo), {
    ...{ credential: undefined, idleMs: 5_000, deadline: now + 60_000, notice: () => undefined },
  });
  const times = { publishedAt: now, expiresAt: now + 600_000 };
  const on = await opened.readTip();
  const draft = openIntentRefs(opened.remote, 'main', undefined).draft({
    ...{
      id: intentId(now, Math.random),
      branch: 'main',
      on,
      message: 'Set it\n',
      author: bot,
      committer: bot,
      ...times,
    },
    edits: [{ file, path: '.tag', value: 'left', create: false, expects: '3' }],
  });
  expect(await draft?.publish(world.signal)).toBe(true);
  await opened.close();
}

describe.skipIf(noHttpBackend !== undefined)(`every command on a host${skipNote}`, () => {
  it.each(kinds)('%s', async (_, { config = {}, protocol, quirks = [] }) => {
    let beforePush: ((request: GitHostRequest) => Promise<unknown>) | undefined;
    const host = await gitHost({
      quirks,
      fault: async (request) => {
        const rival = isPush(request) ? beforePush : undefined;
        if (rival !== undefined) beforePush = undefined;
        await rival?.(request);
        return isPush(request) ? undefined : protocol;
      },
    });
    const many = Array.from({ length: 40 }, (__, at) => [`apps/app-${at}.yaml`, `tag: ${at}\n`]);
    const files = { ...chart, ...shared, ...Object.fromEntries(many) };
    const repo = await host.createRepo('config', { files, config });
    const first = await tipOf(host, 'config');
    const on = { repo, branch: 'main' };
    const inApp = { cwd: app, env: { CONFIG_REPO: repo } };
    const second = await host.commit('config', { files: { 'main/values.yaml': valuesWith('v2') } });

    // Beaten by a revert: what the branch has now it had before, so a host may think it is here already.
    beforePush = () => host.commit('config', { files: { 'main/values.yaml': chart['main/values.yaml'] } });
    expect(await here(commit(common, { ...on, set: [`${place}=v3`], create: false }))).toMatchObject({
      ...{ errors: [], commits: outcomes('landed') },
    });

    const back = await here(
      rollback(common, undefined, { ...on, path: [place], to: second, why: 'slow', force: true }),
    );
    expect(back).toMatchObject({ errors: [], commits: outcomes('landed') });
    expect(await here(commit(common, { ...on, set: [`${place}=v3`], create: false }))).toMatchObject({
      commits: outcomes('held'),
    });
    expect(await here(holds(common, undefined, on))).toMatchObject({ errors: [] });
    expect(await here(unhold(common, undefined, { ...on, path: [place] }))).toMatchObject({
      commits: outcomes('landed'),
    });
    expect(await here(hold(common, undefined, { ...on, path: [place], why: 'sale' }))).toMatchObject({
      commits: outcomes('landed'),
    });
    const planned = await here(plan(common), inApp);
    expect(planned.errors).toEqual([]);
    const previews = planned.events.flatMap((event) => (event.type === 'commit.previewed' ? [event.preview] : []));
    expect(previews.map(({ changes }) => changes.map(({ before }) => before))).toEqual([['1']]);

    // Somebody waits already: what is promoted goes by, and what is set next goes through the queue and lands both.
    await leaveIntent(repo, 'apps/app-3.yaml');
    expect(await here(queue(common, undefined, on))).toMatchObject({ errors: [] });
    expect(await here(promote(common, ['one', 'two'], {}), inApp)).toMatchObject({
      ...{ errors: [], commits: outcomes('landed') },
    });
    expect(await here(commit(common, { ...on, set: ['apps/app-4.yaml:.tag=set'], create: false }))).toMatchObject({
      ...{ errors: [], commits: outcomes('landed') },
    });
    const changed = ['main/values.yaml', 'apps/app-2.yaml', 'apps/app-3.yaml', 'apps/app-4.yaml'];
    const written = await host.git('config', 'show', ...changed.map((file) => `main:${file}`));
    expect(written).toBe(`${valuesWith('v2')}tag: 1\ntag: left\ntag: set\n`);

    const tip = await tipOf(host, 'config');
    const world = quickWorld();
    const history = openHistory(world, deliveryTo(repo, setTag('v2')), undefined, world.clock.now() + 60_000);
    expect(await history.relation(tip, first)).toBe('descendant');
    expect(await history.relation(first, second)).toBe('ancestor');
    expect(await history.keeps(second, second)).toBe(true);
    expect(await history.keeps(first, second)).toBe(false);
    await history.close();
    await isSound(host, 'config');
  });
});
