import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFolders } from '../../../../src/entry/run/lists/folders.ts';
import { tempDir } from '../../../support/git-host.ts';

/** A repo of folders; what ends in `/` has no Dockerfile. */
async function repoOf(...paths: string[]): Promise<string> {
  const root = await tempDir();
  for (const path of paths) {
    await mkdir(join(root, path), { recursive: true });
    if (!path.endsWith('/')) await writeFile(join(root, path, 'Dockerfile'), 'FROM scratch\n');
  }
  return root;
}

const found = async (root: string, pattern: string, dockerfile?: string) =>
  (await findFolders(root, { pattern, dockerfile })).folders.map(({ dir, is }) => (is === 'service' ? dir : [dir, is]));

describe('the folders that a pattern means', () => {
  it('are those of its level that are there, with and without Dockerfile, in the order of their paths', async () => {
    const root = await repoOf(
      'services/web',
      'services/cart',
      'services/docs/',
      'services/web/deep',
      'other/x',
      'cart',
    );
    await writeFile(join(root, 'services/README.md'), '');
    expect(await found(root, 'services/*')).toEqual(['services/cart', ['services/docs', 'bare'], 'services/web']);
    expect(await found(root, './services/*/')).toEqual(await found(root, 'services/*'));
    expect(await found(root, 'services/{cart,web}')).toEqual(['services/cart', 'services/web']);
    expect(await found(root, 'services/**')).toContain('services/web/deep');
    expect(await found(root, '*')).toEqual(['cart', ['other', 'bare'], ['services', 'bare']]);
    expect(await found(root, 'nowhere/*')).toEqual([]);
  });

  it('are looked at for the Dockerfile that the entry names', async () => {
    const root = await repoOf('services/cart/', 'services/web/', 'build/');
    await writeFile(join(root, 'build/web.Dockerfile'), 'FROM scratch\n');
    expect(await found(root, 'services/*', 'build/{name}.Dockerfile')).toEqual([
      ['services/cart', 'bare'],
      'services/web',
    ]);
  });

  it('are hidden ones and node_modules where the pattern names them alone, and never those of .git', async () => {
    const root = await repoOf('a/.hidden', 'a/node_modules', 'a/b', '.git/x', '.services/y', 'a/b/node_modules/z');
    expect(await found(root, 'a/*')).toEqual(['a/b']);
    expect(await found(root, '**')).toEqual([['a', 'bare'], 'a/b']);
    expect(await found(root, '.services/*')).toEqual(['.services/y']);
  });

  it('may be links to folders of the repo, not to others, and a walk ends though links lead in a circle', async () => {
    const root = await repoOf('shared/api', 'services/cart');
    const outside = await repoOf('evil');
    await symlink('../shared/api', join(root, 'services/api'));
    await symlink('..', join(root, 'services/up'));
    await symlink(join(outside, 'evil'), join(root, 'services/evil'));
    await symlink(outside, join(root, 'out'));
    expect(await found(root, 'services/*')).toEqual(['services/api', 'services/cart', ['services/evil', 'outside']]);
    expect(await found(root, 'services/**')).toHaveLength(3);
    expect(await found(root, 'out/*')).toEqual([['out', 'outside']]);
    await mkdir(join(root, 'services/linked'));
    await symlink(join(outside, 'evil/Dockerfile'), join(root, 'services/linked/Dockerfile'));
    expect(await found(root, 'services/l*')).toEqual([['services/linked', 'outside']]);
  });

  it('are so many at most', async () => {
    const root = await tempDir();
    for (let n = 0; n <= 500; n += 1) await mkdir(join(root, `s/${n}`), { recursive: true });
    expect(await findFolders(root, { pattern: 's/*', dockerfile: undefined })).toHaveProperty('tooMany');
  });
});
