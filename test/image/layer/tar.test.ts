import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { BrokenArchive } from '../../../src/image/layer/archive-bytes.ts';
import { type KnownLayers, nothingKnown, type Packed, packLayer } from '../../../src/image/layer/blob.ts';
import { type Packer, packerFor } from '../../../src/image/layer/packer.ts';
import { readLayer } from '../../../src/image/layer/read.ts';
import { readTar } from '../../../src/image/layer/untar.ts';
import { inBlocks, layerArchive } from '../../../src/image/layer/write.ts';
import type { TreeChange } from '../../../src/image/tree/rootfs.ts';
import { dirOf, type File, type Node } from '../../../src/image/tree/tree.ts';
import { createWorkspace } from '../../../src/image/tree/workspace.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { tarOf } from '../../support/base-image.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { tempDir } from '../../support/git-host.ts';
import { runs } from '../../support/runs.ts';

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

const meta = { mode: 0o644, uid: 0, gid: 0, mtime: undefined };
const fileOf = (text: string, more: Partial<File> = {}): File => ({
  is: 'file',
  ...meta,
  content: { size: Buffer.byteLength(text), read: () => Readable.from([Buffer.from(text)]) },
  ...more,
});

/** The entries of an archive by tar-stream's reader, which shares nothing with ours. */
async function readByOther(tar: Buffer): Promise<(Partial<Header> & { body: string })[]> {
  const seen: (Partial<Header> & { body: string })[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    const body: Buffer[] = [];
    stream.on('data', (chunk) => body.push(chunk as Buffer));
    stream.on('end', () => {
      const { name, mode, type, linkname, size } = header;
      const pax = header.pax as Readonly<Record<string, string>> | null | undefined;
      // It leaves PAX ids to its user.
      const uid = Number(pax?.uid ?? header.uid);
      const gid = Number(pax?.gid ?? header.gid);
      seen.push({ name, mode, uid, gid, type, linkname, size, body: Buffer.concat(body).toString() } as never);
      next();
    });
  });
  await pipeline(Readable.from([tar]), reader);
  return seen;
}

const segment = fc.stringMatching(/^[a-zé日 .-]{1,40}$/).filter((text) => text !== '.' && text !== '..');
const path = fc.array(segment, { minLength: 1, maxLength: 9 }).map((parts) => `/${parts.join('/')}`);
const owned = { mode: fc.nat(0o7777), uid: fc.nat(5_000_000), gid: fc.nat(5_000_000) };
const node: fc.Arbitrary<Node> = fc.oneof(
  fc.record({ ...owned, text: fc.string({ maxLength: 1_200 }) }).map(({ text, ...rest }) => fileOf(text, rest)),
  fc.record(owned).map((rest) => dirOf({ ...meta, ...rest })),
  fc
    .record({ ...owned, target: fc.string({ minLength: 1, maxLength: 160 }).map((text) => text.replaceAll('\0', '0')) })
    .map((rest): Node => ({ is: 'link', ...meta, ...rest })),
);

