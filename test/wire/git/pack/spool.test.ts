import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { commitFiles, createBareRepo } from '../../../../src/sandbox/git-host/repo.ts';
import { createExec } from '../../../../src/wire/exec.ts';
import { makeObject, type ObjectType } from '../../../../src/wire/git/pack/object.ts';
import { writePack } from '../../../../src/wire/git/pack/pack.ts';
import { createSpool, type Spool } from '../../../../src/wire/git/pack/spool.ts';
import { git, gitEnv, tempDir } from '../../../support/git-host.ts';
import { inChunks } from '../chunks.ts';

async function spool(most = 1e9): Promise<Spool> {
  const made = await createSpool('sha1', most);
  onTestFinished(() => made.close());
  return made;
}

/** A bare repository of folders and files that are nearly alike, and one file larger than is held. */
async function repository(): Promise<string> {
  const dir = await tempDir();
  const noise = randomBytes(900).toString('hex');
  const files = Array.from({ length: 150 }, (_, at) => [
    `apps/team-${at % 3}/app-${at}.yaml`,
    `${noise}\nname: ${at}\n`,
  ]);
  await createBareRepo(
    dir,
    { files: Object.fromEntries([...files, ['large', randomBytes(17 * 1024 * 1024)]]) },
    gitEnv,
  );
  return dir;
}

async function packed(dir: string, revisions: string, ...args: string[]): Promise<Buffer> {
  const line = 'git -C "$0" pack-objects --revs --stdout --quiet "$@" | base64';
  const command = { program: 'sh', args: ['-c', line, dir, ...args], stdin: revisions, keep: 64 * 1024 * 1024 };
  return Buffer.from((await createExec(gitEnv)(command)).stdout, 'base64');
}

async function objectsIn(dir: string, revisions: string): Promise<{ id: string; type: ObjectType; size: number }[]> {
  const ids = await git(dir, 'rev-list', '--objects', '--no-object-names', ...revisions.trim().split(/\s+/));
  const args = ['-C', dir, 'cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'];
  const { stdout } = await createExec(gitEnv)({ program: 'git', args, stdin: ids });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return lines.map(([id = '', type, size]) => ({ id, type: type as ObjectType, size: Number(size) }));
}

it.each([
  ['--delta-base-offset'],
  ['--no-delta-base-offset'],
])('gives every object of a pack of deltas (%s), and the size of one too large to hold', async (kind) => {
  const dir = await repository();
  const store = await spool();
  const pack = await packed(dir, 'main\n', kind, '--window=50', '--depth=50');
  await store.add(inChunks(pack, [100_000]));
  let large = 0;
  // From the last to the first, so that bases are looked for after what builds on them.
  for (const { id, type, size } of (await objectsIn(dir, 'main')).reverse()) {
    const found = await store.get(id, type);
    if (found !== undefined && !('content' in found)) {
      expect(found.size).toBe(size);
      large += 1;
    } else expect({ id: found?.id, size: found?.content.byteLength }).toEqual({ id, size });
  }
  expect(large).toBe(1);
  expect(await store.get('1'.repeat(40), 'blob')).toBeUndefined();
});

it('takes a later pack that holds only what has changed', async () => {
  const dir = await tempDir();
  await createBareRepo(dir, { files: { 'a.yaml': 'a: 1\n'.repeat(100), 'b.yaml': 'b: 1\n' } }, gitEnv);
  const store = await spool();
  await store.add(inChunks(await packed(dir, 'main\n')));
  const before = (await git(dir, 'rev-parse', 'main')).trim();
  await commitFiles(dir, { files: { 'b.yaml': 'b: 2\n' } }, gitEnv);
  await store.add(inChunks(await packed(dir, `main\n^${before}\n`)));
  for (const { id, type } of await objectsIn(dir, 'main'))
    expect(await store.get(id, type)).toMatchObject({ id, type });
});

it('keeps nothing of a pack that fails on the way, and takes the same pack afterwards', async () => {
  const blob = makeObject('sha1', 'blob', randomBytes(5_000));
  const pack = writePack([{ object: blob }], 'sha1', false);
  const store = await spool();
  const cut = store.add(inChunks(pack.subarray(0, -1), [999]));
  await expect(cut).rejects.toMatchObject({ kind: 'cut' });
  expect(await store.get(blob.id, 'blob')).toBeUndefined();
  await store.add(inChunks(pack));
  expect(await store.get(blob.id, 'blob')).toMatchObject({ id: blob.id });
});

it('refuses a pack beyond its limit', async () => {
  const pack = writePack([{ object: makeObject('sha1', 'blob', randomBytes(5_000)) }], 'sha1', false);
  await expect((await spool(4_000)).add(inChunks(pack, [500]))).rejects.toMatchObject({ kind: 'tooLarge' });
});

it('leaves nothing in the temp folder once closed', async () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tagboat-pack-'));
  const store = await createSpool('sha1', 1_000_000);
  const during = folders();
  await store.close();
  const left = folders();
  expect(during.filter((name) => !left.includes(name)).length).toBeGreaterThan(0);
});
