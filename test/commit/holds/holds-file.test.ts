import { describe, expect, it } from 'vitest';
import {
  brokenBy,
  holdsAt,
  parseHolds,
  readHolds,
  rewriteHolds,
  withChange,
  writeHolds,
} from '../../../src/commit/holds/holds.ts';
import { fitText, parseHoldsFile } from '../../../src/commit/holds/schema.ts';
import { holdsFile } from '../../../src/commit/repo/layout.ts';
import type { Hold, HoldChange } from '../../../src/plan/holds.ts';
import type { Snapshot } from '../../../src/wire/git/snapshot.ts';

const now = Date.UTC(2026, 0, 1);
const iso = (ms: number) => new Date(ms).toISOString();
const hold: Hold = { file: 'f', path: '.a.b', value: 'a', by: 'Ada', why: 'orders are lost', since: iso(now) };
const place = { file: 'f', path: '.a.b' };
const change: HoldChange = { is: 'hold', places: [place], by: hold.by, why: hold.why };
const repair: HoldChange = { is: 'repair', places: [] };

/** A commit with this in the place of the holds' file. */
const at = (found: object | undefined) =>
  ({ files: new Map(found === undefined ? [] : [[holdsFile, found]]) }) as unknown as Snapshot;
const fileOf = (text: string) => at({ is: 'file', blob: { content: Buffer.from(text) } });
const thrown = (code: string) => expect.objectContaining({ code });

describe('the holds of a commit', () => {
  it('are those of its file, none without one, and unknown where it wasn’t read', () => {
    expect(readHolds(fileOf(String(writeHolds([hold]))), undefined)).toEqual([hold]);
    expect(readHolds(at({ is: 'missing' }), undefined)).toEqual([]);
    expect(() => readHolds(at(undefined), undefined)).toThrow(RangeError);
  });

  it.each<[string, object]>([
    ['a file in its folder’s place', { is: 'fileOnTheWay', at: '.tagboat' }],
    ['a submodule in its folder’s place', { is: 'submodule', at: '.tagboat' }],
  ])('can’t have been there beside %s', (_, found) => {
    expect(readHolds(at(found), undefined)).toEqual([]);
    expect(() => rewriteHolds(at(found), [hold])).toThrow(thrown('HOLDS_UNWRITABLE'));
  });

  it.each<[string, object, readonly Hold[] | undefined]>([
    ['a folder', { is: 'folder', at: holdsFile }, undefined],
    ['a link', { is: 'symlink', at: holdsFile }, undefined],
    ['a submodule', { is: 'submodule', at: holdsFile }, undefined],
    ['a file larger than any', { is: 'tooLarge', size: 7_777_777 }, []],
  ])('that are %s stop everything, and are repaired only where that is a file', (_, found, repaired) => {
    const words = 'size' in found ? '7777777' : holdsFile;
    const invalid = expect.objectContaining({ code: 'HOLDS_INVALID', message: expect.stringContaining(words) });
    expect(() => readHolds(at(found), undefined)).toThrow(invalid);
    expect(() => readHolds(at(found), change)).toThrow(invalid);
    expect(() => readHolds(at(found), undefined)).not.toThrow('undefined');
    if (repaired === undefined) expect(() => readHolds(at(found), repair)).toThrow(invalid);
    else expect(readHolds(at(found), repair)).toEqual(repaired);
  });

  it('that can’t all be read are not no holds, but for a repair', () => {
    const text = JSON.stringify({ version: 1, holds: [hold, { ...hold, why: '' }] });
    expect(() => readHolds(fileOf(text), change)).toThrow(thrown('HOLDS_INVALID'));
    expect(readHolds(fileOf(text), repair)).toEqual([hold]);
  });

  it('become what is written, over what was there', () => {
    const after = writeHolds([hold]);
    expect(rewriteHolds(fileOf('old'), [hold])).toEqual({ before: Buffer.from('old'), after });
    for (const found of [{ is: 'missing' }, { is: 'tooLarge', size: 1 }]) {
      expect(rewriteHolds(at(found), [hold])).toEqual({ before: Buffer.alloc(0), after });
    }
    for (const found of [undefined, { is: 'folder', at: holdsFile }]) {
      expect(() => rewriteHolds(at(found), [hold])).toThrow(thrown('HOLDS_UNWRITABLE'));
    }
  });
});

