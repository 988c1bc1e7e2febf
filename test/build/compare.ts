import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../src/plan.ts';
import type { TestWorld } from '../support/world.ts';
import type { Case } from './cases.ts';
import { build, type Contents, contentsOf, planFor, writeContext } from './images.ts';

const base = {
  Dockerfile: 'FROM scratch\nCOPY root/ /\nENV PATH=/bin:/usr/bin BASE=yes\nCMD ["/base"]\nLABEL from=base\n',
  'root/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n',
  'root/etc/group': 'root:x:0:\nstaff:x:50:\napp:x:1001:\n',
  'root/etc/motd': 'welcome\n',
  'root/bin/sh': { text: '#!/nothing\n', mode: 0o755 },
};

/** Pushes the base image that cases stand on; answers its reference. */
export async function pushBase(world: TestWorld, host: string): Promise<string> {
  return inFolder(async (dir) => {
    await writeContext(dir, base);
    await build(world, planFor(host, dir, { name: 'base', repository: 'base', tag: '1' }));
    return `${host}/base:1`;
  });
}

/** Builds a case with one engine and reads the image back from the registry. */
export async function built(world: TestWorld, host: string, which: Case, engine: Engine): Promise<Contents> {
  return inFolder(async (dir) => {
    const dockerfile = which.dockerfile.replaceAll('BASE', `${host}/base:1`);
    await writeContext(dir, { ...which.files, Dockerfile: dockerfile });
    const repository = `${engine}-case`;
    const tag = which.title.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
    const { args = {}, target } = which;
    await build(world, planFor(host, dir, { repository, tag, engine, args, target }));
    const contents = await contentsOf(host, repository, tag);
    // The Dockerfile stands in the context too, with the registry's port of today in it.
    const files = Object.entries(contents.files).filter(([path]) => !/(^|\/)Dockerfile$/.test(path));
    return { ...contents, files: Object.fromEntries(files) };
  });
}

async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-case-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
