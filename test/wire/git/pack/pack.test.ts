import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createExec } from '../../../../src/wire/exec.ts';
import { GitDataError } from '../../../../src/wire/git/failure.ts';
import { makeObject, type ObjectFormat, serialiseCommit, serialiseTree } from '../../../../src/wire/git/pack/object.ts';
import {
  type NewObject,
  openPack,
  type PackEntry,
  type PackOptions,
  writePack,
} from '../../../../src/wire/git/pack/pack.ts';
import { type Objects, unpack } from '../../../../src/wire/git/pack/unpack.ts';
import { git, gitEnv, hasSha256, tempDir } from '../../../support/git-host.ts';
import { readerOf } from '../chunks.ts';

const formats: readonly ObjectFormat[] = hasSha256 ? ['sha1', 'sha256'] : ['sha1'];
const mebibyte = 1024 * 1024;
const within = (format: ObjectFormat): PackOptions => ({ format, limit: () => mebibyte, oversized: 'refuse' });

async function entriesOf(bytes: Uint8Array, options: PackOptions, sizes?: readonly number[]): Promise<PackEntry[]> {
  const { entries } = await openPack(readerOf(bytes, sizes), options);
  const found: PackEntry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

async function unpacked(bytes: Uint8Array, format: ObjectFormat, known: Objects = new Map()): Promise<Objects> {
  const { entries } = await openPack(readerOf(bytes, [1_000]), within(format));
  const into = new Map(known);
  await unpack(entries, into, { format, budget: 16 * mebibyte });
  return into;
}

/** A repository whose history packs into deltas of both kinds. */
async function repository(format: ObjectFormat): Promise<string> {
  const dir = await tempDir();
  await git(dir, 'init', '--quiet', '--initial-branch=main', `--object-format=${format}`);
  await git(dir, 'config', 'user.name', 'Test');
  await git(dir, 'config', 'user.email', 'test@example.com');
  const lines = Array.from({ length: 400 }, (_, line) => `line ${line} ${randomBytes(8).toString('hex')}`);
  for (let version = 0; version < 5; version++) {
    lines[version * 7] = `changed in ${version}`;
    await writeFile(join(dir, 'values.yaml'), lines.join('\n'));
    await writeFile(join(dir, `new-${version}`), `${version}`);
    await git(dir, 'add', '.');
    await git(dir, 'commit', '--quiet', '-m', `Version ${version}`);
  }
  return dir;
}

async function packed(dir: string, ids: string, ...args: string[]): Promise<Buffer> {
  const line = 'git -C "$0" pack-objects --stdout --quiet "$@" | base64';
  const done = await createExec(gitEnv)({ program: 'sh', args: ['-c', line, dir, ...args], stdin: ids });
  return Buffer.from(done.stdout, 'base64');
}

describe.each(formats)("git's own %s packs", (format) => {
  it.each([
    ['whole objects', ['--depth=0'], 'object'],
    ['deltas by offset', ['--delta-base-offset'], 'number'],
    ['deltas by id', ['--no-delta-base-offset'], 'string'],
  ])('are read with %s, every object under the id git gives it', async (_, args, kind) => {
    const dir = await repository(format);
    const ids = (await git(dir, 'rev-list', '--objects', '--no-object-names', '--all')).trim();
    const bytes = await packed(dir, ids, ...args);
    const found = await unpacked(bytes, format);
    expect([...found.keys()].sort()).toEqual(ids.split('\n').sort());
    const entries = await entriesOf(bytes, within(format), [13]);
    const kinds = new Set(entries.map((entry) => (entry.is === 'delta' ? typeof entry.base : entry.is)));
    expect(kinds).toContain(kind);
  });

  it('are read thin, against objects that are here already', async () => {
    const dir = await repository(format);
    const bytes = await packed(dir, 'main\n^main~1\n', '--revs', '--thin', '--no-delta-base-offset');
    const entries = await entriesOf(bytes, within(format));
    const outside = entries.filter((entry) => entry.is === 'delta');
    expect(outside.length).toBeGreaterThan(0);
    await expect(unpacked(bytes, format)).rejects.toBeInstanceOf(GitDataError);

    const before = (await git(dir, 'rev-list', '--objects', '--no-object-names', 'main~1')).trim();
    const known = await unpacked(await packed(dir, before), format);
    const all = await unpacked(bytes, format, known);
    const wanted = (await git(dir, 'rev-list', '--objects', '--no-object-names', 'main')).trim().split('\n');
    expect([...all.keys()].sort()).toEqual(wanted.sort());
  });
});

describe.each(formats)('our own %s packs', (format) => {
  const text = Array.from({ length: 100 }, () => `${randomBytes(8).toString('hex')}: a`).join('\n');
  const blob = makeObject(format, 'blob', Buffer.from(text));
  const next = makeObject(format, 'blob', Buffer.from(text.replace(': a', ': bcd')));
  const treeOf = (id: string) => serialiseTree([{ mode: '100644', name: Buffer.from('values.yaml'), id }]);
  const tree = makeObject(format, 'tree', treeOf(next.id));
  const who = { name: 'A', email: 'a@example.com', seconds: 1_700_000_000 };
  const commit = makeObject(
    format,
    'commit',
    serialiseCommit({ tree: tree.id, parents: [], author: who, committer: who, message: 'One' }),
  );
  const objects: NewObject[] = [{ object: commit }, { object: tree }, { object: next, before: blob }];

  it('are taken by git index-pack --strict and verify-pack, and hold what they should', async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet', `--object-format=${format}`);
    await writeFile(join(dir, 'our.pack'), writePack(objects, format, false));
    await git(dir, 'index-pack', '--strict', 'our.pack');
    await git(dir, 'verify-pack', 'our.pack');
    expect(await entriesOf(writePack(objects, format, false), within(format))).toHaveLength(3);
  });

  it('are taken thin by git unpack-objects, which has the version before', async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet', `--object-format=${format}`);
    const thin = writePack(objects, format, true);
    expect(thin.byteLength).toBeLessThan(writePack(objects, format, false).byteLength);
    await writeFile(join(dir, 'old'), blob.content);
    await git(dir, 'hash-object', '-w', 'old');
    const exec = createExec(gitEnv);
    const end = await exec({ program: 'git', args: ['-C', dir, 'unpack-objects', '--strict', '-q'], stdin: thin });
    expect(end).toMatchObject({ code: 0 });
    expect(await git(dir, 'cat-file', 'blob', next.id)).toBe(next.content.toString());
    await git(dir, 'update-ref', 'refs/heads/main', commit.id);
    await git(dir, 'fsck', '--strict');
  });

  it('come back as they went', async () => {
    const found = await unpacked(writePack(objects, format, true), format, new Map([[blob.id, blob]]));
    for (const { object } of objects) expect(found.get(object.id)?.content.equals(object.content)).toBe(true);
  });
});

