import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GitDataError } from '../../../src/wire/git/failure.ts';
import type { ByteReader } from '../../../src/wire/git/pack/bytes.ts';
import {
  delimPacket,
  flushPacket,
  type Packet,
  packet,
  packetLine,
  readPacket,
} from '../../../src/wire/git/pktline.ts';
import { readerOf } from './chunks.ts';

async function all(from: ByteReader): Promise<Packet[]> {
  const packets: Packet[] = [];
  for (let next = await readPacket(from); next !== undefined; next = await readPacket(from)) packets.push(next);
  return packets;
}

it("writes the examples of git's documentation", () => {
  expect(packet('a\n')).toBe('0006a\n');
  expect(packet('a')).toBe('0005a');
  expect(packet('foobar\n')).toBe('000bfoobar\n');
  expect(packet('')).toBe('0004');
});

it('counts bytes, not characters', () => {
  expect(packet('é')).toBe('0006é');
});

it('tells the three marks from an empty packet', async () => {
  const packets = await all(readerOf(Buffer.from(`0004${flushPacket}${delimPacket}0002`)));
  expect(packets.map(({ is }) => is)).toEqual(['data', 'flush', 'delim', 'end']);
});

it('leaves out the newline at the end of a line, and only that one', () => {
  expect(packetLine(Buffer.from('a\n\n'))).toBe('a\n');
  expect(packetLine(Buffer.from('a'))).toBe('a');
  expect(packetLine(Buffer.from(''))).toBe('');
});

it('refuses a text that no packet can hold', () => {
  expect(packet('x'.repeat(65_516))).toHaveLength(65_520);
  expect(() => packet('x'.repeat(65_517))).toThrow(RangeError);
});

it('reads back what it wrote, however the bytes are cut', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 50 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (lines, sizes) => {
      const packets = await all(readerOf(Buffer.from(lines.map(packet).join('') + flushPacket), sizes));
      expect(packets.map((one) => (one.is === 'data' ? one.bytes.toString() : one.is))).toEqual([...lines, 'flush']);
    }),
  );
});

it.each([
  ['HTML', '<html>', 'malformed'],
  ['the length that git keeps free', '0003', 'malformed'],
  ['a length beyond the largest', 'fff1', 'malformed'],
  ['half a length', '00', 'cut'],
  ['half a packet', '0009abc', 'cut'],
])('refuses %s', async (_, text, kind) => {
  await expect(all(readerOf(Buffer.from(text)))).rejects.toMatchObject({ name: 'GitDataError', kind });
});

it('ends on any bytes, with packets or with a GitDataError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const end = await all(readerOf(bytes, [7])).catch((error: unknown) => error);
      expect(Array.isArray(end) || end instanceof GitDataError).toBe(true);
    }),
  );
});
