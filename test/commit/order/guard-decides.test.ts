import { describe, expect, it } from 'vitest';
import { type Guarded, guard } from '../../../src/commit/order/guard.ts';
import type { Kinship, Lineage } from '../../../src/commit/order/lineage.ts';
import type { Edit } from '../../../src/plan.ts';
import { makeObject, type ObjectId, serialiseCommit, zeroId } from '../../../src/wire/git/pack/object.ts';
import { writePack } from '../../../src/wire/git/pack/pack.ts';
import type { GitRemote } from '../../../src/wire/git/remote.ts';
import { bot, deliveryTo, setTag } from '../landing.ts';

const ours = 'a1b2c3d4e5'.repeat(4);
const [b, c, d, e] = ['b', 'c', 'd', 'e'].map((digit) => digit.repeat(40)) as [string, string, string, string];
const file = 'main/values.yaml';
const at = (value: string, path: string): Edit => setTag(value, file, path);

interface Asked {
  readonly edits: readonly Edit[];
  /** What stands in the edits' places, in their order; undefined where there is nothing yet. */
  readonly found: readonly (string | undefined)[];
  readonly kin?: Readonly<Record<ObjectId, Kinship['is']>>;
  readonly ids?: Readonly<Record<string, ObjectId>>;
  /** The message of the config repo's one commit. */
  readonly message?: string;
  readonly order?: 'off';
  readonly lineage?: undefined;
}

/** Asks the guard about one tip, with a checkout and a config repo that answer as told. */
async function ask(asked: Asked) {
  const told: string[] = [];
  const looked: string[] = [];
  const lineage: Lineage = {
    commit: ours,
    kinOf: async (theirs) => ({ is: asked.kin?.[theirs] ?? 'ancestor', why: `because of ${theirs}` }),
    wholeId: async (short) => {
      looked.push(short);
      return asked.ids?.[short];
    },
    tell: (level, message) => void told.push(`${level}: ${message}`),
  };
  const who = { ...bot, seconds: 1 };
  const links = { tree: zeroId('sha1'), parents: [] };
  const content = serialiseCommit({ ...links, author: who, committer: who, message: asked.message ?? 'Begin' });
  const commit = makeObject('sha1', 'commit', content);
  let fetches = 0;
  const remote = {
    format: () => 'sha1',
    known: () => undefined,
    refused: new Set(),
    isShallow: () => true,
    refs: async () => new Map(),
    fetch: async (_: unknown, read: (pack: AsyncIterable<Buffer>) => Promise<unknown>) => {
      fetches += 1;
      const pack = writePack([{ object: commit }], 'sha1', false);
      return read(
        (async function* () {
          yield pack;
        })(),
      );
    },
  } as unknown as GitRemote;
  const delivery = { ...deliveryTo('https://git.example/config.git', ...asked.edits), order: asked.order };
  const changes = asked.edits.flatMap(({ file, path, value }, index) =>
    asked.found[index] === value ? [] : [{ file, path, before: asked.found[index], after: value }],
  );
  const guarded = { delivery, repo: { remote }, lineage: 'lineage' in asked ? undefined : lineage } as Guarded;
  const ends = guard(guarded, commit.id, { changes, written: [], files: [], diff: '', values: [], types: [] });
  const [outcome, error] = await ends.then(
    (value) => [value, undefined],
    (thrown: unknown) => [undefined, thrown],
  );
  return { outcome, error, told, looked, fetches: () => fetches };
}

