import { describe, expect, it } from 'vitest';
import { newestCommits, type Relation, relationOf } from '../../../src/wire/git/ancestry.ts';
import { GitRefusal } from '../../../src/wire/git/failure.ts';
import type { Wanted } from '../../../src/wire/git/fetch.ts';
import { makeObject, parseCommit, serialiseCommit } from '../../../src/wire/git/pack/object.ts';
import { writePack } from '../../../src/wire/git/pack/pack.ts';
import type { GitRemote } from '../../../src/wire/git/remote.ts';

const who = { name: 'Ada', email: 'ada@example.test', seconds: 1 };
const tree = makeObject('sha1', 'tree', Buffer.alloc(0));

function commit(message: string, ...parents: string[]) {
  const about = { tree: tree.id, parents, author: who, committer: who, message };
  return makeObject('sha1', 'commit', serialiseCommit(about));
}

/** A trunk of 80 commits, a side branch from the tenth, and a history of its own. */
const trunk = [commit('0')];
for (let at = 1; at < 80; at += 1) trunk.push(commit(`${at}`, trunk.at(-1)?.id ?? ''));
const idAt = (at: number): string => trunk[at]?.id ?? '';
const side = commit('side', idAt(10));
const alone = commit('alone');
const all = new Map([...trunk, side, alone].map((one) => [one.id, one]));
const heads = [idAt(79), side.id, alone.id];

function reach(from: readonly string[], depth = Number.POSITIVE_INFINITY, ends: readonly string[] = []): Set<string> {
  const seen = new Set<string>();
  let generation = [...from];
  for (let left = depth; left > 0 && generation.length > 0; left -= 1) {
    for (const id of generation) seen.add(id);
    const inner = generation.filter((id) => !ends.includes(id));
    generation = inner.flatMap((id) => parseCommit(all.get(id)?.content ?? Buffer.alloc(0), 'sha1').parents);
  }
  return seen;
}

/** How a host answers otherwise than git. */
interface Oddity {
  readonly filters?: readonly string[];
  /** Under `tree:0` it sends the wanted commits and none behind them, whatever is asked (Dulwich). */
  readonly wantedAlone?: boolean;
  /** What is here already it sends all the same. */
  readonly ignoresHaves?: boolean;
  /** It takes the whole history of what is here for known, whatever it is told is missing. */
  readonly ignoresShallows?: boolean;
  /** It gives out what its branches point to, and says so or not. */
  readonly ids?: 'refused' | 'refusedAsSaid';
  readonly shallow?: boolean;
  readonly emptyUnderFilter?: boolean;
}

function hostWith(odd: Oddity): { readonly remote: GitRemote; readonly asked: Wanted[]; readonly sent: string[] } {
  const asked: Wanted[] = [];
  const told: string[] = [];
  const can = { isV2: true, filter: true, shallow: odd.shallow ?? true, wantAny: odd.ids !== 'refusedAsSaid' };
  const refused = () => new GitRefusal('http://host.test/r.git', 'no');
  const remote: Partial<GitRemote> = {
    url: () => 'http://host.test/r.git',
    format: () => 'sha1',
    known: () => can,
    ask: async () => can,
    refused: new Set<string>(),
    isShallow: () => can.shallow,
    refs: async () => new Map(heads.map((id, at) => [`refs/heads/${at}`, id])),
    fetch: async (wanted, read) => {
      asked.push(wanted);
      const { wants, haves = [], shallows = [], depth, filter } = wanted;
      if (filter !== undefined && !(odd.filters ?? ['tree:0', 'blob:none']).includes(filter)) throw refused();
      if (wants.some((id) => !all.has(id) || (odd.ids !== undefined && !heads.includes(id)))) throw refused();
      const known = haves.filter((id) => all.has(id));
      const left = odd.ignoresHaves ? new Set<string>() : reach(known, undefined, odd.ignoresShallows ? [] : shallows);
      const bare = odd.wantedAlone && filter === 'tree:0';
      const sent = bare ? new Set(wants) : reach(wants, can.shallow ? depth : undefined);
      const ids = odd.emptyUnderFilter && filter !== undefined ? [] : [...sent].filter((id) => !left.has(id));
      told.push(...ids);
      const objects = ids.map((id) => ({ object: all.get(id) ?? tree }));
      const pack = writePack(filter === 'tree:0' ? objects : [...objects, { object: tree }], 'sha1', false);
      return read(
        (async function* () {
          yield pack;
        })(),
      );
    },
  };
  return { remote: remote as GitRemote, asked, sent: told };
}

const oddities: readonly (readonly [string, Oddity])[] = [
  ['as git does', {}],
  ['with no filter but blob:none', { filters: ['blob:none'] }],
  ['with no filter at all', { filters: [] }],
  ['with the wanted commits alone', { wantedAlone: true }],
  ['with what was named as here, too', { ignoresHaves: true }],
  ['for its branches alone', { ids: 'refused' }],
  ['for its branches alone, as it says', { ids: 'refusedAsSaid' }],
  ['for its branches alone, and the wanted commits alone', { ids: 'refused', wantedAlone: true }],
  ['for its branches alone, and all of their histories', { ids: 'refused', shallow: false }],
];

