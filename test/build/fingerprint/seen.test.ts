import { randomBytes } from 'node:crypto';
import { type BigIntStats, statSync } from 'node:fs';
import { appendFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FileContent, fileContent } from '../../../src/build/context.ts';
import { createDigestReader } from '../../../src/build/fingerprint/read.ts';
import { createSeen, readUnseen } from '../../../src/build/fingerprint/seen.ts';
import { tempDir } from '../../support/git-host.ts';

const never = new AbortController().signal;
// A whole second, which can be put back exactly.
const long = 1_700_000_000;
const later = () => Date.now() + 10_000;
const noStates = platform() === 'linux' ? '' : ' (skipped: only Linux keeps ctimes that nobody can set)';

/** A file that was read, and a look at it afterwards. `now` says how late the reading was. */
async function read(size: number, now: () => number) {
  const file = join(await tempDir(), 'f');
  await writeFile(file, Buffer.alloc(size, 'a'));
  await utimes(file, long, long);
  const seen = createSeen(now);
  const digest = await createDigestReader(never, seen)(fileContent(file, size));
  let reads = 0;
  const again = readUnseen(seen, (content) => {
    reads += 1;
    return createDigestReader(never)(content);
  });
  const look = async () => ({ digest: await again(fileContent(file, (await stat(file)).size)), reads });
  return { file, digest, look, again };
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

  it('is refused when it is gone or has become a link', async () => {
    const { file, again } = await read(size, later);
    const content = fileContent(file, size);
    await rename(file, `${file}.old`);
    const refused = async (which: FileContent) => again(which);
    await expect(refused(content)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' });
    await symlink(`${file}.old`, file);
    await expect(refused(content)).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' });
    await rm(file);
  });
});

describe.skipIf(noStates !== '')(`states of files${noStates}`, () => {
  const file = import.meta.filename;
  const real = statSync(file, { bigint: true });
  const state = (more: Partial<BigIntStats>): BigIntStats => Object.assign(Object.create(real), more);

  it('are told apart by all that is in them, however many there are', () => {
    const seen = createSeen(later);
    const began = later();
    const made = Array.from({ length: 20_000 }, (_, n) => ({
      one: state({
        ino: BigInt(n % 100),
        ctimeNs: BigInt(n) * 4_000_000n,
        mtimeNs: BigInt(n % 7),
        size: BigInt(n % 3),
      }),
      digest: randomBytes(32).toString('hex'),
    }));
    for (const { one, digest } of made) seen.keep(file, one, began, digest);
    expect(made.filter(({ one, digest }) => seen.find(one) !== digest)).toEqual([]);
    for (const key of ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const) {
      const one = made[77]?.one;
      if (one !== undefined) expect(seen.find(state({ ...one, [key]: one[key] + 1_000_000_007n }))).toBeUndefined();
    }
  });

  it('are kept where the last change was long before the reading, and not where it was during or after it', () => {
    const seen = createSeen(later);
    const began = 1_800_000_000_000;
    const at = (ms: number) => state({ ctimeNs: BigInt(began + ms) * 1_000_000n });
    for (const ms of [-2_001, -2_000, -1, 0, 5, 60_000]) seen.keep(file, at(ms), began, '11'.repeat(32));
    const found = [-2_001, -2_000, -1, 0, 5, 60_000].map((ms) => seen.find(at(ms)));
    expect(found).toEqual(['11'.repeat(32), ...Array(5).fill(undefined)]);
  });
});
