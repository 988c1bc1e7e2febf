import { execFileSync } from 'node:child_process';
import { rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openContext } from '../../../src/image/context/context.ts';
import { fileContent } from '../../../src/image/context/file.ts';
import { type Dir, lookup } from '../../../src/image/tree/tree.ts';
import { tempDir } from '../../support/git-host.ts';
import { writeContext } from '../images.ts';

async function open(dir: string): Promise<Dir> {
  return (await openContext('app', dir, join(dir, 'Dockerfile'))).root;
}

const unreadable = { code: 'CONTEXT_UNREADABLE', exitCode: 4 };
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

async function drained(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.byteLength;
  return size;
}

describe('a build context', () => {
  it('shows links as links, and what they name is never opened', async () => {
    const dir = await tempDir();
    const secret = join(await tempDir(), 'secret');
    await writeFile(secret, 'planted');
    await writeContext(dir, { out: { link: secret }, folder: { link: '/etc' } });
    const root = await open(dir);
    expect(await lookup(root, ['out'])).toMatchObject({ is: 'link', target: secret });
    expect(await lookup(root, ['folder'])).toMatchObject({ is: 'link', target: '/etc' });
  });

  it('reads no folder that nobody looks into', async () => {
    const dir = await tempDir();
    await writeContext(dir, { 'a/f': 'f', 'b/f': 'f' });
    const root = await open(dir);
    await lookup(root, ['a']);
    await rm(join(dir, 'b'), { recursive: true });
    expect(await lookup(root, ['a', 'f'])).toMatchObject({ is: 'file' });
    expect(await lookup(root, ['b', 'f']).catch(() => 'gone')).toBe('gone');
  });

  it('leaves sockets out and refuses pipes, by their names', async () => {
    const dir = await tempDir();
    const server = createServer().listen(join(dir, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await lookup(await open(dir), ['socket'])).toBeUndefined();
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    expect(await failure(lookup(await open(dir), ['pipe']))).toMatchObject({
      ...unreadable,
      data: { path: join(dir, 'pipe') },
    });
    await writeFile(join(dir, '.dockerignore'), 'pipe\n');
    expect(await lookup(await open(dir), ['pipe'])).toBeUndefined();
  });

  it('has to be a folder', async () => {
    const dir = await tempDir();
    await writeContext(dir, { f: 'f' });
    const nothing = { code: 'CONTEXT_NOT_FOUND', exitCode: 4 };
    expect(await failure(openContext('app', join(dir, 'f'), join(dir, 'Dockerfile')))).toMatchObject(nothing);
    expect(await failure(openContext('app', join(dir, 'g'), join(dir, 'Dockerfile')))).toMatchObject(nothing);
  });

  it.each([10, 300_000])('a file of %i bytes that changed since it was looked at ends the build', async (size) => {
    const file = join(await tempDir(), 'f');
    const fresh = async () => {
      await writeFile(file, Buffer.alloc(size, 'x'));
      return fileContent(file, size);
    };
    const read = async (content: ReturnType<typeof fileContent>) =>
      content.whole?.().byteLength ?? drained(content.read());
    expect(await read(await fresh())).toBe(size);
    const shorter = await fresh();
    await truncate(file, size - 1);
    expect(await failure(read(shorter))).toMatchObject(unreadable);
    const longer = await fresh();
    await truncate(file, size + 1);
    expect(await failure(read(longer))).toMatchObject(unreadable);
    const swapped = await fresh();
    await rm(file);
    await symlink('/etc/passwd', file);
    expect(await failure(read(swapped))).toMatchObject(unreadable);
    await rm(file);
    expect(await failure(read(swapped))).toMatchObject(unreadable);
  });
});