const cases: readonly (readonly [theirs: string, ours: string, ...Relation[]])[] = [
  [idAt(5), idAt(5), 'same'],
  [idAt(2), idAt(60), 'ancestor'],
  [idAt(60), idAt(2), 'descendant'],
  [idAt(79), idAt(78), 'descendant'],
  [side.id, idAt(10), 'descendant'],
  // Where a host sends all histories, it looks as if it had never heard of ours.
  [side.id, idAt(79), 'diverged', 'unknown'],
  [idAt(79), side.id, 'diverged', 'unknown'],
  // Histories without a commit in common: no answer, or theirs are plainly two.
  [alone.id, idAt(79), 'unknown', 'diverged'],
  ['1'.repeat(40), idAt(79), 'unknown'],
  [idAt(79), '1'.repeat(40), 'unknown'],
];

describe('what one commit is to another, by a host that answers', () => {
  it.each(oddities)('%s', async (_, odd) => {
    const { remote } = hostWith(odd);
    for (const [theirs, ours, ...expected] of cases) {
      expect(expected, `${theirs} ${ours}`).toContain(await relationOf(remote, theirs, ours));
    }
  });

  it('is asked once of a host that answers as git does, and one time more for an ancestor or where they have diverged', async () => {
    const { remote, asked } = hostWith({});
    expect(await relationOf(remote, idAt(2), idAt(60))).toBe('ancestor');
    expect(await relationOf(remote, idAt(60), idAt(2))).toBe('descendant');
    expect(asked).toHaveLength(3);
    expect(await relationOf(remote, side.id, idAt(79))).toBe('diverged');
    expect(asked).toHaveLength(5);
  });
});

describe('the newest commits of a history', () => {
  it('are asked for in steps of eight times as many, until there are enough', async () => {
    const { remote, asked } = hostWith({});
    const found = await newestCommits(remote, idAt(79), 1_024, (commits) => commits.has(idAt(40)));
    expect(found?.size).toBe(80);
    expect(asked.map(({ depth }) => depth)).toEqual([32, 256]);
    expect((await newestCommits(remote, idAt(79), 1_024, (commits) => commits.has(idAt(60))))?.size).toBe(32);
  });

  it('are asked for in steps that double of a host that sends files along', async () => {
    const { remote, asked } = hostWith({});
    remote.refused.add('tree:0');
    const found = await newestCommits(remote, idAt(79), 1_024, (commits) => commits.has(idAt(40)));
    expect(found?.size).toBe(64);
    expect(asked.map(({ depth }) => depth)).toEqual([32, 64]);
  });

  it('are all there are, once the history is here down to its root', async () => {
    const { remote, asked } = hostWith({});
    expect((await newestCommits(remote, idAt(79), 1_024, () => false))?.size).toBe(80);
    expect(asked.map(({ depth }) => depth)).toEqual([32, 256]);
  });

  it('are sent once each, however many steps it takes', async () => {
    const { remote, sent } = hostWith({});
    await newestCommits(remote, idAt(79), 1_024, () => false);
    expect([sent.length, new Set(sent).size]).toEqual([80, 80]);
  });

  it.each<[string, Oddity, number]>([
    ['takes what is behind them for known', { ignoresShallows: true }, 3],
    ['leaves nothing out', { ignoresHaves: true }, 2],
  ])('are all there also of a host that %s', async (_, odd, requests) => {
    const { remote, asked } = hostWith(odd);
    expect((await newestCommits(remote, idAt(79), 1_024, () => false))?.size).toBe(80);
    expect(asked).toHaveLength(requests);
  });

  it('are as many as may be asked for, and no more', async () => {
    const { remote, asked } = hostWith({});
    expect((await newestCommits(remote, idAt(79), 40, () => false))?.size).toBe(40);
    expect((await newestCommits(remote, idAt(79), 8))?.size).toBe(8);
    expect(asked.map(({ depth }) => depth)).toEqual([32, 40, 8]);
  });

  it.each<[string, Oddity, number]>([
    ['sends the wanted commits alone under a filter', { wantedAlone: true }, 2],
    ['sends nothing under a filter', { emptyUnderFilter: true }, 3],
    ['refuses filters', { filters: [] }, 3],
  ])('come from a host that %s by asking again, and the next time at once', async (_, odd, tries) => {
    const { remote, asked } = hostWith(odd);
    expect((await newestCommits(remote, idAt(79), 16))?.size).toBe(16);
    expect(asked).toHaveLength(tries);
    expect((await newestCommits(remote, idAt(79), 16))?.size).toBe(16);
    expect(asked).toHaveLength(tries + 1);
  });

  it('are one answer of a host that cannot be told how far back to go', async () => {
    const { remote, asked } = hostWith({ shallow: false });
    expect((await newestCommits(remote, idAt(79), 16, () => false))?.size).toBe(80);
    expect(asked.map(({ depth }) => depth)).toEqual([undefined]);
  });
});
