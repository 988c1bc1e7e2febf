import { posix } from 'node:path';
import type { Application, ApplicationSource } from '../../wire/argocd/types.ts';

/** The config repo and branch that an application is asked about. */
export interface Followed {
  readonly repo: string;
  readonly branch: string;
}

/** The sources that are the config repo at its branch, by index. Charts have versions and not commits. */
export function ownSources(sources: readonly ApplicationSource[], followed: Followed): number[] {
  return sources.flatMap((source, index) => (follows(source, followed) ? [index] : []));
}

/** Whether a source is the config repo's branch. `HEAD` may be any branch: which one, only the git host knows. */
export function follows({ repoUrl, chart, targetRevision }: ApplicationSource, { repo, branch }: Followed): boolean {
  if (chart !== '' || repoUrl.startsWith('oci://')) return false;
  const target = targetRevision.replace(/^refs\/heads\//, '');
  return repoKey(repoUrl) === repoKey(repo) && (target === '' || target === 'HEAD' || target === branch);
}

/** A repository by its path, since hosts have several names and ports for https, ssh and the cluster's inside. */
function repoKey(url: string): string {
  const path = url.replace(/^[a-z+]+:\/\/[^/]*\//i, '').replace(/^[^/@]+@[^/:]+:/, '');
  return path
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .replace(/^\/+/, '')
    .toLowerCase();
}

/**
 * Whether an application's manifests may be made of one of the files: they lie in its source's folder, or it names
 * them, as a Helm value file of any source or by `manifest-generate-paths`. Kustomize's bases elsewhere are named in
 * files alone; `bases` tells those that are known. Pure.
 */
export function covers(
  { sources, generatePaths }: Pick<Application, 'sources' | 'generatePaths'>,
  followed: Followed,
  files: readonly string[],
  bases: readonly string[] = [],
): boolean {
  const own = sources.filter((source) => follows(source, followed));
  if (own.length === 0) return false;
  if (files.length === 0) return true;
  const named = valueFilesOf({ sources }, followed);
  const used = sources.flatMap(({ valueFiles }) => valueFiles).flatMap((file) => /^\$([^/]+)/.exec(file)?.[1] ?? []);
  // A source that only lends its files to others' value files makes no manifests of the rest.
  const rendered = own.filter(({ path, ref }) => path !== '' || ref === '' || !used.includes(ref));
  const folders = [...rendered.map(({ path }) => folderOf(path)), ...generatePaths, ...bases];
  return files.some((file) => named.includes(file) || folders.some((folder) => isIn(file, folder)));
}

/** The value files of an application that lie in the config repo, by their paths there. */
export function valueFilesOf({ sources }: Pick<Application, 'sources'>, followed: Followed): string[] {
  const own = sources.filter((source) => follows(source, followed));
  return sources.flatMap((source) => source.valueFiles.flatMap((file) => valueFile(source, file, own)));
}

/** Where a value file lies in the config repo: in its source's folder, from its root, or in the source `$ref`. */
function valueFile(source: ApplicationSource, file: string, own: readonly ApplicationSource[]): string[] {
  const [, ref, path] = /^\$([^/]+)\/(.+)$/.exec(file) ?? [];
  if (ref !== undefined && path !== undefined) return own.some((one) => one.ref === ref) ? [posix.normalize(path)] : [];
  if (!own.includes(source) || /^[a-z][a-z0-9+.-]*:/i.test(file)) return [];
  return [file.startsWith('/') ? posix.normalize(file.slice(1)) : posix.join(folderOf(source.path), file)];
}

/** A source's path as a folder of the repository; `""` for all of it. */
export function folderOf(path: string): string {
  const folder = posix.normalize(path === '' ? '.' : path).replace(/^\/+|\/+$/g, '');
  return folder === '.' ? '' : folder;
}

function isIn(file: string, folder: string): boolean {
  return folder === '' || file === folder || file.startsWith(`${folder}/`);
}

/**
 * Whether an application that somebody else's template made reads one of the files itself. In a chart's folder there may
 * be files that the chart doesn't read but the template's maker does, such as a generator's `config.json`. Pure.
 */
export function reads(application: Application, followed: Followed, files: readonly string[]): boolean {
  const { sources, sourceTypes } = application;
  const charts = sources.flatMap((source, index) =>
    follows(source, followed) && (sourceTypes[index] ?? sourceTypes[0]) === 'Helm' ? [folderOf(source.path)] : [],
  );
  const unread = files.filter((file) =>
    charts.some(
      (folder) =>
        isIn(file, folder) &&
        !/^(?:Chart\.|values\.yaml$|(?:templates|charts|crds|files)\/)/.test(insideOf(file, folder)),
    ),
  );
  const others = files.filter((file) => !unread.includes(file));
  if (others.length > 0 && covers(application, followed, others)) return true;
  return unread.length > 0 && valueFilesOf(application, followed).some((file) => unread.includes(file));
}

function insideOf(file: string, folder: string): string {
  return folder === '' ? file : file.slice(folder.length + 1);
}

/** Whether a source follows whatever branch is the repository's HEAD. */
export function turnsToHead({ targetRevision }: ApplicationSource): boolean {
  return targetRevision === '' || targetRevision === 'HEAD';
}

/** Whether all values stand in an application's sources, each as a text of its own or as a word in one. Pure. */
export function carries(settings: readonly string[], values: readonly string[]): boolean {
  return values.length > 0 && values.every((value) => settings.some((text) => hasWord(text, value)));
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isWordly(text[at - 1]) && !isWordly(text[at + word.length])) return true;
  }
  return false;
}

function isWordly(character: string | undefined): boolean {
  return character !== undefined && /[\w]/.test(character);
}
