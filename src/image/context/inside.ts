import { realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';

/**
 * Makes sure that what an image is built from lies in the app repo, links followed: a link that somebody commits would
 * put whatever this machine has into the image. What isn't there is left to whoever reads it. Throws PATH_LEAVES_REPO.
 */
export async function checkInside(
  { name, dockerfile, context, contexts = [] }: ImagePlan,
  repo: string,
): Promise<void> {
  const dirs = [context, ...contexts.flatMap((one) => ('dir' in one ? [one.dir] : []))];
  const ignoreFiles = [`${dockerfile}.dockerignore`, ...dirs.map((dir) => join(dir, '.dockerignore'))];
  const root = await realpath(repo);
  for (const path of [dockerfile, ...dirs, ...ignoreFiles]) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) continue;
    throw new TagboatError('PATH_LEAVES_REPO', { image: name, path: relative(root, path) || path, real });
  }
}
