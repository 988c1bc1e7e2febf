import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/wire/oci/digest.ts';
import { chunked } from '../../../../src/wire/oci/upload/source.ts';
import { verifier } from '../../../../src/wire/oci/verify.ts';
import { all, blobOf, bytesOf, ociFailure } from '../../../support/oci.ts';

const origin = { url: 'http://registry/', host: 'registry', repository: 'acme/app' };

describe('a source in chunks', () => {
  it('gives just the bytes asked for, whatever pieces it comes in', async () => {
    const plan = fc.record({
      size: fc.integer({ min: 1, max: 500 }),
      piece: fc.integer({ min: 1, max: 200 }),
      chunk: fc.integer({ min: 1, max: 200 }),
      /** Chunks that are read a second time. */
      again: fc.array(fc.nat(20), { maxLength: 3 }),
      direct: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ size, piece, chunk, again, direct }) => {
        const bytes = bytesOf('source', size);
        const pieces = (from: number) =>
          Readable.from(
            Array.from({ length: Math.ceil((size - from) / piece) }, (_, i) =>
              bytes.subarray(from + i * piece, Math.min(size, from + (i + 1) * piece)),
            ),
            { objectMode: false },
          );
        const source = chunked(
          { digest: digestOf(bytes), size, open: () => pieces(0), ...(direct ? { openAt: pieces } : {}) },
          origin,
        );
        for (let start = 0, number = 0; start < size; start += chunk, number++) {
          const length = Math.min(chunk, size - start);
          for (let times = again.includes(number) ? 2 : 1; times > 0; times--) {
            expect((await all(source.read(start, length))).equals(bytes.subarray(start, start + length))).toBe(true);
          }
        }
        source.rewind();
      }),
    );
  });

  it('fails where it ends before its announced size, and where it goes on after it', async () => {
    const blob = blobOf(bytesOf('length', 1_000));
    for (const size of [999, 1_001]) {
      const source = chunked({ ...blob, size }, origin);
      expect((await all(source.read(0, 600))).byteLength).toBe(600);
      const failure = await ociFailure(all(source.read(600, size - 600)));
      expect(failure.finding).toEqual({ is: 'mismatch', digest: blob.digest });
      source.rewind();
    }
  });
});

describe('a verified stream', () => {
  it('passes the right bytes on', async () => {
    const blob = blobOf(bytesOf('right', 100_000));
    const stream = blob.open().pipe(verifier(blob, origin));
    expect((await all(stream)).equals(blob.bytes)).toBe(true);
  });

  it('of a source without end fails at the first byte too many', async () => {
    let given = 0;
    const endless = new Readable({
      read() {
        given += 1_000;
        this.push(Buffer.alloc(1_000));
      },
    });
    const checked = verifier({ digest: digestOf('x'), size: 5_000 }, origin);
    const failure = await ociFailure(
      pipeline(endless, checked, async (bytes) => {
        for await (const _ of bytes) void _;
      }),
    );
    expect(failure.finding?.is).toBe('mismatch');
    expect(given).toBeLessThan(200_000);
  });
});
