import { createHash, randomBytes } from 'node:crypto';
import { rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileContent } from '../../../src/image/context/file.ts';
import { createDigestReader } from '../../../src/image/context/read.ts';
import { tempDir } from '../../support/git-host.ts';

const never = new AbortController().signal;
/** What throws at once and what rejects later are the same to who awaits. */
const later = async (work: () => string | Promise<string>) => work();
const sizes = [0, 1, 128 * 1024, 128 * 1024 + 1, 1024 * 1024, 3 * 1024 * 1024 + 7];

it('is that of the bytes, for small and large files read at the same time', async () => {
  const dir = await tempDir();
  const read = createDigestReader(never);
  const files = await Promise.all(
    sizes.map(async (size) => {
      const bytes = randomBytes(size);
      const file = join(dir, `${size}`);
      await writeFile(file, bytes);
      return { content: fileContent(file, size), wanted: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
  const found = await Promise.all([...files, ...files].map(({ content }) => read(content)));
  expect(found).toEqual([...files, ...files].map(({ wanted }) => wanted));
});

it.each(sizes.filter((size) => size > 0))('refuses a file of %d bytes that became another one', async (size) => {
  const read = createDigestReader(never);
  const unreadable = { code: 'CONTEXT_UNREADABLE' };
  const file = join(await tempDir(), 'f');
  for (const other of [size - 1, size + 1]) {
    await writeFile(file, Buffer.alloc(size));
    const content = fileContent(file, size);
    await truncate(file, other);
    await expect(later(() => read(content))).rejects.toMatchObject(unreadable);
  }
  // Swapped for a link, which could lead out of the context.
  await rm(file);
  await symlink('/etc/passwd', file);
  await expect(later(() => read(fileContent(file, size)))).rejects.toMatchObject(unreadable);
  await rm(file);
  await expect(later(() => read(fileContent(file, size)))).rejects.toMatchObject(unreadable);
});

it('ends when the run is to stop', async () => {
  const dir = await tempDir();
  const file = join(dir, 'f');
  const size = 3 * 1024 * 1024;
  await writeFile(file, Buffer.alloc(size));
  const controller = new AbortController();
  controller.abort(new Error('stopped'));
  await expect(later(() => createDigestReader(controller.signal)(fileContent(file, size)))).rejects.toThrow('stopped');
});
