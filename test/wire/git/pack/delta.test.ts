import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GitDataError } from '../../../../src/wire/git/failure.ts';
import { applyDelta, deltaTargetSize, makeDelta } from '../../../../src/wire/git/pack/delta.ts';

const most = 16 * 1024 * 1024;

/** Two versions of one thing: some places replaced, perhaps by something of another length. */
const versions = fc
  .record({
    base: fc.uint8Array({ minLength: 200, maxLength: 2_000 }),
    places: fc.array(fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 5 }),
    grows: fc.boolean(),
  })
  .map(({ base, places, grows }) => {
    let target = Buffer.from(base);
    for (const { at, bytes } of places) {
      const from = at % target.byteLength;
      const rest = target.subarray(grows ? from : Math.min(from + bytes.byteLength, target.byteLength));
      target = Buffer.concat([target.subarray(0, from), bytes, rest]);
    }
    return { base: Buffer.from(base), target };
  });

it('makes the new version of the old one, or leaves it to be sent whole', () => {
  fc.assert(
    fc.property(versions, ({ base, target }) => {
      const delta = makeDelta(base, target);
      if (delta === undefined) return;
      expect(delta.byteLength).toBeLessThan(target.byteLength / 2);
      expect(deltaTargetSize(delta)).toBe(target.byteLength);
      expect(applyDelta(base, delta, most).equals(target)).toBe(true);
    }),
  );
});

it('costs bytes in proportion to the change, in a folder of ten thousand entries', () => {
  const base = Buffer.alloc(400_000, 'seed of a tree ');
  for (let at = 0; at < base.byteLength; at += 40) base.writeUInt32BE(at, at);
  const target = Buffer.from(base);
  for (const at of [1_000, 200_000, 399_980]) target.fill(0xee, at, at + 20);
  const delta = makeDelta(base, target);
  expect(delta?.byteLength).toBeLessThan(150);
  expect(applyDelta(base, delta ?? Buffer.alloc(0), most).equals(target)).toBe(true);
});

it('makes nothing of nothing', () => {
  expect(makeDelta(Buffer.alloc(0), Buffer.alloc(0))).toBeUndefined();
  expect(makeDelta(Buffer.from('abc'), Buffer.alloc(0))).toBeUndefined();
  expect(makeDelta(Buffer.alloc(0), Buffer.from('abc'))).toBeUndefined();
});

it('copies 64 KiB where an instruction names no length', () => {
  const base = Buffer.alloc(0x10000, 'x');
  expect(applyDelta(base, Buffer.from([0x80, 0x80, 0x04, 0x80, 0x80, 0x04, 0x80]), most).equals(base)).toBe(true);
});

const base = Buffer.from('0123456789');
it.each([
  ['that is empty', []],
  ['that ends in its sizes', [10, 0x80]],
  ['for a base of another size', [9, 1, 0x90, 1]],
  ['with the instruction that git keeps free', [10, 1, 0]],
  ['that copies from beyond its base', [10, 8, 0x91, 5, 8]],
  ['that makes less than it says', [10, 5, 0x90, 4]],
  ['that makes more than it says', [10, 3, 0x90, 4]],
  ['that ends in its own bytes', [10, 5, 5, 1, 2]],
  ['that ends in an instruction', [10, 5, 0x91, 1]],
  ['with a size no object has', [10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
])('refuses a delta %s', (_, bytes) => {
  expect(() => applyDelta(base, Buffer.from(bytes), most)).toThrow(GitDataError);
});

it('refuses what is too large before making room for it', () => {
  // 10 bytes of base, 2^35 of target.
  const delta = Buffer.from([10, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0x90, 1]);
  expect(() => applyDelta(base, delta, most)).toThrow(expect.objectContaining({ kind: 'tooLarge' }));
});

it('ends on any bytes, with an object or with a GitDataError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        applyDelta(base, Buffer.concat([Buffer.of(10), bytes]), 10_000);
      } catch (error) {
        expect(error).toBeInstanceOf(GitDataError);
      }
    }),
  );
});