describe('a change of holds', () => {
  const ended = { ...hold, path: '.e', until: iso(now) };
  const other = { ...hold, path: '.o' };

  it('that repairs keeps all that was read', () => {
    const holds = [hold, ended];
    expect(withChange(holds, repair, [], now)).toBe(holds);
  });

  it('that releases takes its places away, and nothing where nothing is held', () => {
    const release = (path: string): HoldChange => ({ is: 'release', places: [{ file: 'f', path }] });
    const holds = [hold, other, ended];
    expect(withChange(holds, release('.["a"].b'), [], now)).toEqual([other]);
    expect(withChange(holds, release('.none'), [], now)).toBe(holds);
    expect(withChange(holds, { is: 'release', places: [{ file: 'g', path: '.o' }] }, [], now)).toBe(holds);
  });

  it('that holds takes the place of what was there, unless that says the same', () => {
    const later = now + 1_000;
    const holds = [hold, other];
    expect(withChange(holds, change, ['a'], later)).toBe(holds);
    const more: HoldChange = { ...change, places: [place, { file: 'f', path: '.n' }] };
    const added = { ...hold, path: '.n', value: '', since: iso(later) };
    expect(withChange(holds, more, ['a'], later)).toEqual([other, hold, added]);
    for (const said of [{ until: iso(later) }, { app: 'shop' }, { delivery: 'main' }, { by: 'Bob' }, { why: 'so' }]) {
      const again = { ...hold, ...said, since: iso(later) };
      expect(withChange(holds, { ...change, ...said }, ['a'], later)).toEqual([other, again]);
    }
  });

  it('is about places that are written as no path, too, as they are written', () => {
    const odd = { ...hold, path: '.a[' };
    expect(holdsAt([odd, hold, { ...hold, until: iso(now) }], [odd], now)).toEqual([odd]);
    expect(holdsAt([hold, ended], [place, ended], now)).toEqual([hold]);
    expect(brokenBy(() => 'b', [odd], { is: 'release', places: [odd] }, now)).toBeUndefined();
    expect(brokenBy(({ path }) => (path === '.o' ? 'b' : 'a'), [hold, other], undefined, now)).toBe(other);
  });
});

describe('the file of holds', () => {
  const file = (...holds: unknown[]) => Buffer.from(JSON.stringify({ version: 1, holds }));

  it('takes as much as its limits say, and keys that say nothing', () => {
    const longest = { ...hold, value: 'x'.repeat(65_536), why: 'y'.repeat(4_096), app: undefined };
    expect(parseHolds('h', writeHolds([longest]))).toEqual([longest]);
    expect([fitText('y'.repeat(4_096)), fitText('y'.repeat(4_097))].map(({ length }) => length)).toEqual([
      4_096, 4_096,
    ]);
    expect(fitText('y'.repeat(4_096))).toMatch(/y$/);
    const all = Array.from({ length: 1_000 }, () => hold);
    expect(parseHolds('h', file(...all))).toHaveLength(1_000);
    expect(parseHoldsFile(file(...all, hold))).toMatchObject({ fault: expect.any(String) });
    expect(parseHoldsFile(file(...all, hold)).holds).toHaveLength(1_000);
    expect(() => writeHolds([{ ...hold, untill: undefined } as Hold])).not.toThrow();
  });

  it.each<[string, object]>([
    ['a value that is no text', { value: 7 }],
    ['no time that it was made', { since: undefined }],
    ['a time of nowhere', { since: '2026-01-01T00:00:00' }],
    ['a time of no day', { since: '2026-01-01T25:00:00Z' }],
    ['an app that is no text', { app: 7 }],
    ['an empty delivery', { delivery: '' }],
  ])('has no hold with %s', (_, change) => {
    expect(parseHoldsFile(file({ ...hold, ...change }, hold))).toEqual({ holds: [hold], fault: expect.any(String) });
    expect(parseHoldsFile(file(hold))).toEqual({ holds: [hold] });
  });

  it('is an object with these keys alone', () => {
    for (const odd of [[], null, 'x', { version: 1, holds: [hold], more: 1 }, { version: 1, holds: {} }]) {
      expect(parseHoldsFile(Buffer.from(JSON.stringify(odd))).fault).toEqual(expect.any(String));
    }
    expect(parseHoldsFile(file(null, [], 'x')).holds).toEqual([]);
    expect(parseHoldsFile(Buffer.from([0xff])).fault).toEqual(expect.any(String));
  });
});