describe('a layer archive', () => {
  it('is read by another reader, and by our own, as it was meant', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(path, node), { selector: ([name]) => name, maxLength: 6 }),
        async (items) => {
          const changes: TreeChange[] = items.map(([name, what]) => ({ path: name, node: what }));
          const tar = await collect(layerArchive(changes, 1));
          const others = await readByOther(tar);
          const ours = await readLayer(Readable.from([tar]), undefined);
          for (const [index, change] of changes.entries()) {
            const what = change.node;
            const name = change.path.slice(1) + (what.is === 'dir' ? '/' : '');
            const type = { file: 'file', dir: 'directory', link: 'symlink' }[what.is as 'file'];
            const mode = what.is === 'link' ? 0o777 : what.mode;
            expect(others[index]).toMatchObject({ name, type, mode, uid: what.uid, gid: what.gid });
            if (what.is === 'link') expect(others[index]?.linkname).toBe(what.target);
            if (what.is === 'file') expect(others[index]?.body).toBe((await collect(what.content.read())).toString());
            expect(ours[index]).toMatchObject({ path: name, mode, uid: what.uid, gid: what.gid, mtime: 1 });
          }
          expect(ours).toHaveLength(changes.length);
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it('names a file of two names once, and the second as a link to it', async () => {
    const inode = {};
    const changes = ['/a', '/b'].map((name) => ({ path: name, node: fileOf('shared', { inode }) }));
    const seen = await readByOther(await collect(layerArchive(changes, 1)));
    expect(seen).toMatchObject([
      { name: 'a', type: 'file', body: 'shared' },
      { name: 'b', type: 'link', linkname: 'a', size: 0 },
    ]);
  });

  it.skipIf(!hasProgram('tar'))('is taken by GNU tar without a word', async () => {
    const long = `/${'d'.repeat(120)}/${'f'.repeat(130)}`;
    const changes = [
      { path: '/d', node: dirOf({ ...meta, mode: 0o1777 }) },
      { path: '/d/ü', node: fileOf('x', { uid: 3_000_000 }) },
      { path: long, node: fileOf('y') },
      { path: '/l', node: { is: 'link', ...meta, target: 't'.repeat(200) } as Node },
    ];
    const file = join(await tempDir(), 'layer.tar');
    await writeFile(file, await collect(layerArchive(changes, 1_700_000_000)));
    const listed = execFileSync('tar', ['-tvf', file, '--numeric-owner', '--utc'], {
      encoding: 'utf8',
      env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH },
    });
    expect(listed.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^drwxrwxrwt 0\/0 +0 2023-11-14 22:13 d\/$/),
      expect.stringMatching(/^-rw-r--r-- 3000000\/0 +1 2023-11-14 22:13 d\/ü$/),
    ]);
    expect(listed).toContain(long.slice(1));
  });
});

describe('compression', () => {
  const packer = packerFor('gzip') as Packer;
  const text = Array.from({ length: 20_000 }, (_, n) => `line ${n % 977} of some text\n`).join('');

  it.each([
    ['in memory', text, 'sha256:5bea62dfe2d7f8caa048b177a3323985f574d3f571b107745d6817ecb9586856'],
    ['in a file', text.repeat(5), 'sha256:d6a8c5740911321de5c26f70fa50beb679b8dc90a7ef634855c39985d14495b1'],
    // What every build of Node 20 to 24 with its own zlib makes of it.
  ])('%s gives the same bytes however the input arrives, and names no system', async (_, input, known) => {
    const workspace = await createWorkspace({}, new AbortController().signal);
    try {
      const pack = (...chunks: Buffer[]) =>
        packLayer(() => inBlocks(Readable.from(chunks)), { known: nothingKnown, workspace, packer });
      const whole = await pack(Buffer.from(input));
      const pieces = await pack(...(input.match(/[\s\S]{1,1009}/g) ?? []).map((piece) => Buffer.from(piece)));
      expect({ ...pieces, blob: undefined }).toEqual({ ...whole, blob: undefined });
      expect(whole.plainDigest).toBe(digestOf(input));
      const bytes = await collect(whole.blob?.open() ?? Readable.from([]));
      // RFC 1952: magic, deflate, no flags, no time, and 255 for an unknown system.
      expect([...bytes.subarray(0, 8), bytes[9]]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 255]);
      expect(whole).toMatchObject({ digest: digestOf(bytes), size: bytes.byteLength });
      expect(gunzipSync(bytes).toString()).toBe(input);
      expect(await collect(whole.blob?.openAt?.(11) ?? Readable.from([]))).toEqual(bytes.subarray(11));
      const foreign = (process.config.variables as { node_shared_zlib?: boolean }).node_shared_zlib === true;
      if (!foreign) expect(whole.digest).toBe(known);
    } finally {
      await workspace.remove();
    }
  });

  it.each([
    ['a small layer', text],
    ['a large one', text.repeat(5)],
  ])('is spared %s that the repository has', async (_, input) => {
    const workspace = await createWorkspace({}, new AbortController().signal);
    try {
      const about = { digest: digestOf('x'), size: 1, compression: 'gzip' } as const;
      const there: Packed = { ...about, plainDigest: digestOf(input), blob: undefined };
      const known: KnownLayers = {
        empty: false,
        find: async (plain) => (plain === there.plainDigest ? there : undefined),
      };
      const archive = (text: string) => () => Readable.from([Buffer.from(text)]);
      expect(await packLayer(archive(input), { known, workspace, packer })).toBe(there);
      const other = await packLayer(archive(`${input}!`), { known, workspace, packer });
      expect(gunzipSync(await collect(other.blob?.open() ?? Readable.from([]))).toString()).toBe(`${input}!`);
    } finally {
      await workspace.remove();
    }
  });
});

