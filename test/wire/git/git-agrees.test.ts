import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExec } from '../../../src/wire/exec.ts';
import { makeDelta } from '../../../src/wire/git/pack/delta.ts';
import { type GitObject, makeObject, type ObjectFormat } from '../../../src/wire/git/pack/object.ts';
import { type NewObject, openPack, type PackEntry, writePack } from '../../../src/wire/git/pack/pack.ts';
import { type Objects, unpack } from '../../../src/wire/git/pack/unpack.ts';
import { git, gitEnv, hasSha256, tempDir } from '../../support/git-host.ts';
import { readerOf } from './chunks.ts';

const formats: readonly ObjectFormat[] = hasSha256 ? ['sha1', 'sha256'] : ['sha1'];
const mebibyte = 1024 * 1024;
const exec = createExec(gitEnv);

interface Place {
  readonly at: number;
  readonly drop: number;
  readonly put: Uint8Array;
}

/** Something and its next versions, each with some places of the one before replaced, shortened or lengthened. */
const history = fc
  .record({
    first: fc.uint8Array({ minLength: 300, maxLength: 3_000 }),
    // Now and then past the 64 KiB that one copy instruction can name.
    repeats: fc.constantFrom(1, 1, 1, 40),
    versions: fc.array(
      fc.array(
        fc.record({ at: fc.nat(), drop: fc.nat(60), put: fc.uint8Array({ maxLength: 60 }) }) as fc.Arbitrary<Place>,
        { minLength: 1, maxLength: 4 },
      ),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ first, repeats, versions }) => {
    const made: Buffer[] = [Buffer.concat(Array<Uint8Array>(repeats).fill(first))];
    for (const places of versions) made.push(places.reduce(replaced, made.at(-1) ?? Buffer.alloc(0)));
    return made;
  });

function replaced(bytes: Buffer, { at, drop, put }: Place): Buffer {
  const from = at % (bytes.byteLength + 1);
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + drop)]);
}

const histories = fc.array(history, { minLength: 4, maxLength: 12 });

async function repository(format: ObjectFormat): Promise<string> {
  const dir = await tempDir();
  await git(dir, 'init', '--quiet', `--object-format=${format}`);
  return dir;
}

/** Runs git on bytes, and answers with bytes. */
async function onBytes(dir: string, input: string, ...args: string[]): Promise<Buffer> {
  const done = await exec({
    program: 'sh',
    args: ['-c', 'git -C "$0" "$@" | base64', dir, ...args],
    stdin: input,
    keep: 16 * mebibyte,
  });
  return Buffer.from(done.stdout, 'base64');
}

/** The contents of blobs as git has them. */
async function contentsIn(dir: string, ids: readonly string[]): Promise<Buffer[]> {
  const output = await onBytes(dir, `${ids.join('\n')}\n`, 'cat-file', '--batch');
  const contents: Buffer[] = [];
  for (let at = 0; contents.length < ids.length; ) {
    const line = output.indexOf('\n', at);
    const size = Number(output.toString('latin1', at, line).split(' ')[2]);
    if (!(size >= 0)) throw new Error(`git says: ${output.toString('latin1', at, line)}`);
    contents.push(output.subarray(line + 1, line + 1 + size));
    at = line + size + 2;
  }
  return contents;
}

function unique(objects: readonly GitObject[]): GitObject[] {
  return [...new Map(objects.map((object) => [object.id, object])).values()];
}