describe('a pack that is not what it should be', () => {
  const content = Buffer.from('some text, some text, some text');
  const objects: NewObject[] = [{ object: makeObject('sha1', 'blob', content) }];
  let good: Buffer;
  beforeAll(() => {
    good = writePack(objects, 'sha1', false);
  });

  /** A pack of one raw entry, with a trailer that fits. */
  function framed(entry: readonly Uint8Array[], count = 1): Buffer {
    const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
    head.writeUInt32BE(count, 8);
    const body = Buffer.concat([head, ...entry]);
    return Buffer.concat([body, createHash('sha1').update(body).digest()]);
  }

  it('is cut wherever it ends early', async () => {
    for (let end = 0; end < good.byteLength; end++) {
      await expect(entriesOf(good.subarray(0, end), within('sha1'))).rejects.toMatchObject({ kind: 'cut' });
    }
  });

  it('is refused with one bit flipped, wherever it is', async () => {
    for (let at = 0; at < good.byteLength; at++) {
      const wrong = Buffer.from(good);
      wrong[at] = (wrong[at] ?? 0) ^ 0x10;
      await expect(entriesOf(wrong, within('sha1'))).rejects.toBeInstanceOf(GitDataError);
    }
  });

  it.each([
    ['something behind it', () => Buffer.concat([good, Buffer.of(0)])],
    ['a wrong checksum', () => Buffer.concat([good.subarray(0, -1), Buffer.of((good.at(-1) ?? 0) ^ 1)])],
    ['an object longer than it says', () => framed([Buffer.of(0x35), deflateSync(content)])],
    ['an object shorter than it says', () => framed([Buffer.of(0xbf, 0x02), deflateSync(content)])],
    ['bytes that are no zlib stream', () => framed([Buffer.of(0x35), Buffer.alloc(200, 0xee)])],
    ['a type that git has not given out', () => framed([Buffer.of(0x55), deflateSync(Buffer.from('hello'))])],
    ['a delta whose base is before the pack', () => framed([Buffer.of(0x65, 0x7f), deflateSync(Buffer.from('hello'))])],
    ['a delta that is its own base', () => framed([Buffer.of(0x65, 0x00), deflateSync(Buffer.from('hello'))])],
    ['a size no object has', () => framed([Buffer.alloc(20, 0xff)])],
  ])('is refused for %s', async (_, made) => {
    await expect(entriesOf(made(), within('sha1'))).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('never makes more of its bytes than it said', async () => {
    const bomb = framed([Buffer.of(0x35), deflateSync(Buffer.alloc(64 * mebibyte))]);
    await expect(entriesOf(bomb, within('sha1'))).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('is refused at the head of an object that is too large, with its size', async () => {
    const large = writePack([{ object: makeObject('sha1', 'blob', Buffer.alloc(2 * mebibyte)) }], 'sha1', false);
    const started = large.subarray(0, 100);
    await expect(entriesOf(started, within('sha1'))).rejects.toMatchObject({ kind: 'tooLarge', size: 2 * mebibyte });
  });

  it('gives the ids of objects too large to hold, when they are to be passed over', async () => {
    const large = makeObject('sha1', 'blob', randomBytes(2 * mebibyte));
    const bytes = writePack([{ object: large }, ...objects], 'sha1', false);
    const entries = await entriesOf(bytes, { ...within('sha1'), oversized: 'skip' }, [70_000, 1, 9]);
    expect(entries).toMatchObject([
      { is: 'skipped', id: large.id, size: 2 * mebibyte },
      { is: 'object', object: { id: objects[0]?.object.id } },
    ]);
    const wrong = Buffer.from(bytes);
    wrong[mebibyte] = (wrong[mebibyte] ?? 0) ^ 1;
    const skipping = entriesOf(wrong, { ...within('sha1'), oversized: 'skip' });
    await expect(skipping).rejects.toBeInstanceOf(GitDataError);
  });

  it('spends no more on deltas that never settle than its budget', async () => {
    const delta = deflateSync(Buffer.from([10, 1, 0x90, 1]));
    const waiting = Array.from({ length: 5_000 }, (_, at) => {
      const base = Buffer.alloc(20);
      base.writeUInt32BE(at);
      return Buffer.concat([Buffer.of(0x74), base, delta]);
    });
    const bytes = framed(waiting, waiting.length);
    await expect(unpacked(bytes, 'sha1')).rejects.toMatchObject({ kind: 'malformed' });
    const { entries } = await openPack(readerOf(bytes), within('sha1'));
    const end = unpack(entries, new Map(), { format: 'sha1', budget: 100_000 });
    await expect(end).rejects.toMatchObject({ kind: 'tooLarge' });
  });

  it('ends on any bytes, with entries or with a GitDataError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 0, max: 4 }), async (bytes, count) => {
        const end = await unpacked(framed([bytes], count), 'sha1').catch((error: unknown) => error);
        expect(end instanceof Map || end instanceof GitDataError).toBe(true);
      }),
    );
  });
});
