import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../wire/oci/types.ts';
import type { Env } from '../../wire/world.ts';
import { fromRecord, type NodeRecord, toRecord } from '../tree/record.ts';
import type { Dir } from '../tree/tree.ts';

/**
 * Base images' trees, kept on this machine: names, modes, owners and link targets, and what is in the account files.
 * A base is named by its digest, so an entry never grows stale. It spares a machine that builds again the reading of
 * every base layer. A cache that can't be read or written is none, and never an error.
 */
export interface BaseCache {
  load(digest: Digest): Promise<Dir | undefined>;
  /** Begins to keep a tree, which must not change any more. */
  save(digest: Digest, root: Dir): void;
  /** Resolves when all that was to be kept is. */
  settled(): Promise<unknown>;
}

const none: BaseCache = { load: async () => undefined, save: () => undefined, settled: async () => undefined };

const mostTrees = 32;
const mostBytes = 16 * 1024 * 1024;

/** The cache below the user's own cache folder (XDG Base Directory Specification); none where there is no such folder. */
export function openBaseCache(env: Env): BaseCache {
  const home = env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, '.cache'));
  if (home === undefined || home === '') return none;
  // The name says how it is written: another form is another folder.
  const dir = join(home, 'tagboat', 'bases-2');
  const saving: Promise<unknown>[] = [];
  const fileOf = (digest: Digest) => join(dir, `${digest.slice('sha256:'.length)}.json`);
  return {
    load: (digest) => quietly(() => load(fileOf(digest))),
    save: (digest, root) => {
      saving.push(quietly(() => save(dir, fileOf(digest), root)));
    },
    settled: () => Promise.all(saving),
  };
}

async function load(file: string): Promise<Dir | undefined> {
  if ((await stat(file)).size > mostBytes) return undefined;
  const root = fromRecord(JSON.parse(await readFile(file, 'utf8')) as NodeRecord);
  const now = new Date();
  // What is used stays.
  await utimes(file, now, now);
  return root.is === 'dir' ? root : undefined;
}

async function save(dir: string, file: string, root: Dir): Promise<void> {
  const text = JSON.stringify(await toRecord(root));
  if (text.length > mostBytes) return;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // Under another name first: who reads it meanwhile sees all of it or nothing.
  const half = `${file}.${randomUUID()}`;
  try {
    await writeFile(half, text, { mode: 0o600, flag: 'wx' });
    await rename(half, file);
  } finally {
    await rm(half, { force: true });
  }
  await prune(dir);
}

async function prune(dir: string): Promise<void> {
  const names = await readdir(dir);
  if (names.length <= mostTrees) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, used: (await stat(join(dir, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const old = files.sort((a, b) => b.used - a.used).slice(mostTrees);
  await Promise.all(old.map(({ name }) => rm(join(dir, name), { force: true })));
}

async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
