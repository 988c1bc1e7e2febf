import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkInside } from '../../../src/image/context/inside.ts';
import { previewImage } from '../../../src/image/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { tempDir } from '../../support/git-host.ts';
import { testWorld } from '../../support/world.ts';
import { imageRun, planFor } from '../images.ts';

/** An app repo behind a link of its own, and a folder beside it that is none of its business. */
async function house() {
  const top = await tempDir();
  for (const dir of ['repo/app', 'repo/dist', 'repo-secret', 'secret'])
    await mkdir(join(top, dir), { recursive: true });
  await symlink(join(top, 'repo'), join(top, 'home'));
  for (const dir of ['repo/app', 'secret', 'repo-secret']) {
    await writeFile(join(top, dir, 'Dockerfile'), 'FROM scratch\nCOPY f /f\n');
    await writeFile(join(top, dir, 'f'), dir);
  }
  await writeFile(join(top, 'secret/key'), 'BEGIN KEY');
  const repo = join(top, 'home');
  const look = async (links: Record<string, string>, more: (at: (path: string) => string) => Partial<ImagePlan>) => {
    for (const [path, target] of Object.entries(links)) await symlink(target, join(repo, path));
    const at = (path: string) => join(repo, path);
    const image = planFor('127.0.0.1:1', at('app'), more(at));
    const run = imageRun(testWorld(), { source: { ...imageRun(testWorld()).source, dir: repo } });
    return previewImage(run, image).then(
      () => 'taken',
      (error: { code?: string }) => error.code,
    );
  };
  return { top, look };
}

describe('a committed link', () => {
  it.each<[string, Record<string, string>, (at: (path: string) => string) => Partial<ImagePlan>]>([
    ['as the context', { out: '../secret' }, (at) => ({ context: at('out') })],
    ['above the context', { out: '..' }, (at) => ({ context: at('out/secret') })],
    ['to the root of the machine', { out: '/' }, (at) => ({ context: at('out') })],
    ['to a folder whose name begins as the repo’s', { out: '../repo-secret' }, (at) => ({ context: at('out') })],
    ['in two steps', { 'app/out': '../two', two: '../secret' }, (at) => ({ context: at('app/out') })],
    ['as the Dockerfile', { 'app/Other': '../../secret/Dockerfile' }, (at) => ({ dockerfile: at('app/Other') })],
    ['as an ignore file', { 'app/.dockerignore': '../../secret/key' }, () => ({})],
    [
      'as a context by name',
      { out: '../secret' },
      (at) => ({ contexts: [{ name: 'x', is: 'folder', dir: at('out') }] }),
    ],
    [
      'as an OCI layout',
      { out: '../secret' },
      (at) => ({ contexts: [{ name: 'x', is: 'layout', dir: at('out'), tag: undefined, digest: undefined }] }),
    ],
  ])('%s that leaves the app repo is refused', async (_what, links, more) => {
    const { look } = await house();
    expect(await look(links, more)).toBe('PATH_LEAVES_REPO');
  });

  it('that stays in the app repo is followed', async () => {
    const { top } = await house();
    await symlink('app', join(top, 'repo/out'));
    const image = planFor('127.0.0.1:1', join(top, 'home/out'));
    await expect(checkInside(image, join(top, 'repo'))).resolves.toBeUndefined();
    await expect(checkInside(image, join(top, 'home'))).resolves.toBeUndefined();
  });
});
