import { describe, expect, it } from 'vitest';
import { openHistory } from '../../src/commit/order/history.ts';
import { commit } from '../../src/entry/commands/commit.ts';
import { hold, unhold } from '../../src/entry/commands/hold.ts';
import { holds } from '../../src/entry/commands/holds.ts';
import { plan } from '../../src/entry/commands/plan.ts';
import { rollback } from '../../src/entry/commands/rollback.ts';
import type { GitHostFault, GitHostRequest, RepoSetup } from '../../src/sandbox/git-host/git-host.ts';
import { gitHost, noHttpBackend, skipNote } from '../support/git-host.ts';
import type { Quirk } from '../support/git-host-quirks.ts';
import { here } from '../support/here.ts';
import { appFiles, appRepo, common, landsEight, outcomes, promotesAndQueues } from './any-host.ts';
import {
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  quickWorld,
  setTag,
  shared,
  subjectsIn,
  tipOf,
  valuesWith,
} from './landing.ts';

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

const place = 'main/values.yaml:.front.imageTag';

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
    const files = { ...chart, ...shared, ...appFiles(40) };
    const app = await appRepo();
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

    await promotesAndQueues(app, {
      ...{ url: repo, file: (file) => fileAt(host, 'config', file), subjects: async () => [] },
    });
    expect(await fileAt(host, 'config')).toBe(valuesWith('v2'));

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

describe.skipIf(noHttpBackend !== undefined)(`eight writers at once on a host${skipNote}`, () => {
  it.each(kinds)(
    '%s land, each exactly once',
    async (_, { config = {}, protocol, quirks = [] }) => {
      await landsEight(async (files) => {
        const host = await gitHost({ quirks, fault: (request) => (isPush(request) ? undefined : protocol) });
        const url = await host.createRepo('config', { files, config });
        return {
          url,
          file: (file) => fileAt(host, 'config', file),
          subjects: () => subjectsIn(host, 'config'),
          isSound: () => isSound(host, 'config'),
        };
      });
    },
    120_000,
  );
});