describe.each(formats)('git and we agree in %s', (format) => {
  it('on what a delta of ours makes', async () => {
    let deltas = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (all) => {
        const blobs = all.map((versions) => versions.map((content) => makeObject(format, 'blob', content)));
        const firsts = unique(blobs.flatMap(([first]) => (first === undefined ? [] : [first])));
        // No object twice, as in every pack of ours.
        const seen = new Set(firsts.map(({ id }) => id));
        const later = blobs
          .flatMap((versions) => versions.slice(1).map((object, at) => ({ object, before: versions[at] ?? object })))
          .filter(({ object: { id } }) => !seen.has(id) && seen.add(id));
        deltas += later.filter(({ object, before }) => before && makeDelta(before.content, object.content)).length;
        const pack = writePack([...firsts.map((object) => ({ object })), ...later], format, true);
        const dir = await repository(format);
        const taken = await exec({
          program: 'git',
          args: ['-C', dir, 'unpack-objects', '--strict', '-q'],
          stdin: pack,
        });
        expect(taken).toMatchObject({ code: 0, stderr: '' });
        const contents = await contentsIn(
          dir,
          later.map(({ object }) => object.id),
        );
        for (const [at, { object }] of later.entries()) expect(contents[at]?.equals(object.content)).toBe(true);
        // The same, completed by index-pack as a host's receive-pack does it for larger pushes.
        const other = await repository(format);
        const index = ['-C', other, 'index-pack', '--stdin', '--fix-thin', '--strict'];
        expect(await exec({ program: 'git', args: index, stdin: pack })).toMatchObject({ code: 0 });
        expect(await git(other, 'fsck', '--strict', '--no-dangling')).toBe('');
      }),
      { numRuns: 8 },
    );
    expect(deltas).toBeGreaterThan(20);
  });

  it('on a value that is set and set back by one push', async () => {
    const [one, other] = ['1', '2'].map((end) =>
      makeObject(format, 'blob', Buffer.from(`${'a: 1\n'.repeat(80)}b: ${end}\n`)),
    );
    if (one === undefined || other === undefined) throw new RangeError('two blobs were made');
    const thereAndBack: NewObject[] = [
      { object: other, before: one },
      { object: one, before: other },
    ];
    for (const by of [
      ['unpack-objects', '--strict', '-q'],
      ['index-pack', '--stdin', '--fix-thin', '--strict'],
    ]) {
      const dir = await repository(format);
      await exec({
        program: 'git',
        args: ['-C', dir, 'hash-object', '-w', '--stdin', '--no-filters'],
        stdin: one.content,
      });
      const pack = writePack(thereAndBack, format, true);
      expect(pack.byteLength).toBeLessThan(one.content.byteLength);
      expect(await exec({ program: 'git', args: ['-C', dir, ...by], stdin: pack })).toMatchObject({ code: 0 });
      const contents = await contentsIn(dir, [one.id, other.id]);
      expect(contents).toEqual([one.content, other.content]);
      expect(await git(dir, 'fsck', '--strict', '--no-dangling')).toBe('');
    }
  });

  it('on what a delta of its own makes, by offset and by id', async () => {
    let deltas = 0;
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.constantFrom('--delta-base-offset', '--no-delta-base-offset'),
        async (all, kind) => {
          const dir = await repository(format);
          const objects = unique(all.flat().map((content) => makeObject(format, 'blob', content)));
          const paths = objects.map((_, at) => join(dir, `blob-${at}`));
          await Promise.all(objects.map(({ content }, at) => writeFile(paths[at] ?? '', content)));
          const hashed = await exec({
            program: 'git',
            args: ['-C', dir, 'hash-object', '-w', '--stdin-paths', '--no-filters'],
            stdin: `${paths.join('\n')}\n`,
          });
          const ids = objects.map(({ id }) => id);
          expect(hashed.stdout.trim().split('\n')).toEqual(ids);
          const pack = await onBytes(dir, `${ids.join('\n')}\n`, 'pack-objects', '--stdout', '-q', '--window=50', kind);
          const found: Objects = new Map();
          const options = { format, limit: () => mebibyte, oversized: 'refuse' } as const;
          const { entries } = await openPack(readerOf(pack, [4_096]), options);
          const counted = async function* (): AsyncGenerator<PackEntry> {
            for await (const entry of entries) {
              if (entry.is === 'delta') deltas++;
              yield entry;
            }
          };
          await unpack(counted(), found, { format, budget: 64 * mebibyte });
          expect([...found.keys()].sort()).toEqual([...ids].sort());
          for (const { id, content } of objects) expect(found.get(id)?.content.equals(content)).toBe(true);
        },
      ),
      { numRuns: 8 },
    );
    expect(deltas).toBeGreaterThan(20);
  });
});