describe('the guard', () => {
  it('supersedes us by a newer commit, whichever value it is in', async () => {
    const { outcome } = await ask({
      edits: [at(ours, '.a'), at(`app:${ours}`, '.b')],
      found: [b, `app:${c}`],
      kin: { [b]: 'ancestor', [c]: 'descendant' },
    });
    expect(outcome).toEqual({
      ...{ is: 'superseded', delivery: 'production', repo: 'https://git.example/config.git', branch: 'main', by: c },
      why: expect.stringContaining(`.b in ${file}`),
    });
  });

  it.each<[string, Kinship['is'], string | undefined]>([
    ['lets an older one be replaced', 'ancestor', undefined],
    ['lets the same one be replaced', 'same', undefined],
    ['refuses one that went another way', 'diverged', 'ORDER_DIVERGED'],
    ['refuses one of which nobody can tell', 'unknown', 'ORDER_UNKNOWN'],
  ])('%s', async (_, is, code) => {
    const { outcome, error } = await ask({ edits: [at(ours, '.a')], found: [b], kin: { [b]: is } });
    expect(outcome).toBeUndefined();
    if (code === undefined) expect(error).toBeUndefined();
    else {
      expect(error).toMatchObject({ code, data: { file, path: '.a', theirs: b, ours }, place: { file } });
    }
    if (is === 'unknown') expect(error).toMatchObject({ data: { why: `because of ${b}` } });
  });

  it('says the surest of what it finds: newer, then another way, then unknown', async () => {
    const edits = [at(ours, '.a'), at(ours, '.b'), at(ours, '.c')];
    const kin = { [b]: 'unknown', [c]: 'diverged', [d]: 'descendant' } as const;
    expect((await ask({ edits, found: [b, c, d], kin })).outcome).toMatchObject({ is: 'superseded', by: d });
    expect((await ask({ edits, found: [b, c, e], kin })).error).toMatchObject({ data: { theirs: c, path: '.b' } });
  });

  it('asks nothing without our commit, and nothing where the order is off', async () => {
    const newer = { edits: [at(ours, '.a')], found: [b], kin: { [b]: 'descendant' } } as const;
    expect(await ask({ ...newer, order: 'off' })).toMatchObject({ outcome: undefined, error: undefined });
    expect(await ask({ ...newer, lineage: undefined })).toMatchObject({ outcome: undefined, error: undefined });
  });

  it('asks the config repo only where no new value names our commit', async () => {
    const both = await ask({ edits: [at(ours, '.a'), at('v2', '.b')], found: [b, 'v1'] });
    expect([both.outcome, both.fetches(), both.told]).toEqual([undefined, 0, []]);
    const none = await ask({ edits: [at('v2', '.b')], found: ['v1'] });
    expect([none.outcome, none.fetches()]).toEqual([undefined, 1]);
  });

  it('asks about no place that is created, and about none that stays', async () => {
    const { outcome, told, fetches } = await ask({ edits: [at('v2', '.a'), at('v2', '.b')], found: [undefined, 'v2'] });
    expect([outcome, told, fetches()]).toEqual([undefined, [], 0]);
  });

  it('finds the commit behind a value that names none by its trailers', async () => {
    const message = `Set it\n\nTagboat-Set: ${file}:.a=v1\nTagboat-Source: https://git.example/app@${d}`;
    const asked = { edits: [at('v2', '.a')], message, kin: { [d]: 'descendant' } } as const;
    expect((await ask({ ...asked, found: ['v1'] })).outcome).toMatchObject({ is: 'superseded', by: d });
    const other = await ask({ ...asked, found: ['by hand'] });
    expect([other.outcome, other.told]).toEqual([undefined, [expect.stringMatching(/^info: .*by hand/)]]);
  });

  it('replaces a value that names no commit where ours does, and tells so', async () => {
    const { outcome, told, fetches } = await ask({ edits: [at(ours, '.a')], found: ['latest'] });
    expect([outcome, told, fetches()]).toEqual([undefined, [expect.stringMatching(/^info: .*"latest"/)], 0]);
  });

  it('takes a short id for the commit that the checkout or the trailers know by it, and warns where neither does', async () => {
    const short = 'd'.repeat(12);
    const asked = { edits: [at(ours.slice(0, 12), '.a')], found: [short], kin: { [d]: 'descendant' } } as const;
    const known = await ask({ ...asked, ids: { [short]: d } });
    expect([known.outcome, known.fetches()]).toEqual([expect.objectContaining({ by: d }), 0]);
    const source = (commit: string) => `Set it\n\nTagboat-Set: ${file}:.a=${short}\nTagboat-Source: ${commit}`;
    expect((await ask({ ...asked, message: source(d) })).outcome).toMatchObject({ by: d });
    // A trailer of another commit than the value names is no word about it.
    for (const message of [source(e), 'Begin']) {
      const lost = await ask({ ...asked, message });
      expect([lost.outcome, lost.told]).toEqual([
        undefined,
        [expect.stringMatching(new RegExp(`^warning: .*${short}`))],
      ]);
    }
    expect((await ask({ edits: [at(ours, '.a')], found: [d] })).looked).toEqual([]);
  });

  it('tells a long value by its beginning', async () => {
    const words = 'ab '.repeat(26);
    for (const [value, shown] of [
      [words, `("${words}")`],
      [`${words}c`, `("${words}…)`],
    ] as const) {
      const { told } = await ask({ edits: [at(ours, '.a')], found: [value] });
      expect(told).toEqual([expect.stringContaining(shown)]);
    }
  });
});
