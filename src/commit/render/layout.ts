import { posix } from 'node:path';
import { kustomizationNames } from '../../wire/text/kustomization.ts';
import type { RepoTree } from './tree.ts';

/** Where manifests are made from the config repo's files, and how. Paths are seen from its root. */
export interface ManifestSource {
  /** Argo CD's application, where it was asked. Undefined: the files' layout tells the rest. */
  readonly application?: string | undefined;
  readonly by: 'helm' | 'kustomize' | 'plain';
  /** `""` for the root. */
  readonly folder: string;
  readonly release?: string | undefined;
  readonly namespace?: string | undefined;
  /** In the order in which Helm reads them, and the values that the application itself has. */
  readonly valueFiles?: readonly string[] | undefined;
  /** Value files that aren't there are no fault. */
  readonly mayMiss?: boolean | undefined;
  readonly values?: string | undefined;
  readonly parameters?:
    | readonly { readonly name: string; readonly value: string; readonly text: boolean }[]
    | undefined;
  /** The files that the delivery changes of it. Undefined: all of its files may matter. */
  readonly files?: readonly string[] | undefined;
  /** What isn't as in the cluster, as sentences. */
  readonly notes: readonly string[];
}

/**
 * What makes manifests of files, by where they lie: the nearest folder upward with a chart or a kustomization, a chart
 * right below the folder of a values file, or the files as they are. `release` is the name that a chart gets.
 */
export async function sourcesByLayout(
  tree: RepoTree,
  files: readonly string[],
  release: string | undefined,
): Promise<ManifestSource[]> {
  const found = new Map<string, ManifestSource>();
  for (const file of files) {
    const source = await sourceOf(tree, file, release);
    found.set(JSON.stringify([source.by, source.folder, source.valueFiles]), source);
  }
  return [...found.values()];
}

/** What makes manifests of a folder. */
export async function madeBy(tree: RepoTree, folder: string): Promise<ManifestSource['by']> {
  const names = await tree.list(folder);
  if (names?.get('Chart.yaml') === 'file') return 'helm';
  return kustomizationNames.some((name) => names?.get(name) === 'file') ? 'kustomize' : 'plain';
}

async function sourceOf(tree: RepoTree, file: string, release: string | undefined): Promise<ManifestSource> {
  const own = posix.dirname(file);
  for (let folder = own; ; folder = posix.dirname(folder)) {
    const at = folder === '.' ? '' : folder;
    const by = await madeBy(tree, at);
    if (by === 'helm') return chart(await outermost(tree, at), file, release);
    if (by === 'kustomize') return { by, folder: at, files: [file], notes: [] };
    if (at === '') break;
  }
  const folder = own === '.' ? '' : own;
  const below = [...((await tree.list(folder)) ?? [])].filter(([, kind]) => kind === 'folder');
  const charts: string[] = [];
  for (const [name] of below.slice(0, mostBelow)) {
    const path = posix.join(folder, name);
    if ((await madeBy(tree, path)) === 'helm') charts.push(path);
  }
  const [only, ...others] = charts;
  if (only !== undefined && others.length === 0) return chart(only, file, release);
  return { by: 'plain', folder, files: [file], notes: [] };
}

/** Folders that are looked into for a chart. */
const mostBelow = 20;

/** A chart that another has among its `charts` is rendered as part of that. */
async function outermost(tree: RepoTree, folder: string): Promise<string> {
  const [, parent] = /^(.*?)\/?charts\/[^/]+$/.exec(folder) ?? [];
  return parent !== undefined && (await madeBy(tree, parent)) === 'helm' ? outermost(tree, parent) : folder;
}

function chart(folder: string, file: string, release: string | undefined): ManifestSource {
  const inside = folder === '' ? file : file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : undefined;
  // What a chart reads by itself.
  const isOwn = inside !== undefined && /^(?:Chart\.|values\.yaml$|(?:templates|charts|crds|files)\/)/.test(inside);
  const name = release ?? 'release';
  return {
    ...{ by: 'helm', folder, files: [file], release: name, valueFiles: isOwn ? [] : [file] },
    notes: release === undefined ? [`Its release is called ${name} here.`] : [],
  };
}
