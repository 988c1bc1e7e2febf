import { posix } from 'node:path';
import type { Application } from '../../wire/argocd/types.ts';
import { kustomizationNames, kustomizationPaths } from '../../wire/text/kustomization.ts';
import { type Followed, folderOf, follows } from './sources.ts';

/** Kustomizations that one takes in, one below the other, and in all. */
const deepest = 5;
const mostFolders = 50;

/**
 * Reads what an application's kustomizations take in from other folders of the config repo: their bases and components,
 * and those of these. `texts` answers those of some files that are there. A folder is read once.
 */
export function createBases(
  followed: Followed,
  texts: (files: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): (application: Application) => Promise<readonly string[]> {
  const known = new Map<string, Promise<readonly string[]>>();
  const taken = (folder: string): Promise<readonly string[]> => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    if (known.size >= mostFolders) return Promise.resolve([]);
    const files = kustomizationNames.map((name) => posix.join(folder, name));
    const found = texts(files).then((read) =>
      [...read.values()].flatMap((text) => kustomizationPaths(text, folder).inside),
    );
    known.set(folder, found);
    return found;
  };
  return async ({ sources, sourceTypes }) => {
    const own = sources.flatMap((source, index) => {
      const type = sourceTypes[index] ?? sourceTypes[0] ?? 'Kustomize';
      return follows(source, followed) && type === 'Kustomize' ? [folderOf(source.path)] : [];
    });
    const bases = new Set<string>();
    let level: readonly string[] = own;
    for (let depth = 0; depth < deepest && level.length > 0; depth++) {
      const next = (await Promise.all(level.map(taken))).flat().filter((folder) => !bases.has(folder));
      for (const folder of next) bases.add(folder);
      level = next;
    }
    return [...bases];
  };
}
