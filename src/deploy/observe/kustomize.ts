import { posix } from 'node:path';
import type { Application } from '../../wire/argocd/types.ts';
import { listAt, textAt, textsAt } from '../../wire/fields.ts';
import { parseYaml } from '../../wire/yaml.ts';
import { type Followed, folderOf, follows } from './sources.ts';

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
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
    const files = names.map((name) => posix.join(folder, name));
    const found = texts(files).then((read) => [...read.values()].flatMap((text) => takenIn(text, folder)));
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

/** Folders and files that a kustomization names, seen from the repository's root; not those of other repositories. */
function takenIn(text: string, folder: string): string[] {
  const document = parseYaml(text, { depth: 32, documents: 1 })?.[0];
  const value: unknown =
    document === undefined || document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
  const listed = [
    'resources',
    'bases',
    'components',
    'patchesStrategicMerge',
    'crds',
    'generators',
    'transformers',
  ].flatMap((key) => textsAt(value, key));
  const inside = (keys: readonly string[]) => keys.flatMap((key) => listAt(value, key));
  const paths = inside(['patches', 'patchesJson6902', 'replacements']).map((one) => textAt(one, 'path'));
  const values = inside(['helmCharts']).flatMap((one) => [
    textAt(one, 'valuesFile'),
    ...textsAt(one, 'additionalValuesFiles'),
  ]);
  // `files` may be `KEY=FILE`.
  const generated = inside(['configMapGenerator', 'secretGenerator']).flatMap((one) => [
    ...textsAt(one, 'files').map((text) => text.slice(text.indexOf('=') + 1)),
    ...textsAt(one, 'envs'),
    textAt(one, 'env'),
  ]);
  return [...listed, ...paths, ...values, ...generated]
    .filter((path) => path !== '')
    .filter(
      (path) => !path.includes('://') && !path.includes('\n') && !/^[^/]+\.[^/]+\.?[^/]*\/\/|^git@|\?ref=/.test(path),
    )
    .map((path) => folderOf(posix.join(folder, path)))
    .filter((path) => path !== '' && !path.startsWith('..'));
}
