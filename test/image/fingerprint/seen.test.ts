import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { appendFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openContext } from '../../../src/image/context/context.ts';
import type { FileState } from '../../../src/image/context/file.ts';
import { createDigestReader, readUnseen } from '../../../src/image/context/read.ts';
import { createSeen } from '../../../src/image/context/seen.ts';
import type { Content } from '../../../src/image/tree/tree.ts';
import { tempDir } from '../../support/git-host.ts';

const never = new AbortController().signal;
// A whole second, which can be put back exactly.
const long = 1_700_000_000;
const later = () => Date.now() + 10_000;

/** The file as the reading of its folder finds it. */
async function found(dir: string): Promise<Content> {
  const { root } = await openContext('app', dir, join(dir, 'Dockerfile'), { keep: false });
  const node = (await root.children()).get('f');
  if (node?.is !== 'file') throw new Error('it is no file');
  return node.content;
}
const noStates = platform() === 'linux' ? '' : ' (skipped: only Linux keeps ctimes that nobody can set)';

/** A file that was read, and a look at it afterwards. `now` says how late the reading was. */
async function read(size: number, now: () => number) {
  const dir = await tempDir();
  const file = join(dir, 'f');
  await writeFile(file, Buffer.alloc(size, 'a'));
  await utimes(file, long, long);
  const seen = createSeen(now());
  const content = await found(dir);
  const digest = await createDigestReader(never, seen)(content);
  let reads = 0;
  const again = readUnseen(seen, (content) => {
    reads += 1;
    return createDigestReader(never)(content);
  });
  const look = async () => ({ digest: await again(await found(dir)), reads });
  return { dir, file, digest, look };
}

describe.skipIf(noStates !== '').each([5, 300_000])(`a file of %d bytes that was read${noStates}`, (size) => {
  it('is not read again when nothing has happened to it', async () => {
    const { digest, look } = await read(size, later);
    expect(await look()).toEqual({ digest, reads: 0 });
    expect(await look()).toEqual({ digest, reads: 0 });
  });

  it('is read again when it was as young as the reading', async () => {
    const { digest, look } = await read(size, () => Date.now());
    expect(await look()).toEqual({ digest, reads: 1 });
  });

  it('is read again when its clock is ahead of ours', async () => {
    const { digest, look } = await read(size, () => Date.now() - 3_600_000);
    expect(await look()).toEqual({ digest, reads: 1 });
  });

  const changes: Readonly<Record<string, (file: string) => Promise<void>>> = {
    'written with another content of the same size': (file) => writeFile(file, Buffer.alloc(size, 'b')),
    'written in place, byte by byte': async (file) => {
      await writeFile(file, Buffer.alloc(1, 'b'), { flag: 'r+' });
    },
    'replaced by a rename': async (file) => {
      await writeFile(`${file}.new`, Buffer.alloc(size, 'b'));
      await rename(`${file}.new`, file);
    },
    longer: (file) => appendFile(file, 'b'),
  };

  it.each(Object.keys(changes))('shows when it is %s and its times are put back', async (how) => {
    const { file, digest, look } = await read(size, later);
    const { ctimeNs } = await stat(file, { bigint: true });
    await changes[how]?.(file);
    // The reading pretends to have been late: wait until the change is, by at least one tick of the kernel's clock.
    do await utimes(file, long, long);
    while ((await stat(file, { bigint: true })).ctimeNs === ctimeNs);
    expect((await stat(file)).mtimeMs).toBe(long * 1_000);
    const seen = await look();
    expect(seen.reads).toBe(1);
    expect(seen.digest).not.toBe(digest);
  });

  it('is read again when it changed after its folder was read', async () => {
    const { dir, file } = await read(size, later);
    const seen = createSeen(later());
    const content = await found(dir);
    const { ctimeMs } = await stat(file);
    do await writeFile(file, Buffer.alloc(size, 'b'));
    while ((await stat(file)).ctimeMs === ctimeMs);
    const changed = await createDigestReader(never, seen)(content);
    await writeFile(file, Buffer.alloc(size, 'a'));
    await utimes(file, long, long);
    expect(await readUnseen(seen, createDigestReader(never))(await found(dir))).not.toBe(changed);
  });
});

describe.skipIf(noStates !== '')(`states of files${noStates}`, () => {
  const file = import.meta.filename;
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
  const state = (more: Partial<FileState>): FileState => ({ dev, ino, size, mtimeMs, ctimeMs, ...more });

  it('are told apart by all that is in them, however many there are', () => {
    const seen = createSeen(later());
    const made = Array.from({ length: 20_000 }, (_, n) => ({
      one: state({
        ino: n % 100,
        ctimeMs: n * 4,
        mtimeMs: n % 7,
        size: n % 3,
      }),
      digest: randomBytes(32).toString('hex'),
    }));
    for (const { one, digest } of made) seen.keep(file, one, digest);
    expect(made.filter(({ one, digest }) => seen.find(one) !== digest)).toEqual([]);
    const one = state(made[77]?.one ?? {});
    for (const [key, value] of Object.entries(one)) {
      expect(seen.find({ ...one, [key]: value + 1_000_007 }), key).toBeUndefined();
    }
    const beyond = state({ ino: 2 ** 53, ctimeMs: 4 });
    seen.keep(file, beyond, '00'.repeat(32));
    expect(seen.find(beyond)).toBeUndefined();
  });

  it('are kept where the last change was long before the run, and not where it was just before, in or after it', () => {
    const began = 1_800_000_000_000;
    const seen = createSeen(began);
    const at = (ms: number) => state({ ctimeMs: began + ms });
    for (const ms of [-2_001, -2_000, -1, 0, 5, 60_000]) seen.keep(file, at(ms), '11'.repeat(32));
    const known = [-2_001, -2_000, -1, 0, 5, 60_000].map((ms) => seen.find(at(ms)));
    expect(known).toEqual(['11'.repeat(32), ...Array(5).fill(undefined)]);
  });
});