describe('reading an archive', () => {
  it('takes what GNU tar writes: long names, sparse files, base-256 numbers', async () => {
    const dir = await tempDir();
    const name = 'n'.repeat(180);
    execFileSync(
      'sh',
      [
        '-c',
        `echo x > ${name} && truncate -s 2M sparse && tar --format=gnu --sparse --owner=:4000000 --group=:5 -cf t.tar ${name} sparse`,
      ],
      { cwd: dir },
    );
    const entries = await readLayer(Readable.from([await readFile(join(dir, 't.tar'))]), join(dir, 't.tar'));
    expect(entries).toMatchObject([
      { path: name, uid: 4_000_000, gid: 5, size: 2, sparse: false },
      { path: 'sparse', sparse: true },
    ]);
    expect(() => entries[1]?.content.read()).toThrow(expect.objectContaining({ code: 'ASSEMBLE_NEEDS_BUILDER' }));
  });

  /** Headers with attributes of this kind, each with names of its own, that never come to an entry. */
  function* attributes(flag: 'x' | 'g', headers: number): Generator<Buffer> {
    for (let number = 0; number < headers; number++) {
      const body = Buffer.alloc(51_200);
      for (let at = 0; at < body.byteLength; at += 64) body.write(`64 ${`${number}-${at}=`.padEnd(60, 'v')}\n`, at);
      const header = Buffer.alloc(512);
      header.write('ustar', 257);
      header.write(body.byteLength.toString(8).padStart(11, '0'), 124);
      header.write(flag, 156);
      header.fill(' ', 148, 156);
      header.write(
        `${header
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0`,
        148,
      );
      yield Buffer.concat([header, body]);
    }
  }

  it.each([
    'x',
    'g',
  ] as const)('holds no more attributes than files have, however many stand in it: %s', async (flag) => {
    const read = readTar(Readable.from(attributes(flag, 1_000)), () => undefined);
    await expect(read).rejects.toBeInstanceOf(BrokenArchive);
    await readTar(Readable.from(attributes(flag, 1)), () => undefined);
  });

  it('ends in an archive or in BrokenArchive, whatever bytes are changed', async () => {
    const tar = await tarOf(
      { name: 'a/', type: 'directory' },
      { name: `${'l'.repeat(150)}/x`, body: 'x'.repeat(700) },
      { name: 'l', type: 'symlink', linkname: 'a' },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(tar.byteLength - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(tar.byteLength),
        async (edits, end) => {
          const bytes = Buffer.from(tar.subarray(0, end));
          for (const [at, byte] of edits) if (at < bytes.byteLength) bytes[at] = byte;
          try {
            await readTar(Readable.from([bytes]), () => undefined);
          } catch (error) {
            expect(error).toBeInstanceOf(BrokenArchive);
          }
        },
      ),
      { numRuns: runs(1_500) },
    );
  });
});
