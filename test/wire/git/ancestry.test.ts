import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GitHost, GitHostFault } from '../../../src/sandbox/git-host/git-host.ts';
import { type Relation, relationIn, relationOf } from '../../../src/wire/git/ancestry.ts';
import { type GitRemote, openRemote } from '../../../src/wire/git/remote.ts';
import { gitHost, hasSha256, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

function remoteAt(url: string): GitRemote {
  const world = testWorld({ clock: jumpingClock() });
  const deadline = world.clock.now() + 60_000;
  return openRemote(world, { url, authorization: undefined, idleMs: 5_000, deadline, notice: () => undefined });
}

/** A trunk of three commits with a side branch from the first, a merge of both, and a history of its own. */
async function forked(host: GitHost, config: Record<string, string> = {}, objectFormat: 'sha1' | 'sha256' = 'sha1') {
  const url = await host.createRepo('app', { objectFormat, config, files: { a: '1' } });
  const id = async (name: string) => (await host.git('app', 'rev-parse', name)).trim();
  const first = await id('main');
  await host.git('app', 'branch', 'side', first);
  const side = await host.commit('app', { branch: 'side', files: { b: '1' } });
  const second = await host.commit('app', { files: { a: '2' } });
  const third = await host.commit('app', { files: { a: '3' } });
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
  const tree = await id(`${third}^{tree}`);
  const merge = (await host.git('app', ...who, 'commit-tree', tree, '-p', third, '-p', side, '-m', 'Merge')).trim();
  await host.git('app', 'update-ref', 'refs/heads/main', merge);
  const alone = await host.commit('app', { branch: 'alone', files: { z: '1' } });
  return { url, first, second, third, side, merge, alone };
}

describe.skipIf(noHttpBackend !== undefined)(`what one commit is to another${skipNote}`, () => {
  it.each<[string, Record<string, string>, GitHostFault | undefined]>([
    ['with the usual host', {}, undefined],
    ["with a host that can't filter", { 'uploadpack.allowFilter': 'false' }, undefined],
    [
      'with a host that allows ids of no branch only because version 2 does',
      {
        'uploadpack.allowAnySHA1InWant': 'false',
      },
      undefined,
    ],
    ['with a host of version 0', {}, { is: 'oldProtocol' }],
  ])('is told %s', async (_, config, fault) => {
    const host = await gitHost({ fault: () => fault });
    const { url, first, second, third, side, merge, alone } = await forked(host, config);
    const remote = remoteAt(url);
    const cases: [theirs: string, ours: string, Relation][] = [
      [third, third, 'same'],
      [first, third, 'ancestor'],
      [third, first, 'descendant'],
      [second, third, 'ancestor'],
      [third, second, 'descendant'],
      [side, third, 'diverged'],
      [third, side, 'diverged'],
      [side, merge, 'ancestor'],
      [merge, side, 'descendant'],
      [merge, first, 'descendant'],
      // Histories without a commit in common look as if the host had never heard of ours.
      [alone, third, 'unknown'],
      ['1'.repeat(40), third, 'unknown'],
      [third, '1'.repeat(40), 'unknown'],
    ];
    for (const [theirs, ours, expected] of cases) {
      expect([theirs, ours, await relationOf(remote, theirs, ours)]).toEqual([theirs, ours, expected]);
    }
  });

  it('costs one request on a fresh connection, and one more for an ancestor, of which the first shows nothing', async () => {
    const host = await gitHost();
    const { url, first, third } = await forked(host);
    expect(await relationOf(remoteAt(url), third, first)).toBe('descendant');
    expect(host.requests).toHaveLength(1);
    expect(await relationOf(remoteAt(url), first, third)).toBe('ancestor');
    expect(host.requests).toHaveLength(3);
    expect(host.requests.every(({ bytesOut }) => bytesOut < 1_500)).toBe(true);
  });

  it('is never told by a pack without commits, which a host may send for reasons of its own', async () => {
    const pack = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex');
    const body = Buffer.concat([Buffer.from('000dpackfile\n0025\x01'), pack, Buffer.from('0000')]);
    const headers = { 'content-type': 'application/x-git-upload-pack-result' };
    const answer = { status: 200, headers, body };
    const host = await gitHost({ quirks: [{ is: 'refuses', line: /have [0-9a-f]{40}/, answer }] });
    const { url, first, third, side } = await forked(host);
    const cases = [
      [third, first, 'descendant'],
      [side, third, 'diverged'],
      [first, third, 'ancestor'],
    ] as const;
    for (const [theirs, ours, expected] of cases) {
      expect(await relationOf(remoteAt(url), theirs, ours)).toBe(expected);
    }
  });

  it('is told of commits that no branch leads to any more', async () => {
    const host = await gitHost();
    const { url, second, third, side } = await forked(host);
    await host.git('app', 'update-ref', 'refs/heads/main', second);
    expect(await relationOf(remoteAt(url), third, second)).toBe('descendant');
    expect(await relationOf(remoteAt(url), third, side)).toBe('diverged');
  });

  it.skipIf(!hasSha256)('is told in a SHA-256 repository', async () => {
    const host = await gitHost();
    const { url, first, third } = await forked(host, {}, 'sha256');
    expect(await relationOf(remoteAt(url), first, third)).toBe('ancestor');
    expect(await relationOf(remoteAt(url), third, first)).toBe('descendant');
    expect(await relationOf(remoteAt(url), '1'.repeat(64), first)).toBe('unknown');
  });

  it('is no answer where the host hides the repository: that is thrown', async () => {
    const host = await gitHost();
    const { url, first, third } = await forked(host);
    host.setAccess('app', { tokens: {} });
    await expect(relationOf(remoteAt(url), first, third)).rejects.toMatchObject({ status: 401 });
  });
});

describe('the relation in a set of commits', () => {
  it('is what a search through the whole history finds, for any history', () => {
    const history = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc.tuple(
          ...Array.from({ length: size }, (_, at) =>
            fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, at - 1) }), { maxLength: at === 0 ? 0 : 2 }),
          ),
        ),
      );
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), (parents, a, b) => {
        const name = (at: number) => `c${at}`;
        const [theirs, ours] = [a % parents.length, b % parents.length];
        const reach = (from: number): Set<number> => {
          const seen = new Set([from]);
          for (const at of seen) for (const parent of parents[at] ?? []) seen.add(parent);
          return seen;
        };
        const mine = reach(ours);
        const sent = [...reach(theirs)].filter((at) => !mine.has(at));
        const commits = new Map(sent.map((at) => [name(at), { parents: (parents[at] ?? []).map(name) }]));
        const found = relationIn(commits, name(theirs), name(ours));
        const common = [...reach(theirs)].some((at) => mine.has(at));
        const expected =
          theirs === ours
            ? 'same'
            : // Nothing is sent of what ours has: that alone shows nothing.
              mine.has(theirs)
              ? 'unknown'
              : reach(theirs).has(ours)
                ? 'descendant'
                : common
                  ? 'diverged'
                  : 'unknown';
        expect(found).toBe(expected);
      }),
    );
  });
});
