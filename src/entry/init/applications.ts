import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { at, isObject, listAt, textAt, textsAt } from '../../wire/fields.ts';
import type { Texts } from './find-images.ts';

/** An Argo CD application that a file declares. */
export interface DeclaredApplication {
  readonly file: string;
  readonly name: string;
  readonly sources: readonly DeclaredSource[];
  /** Folders of the repository whose changes count, by `manifest-generate-paths`; none where all do. */
  readonly generatePaths: readonly string[];
}

interface DeclaredSource {
  readonly repo: string;
  /** Undefined where the source only lends its files to another one. */
  readonly path: string | undefined;
  /** The branch, tag or commit; undefined for HEAD. */
  readonly revision: string | undefined;
  /** Values files, from the root of this source's repository. */
  readonly valueFiles: readonly string[];
}

/** The Argo CD applications among the files. What is a template isn't read. Pure. */
export function declaredApplications(texts: Texts): DeclaredApplication[] {
  return Object.entries(texts).flatMap(([file, text]) => {
    if (!/\.ya?ml$/.test(file) || !/kind:\s*["']?Application\b/.test(text)) return [];
    return manifestsIn(text).flatMap((manifest) =>
      manifest.kind === 'Application' ? [applicationIn(file, manifest)] : [],
    );
  });
}

/** The documents of a text that are maps; none of a template. */
export function manifestsIn(text: string): Readonly<Record<string, unknown>>[] {
  if (text.includes('{{')) return [];
  return [parseAllDocuments(text, { strict: false, logLevel: 'silent' })].flat().flatMap((document) => {
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
    return isObject(value) ? [value] : [];
  });
}

function applicationIn(file: string, manifest: Readonly<Record<string, unknown>>): DeclaredApplication {
  const source = at(manifest, 'spec', 'source');
  const all = source === undefined ? listAt(manifest, 'spec', 'sources') : [source];
  // `$values/shop.yaml` is a file of the source whose `ref` is `values`.
  const lent = all.flatMap((one) => textsAt(one, 'helm', 'valueFiles')).filter((name) => name.startsWith('$'));
  const sources = all.map((one): DeclaredSource => {
    const [path, ref] = [textAt(one, 'path'), textAt(one, 'ref')];
    const revision = String(at(one, 'targetRevision') ?? '');
    const own = textsAt(one, 'helm', 'valueFiles').filter((name) => !/^\$|:\/\//.test(name));
    return {
      repo: textAt(one, 'repoURL'),
      path: path === '' ? undefined : clean(path),
      revision: revision === '' || revision === 'HEAD' ? undefined : revision.replace(/^refs\/heads\//, ''),
      valueFiles: [
        ...own.map((name) => clean(name.startsWith('/') ? name : posix.join(path, name))),
        ...(ref === ''
          ? []
          : lent.filter((name) => name.startsWith(`$${ref}/`)).map((name) => clean(name.slice(ref.length + 2)))),
      ],
    };
  });
  const paths = textAt(manifest, 'metadata', 'annotations', 'argocd.argoproj.io/manifest-generate-paths').split(';');
  const given = paths.map((one) => one.trim()).filter((one) => one !== '');
  // One that begins with a slash is seen from the root, any other from the folder of each source.
  const generatePaths = given.flatMap((one) =>
    one.startsWith('/') ? [clean(one)] : sources.map(({ path = '' }) => clean(posix.join(path, one))),
  );
  return { file, name: textAt(manifest, 'metadata', 'name'), sources, generatePaths };
}

/** A path from the repository's root; `""` is the root itself. */
function clean(path: string): string {
  const normal = posix.normalize(path).replace(/^\/+|\/+$/g, '');
  return normal === '.' ? '' : normal;
}

/** Whether a file lies in a folder of the repository, at whatever depth. */
export function isBelow(file: string, folder: string): boolean {
  return folder === '' || file === folder || file.startsWith(`${folder}/`);
}

/** The source by which an application deploys a file: by its folder, or as one of its values files. */
export function sourceDeploying(file: string, { sources }: DeclaredApplication): DeclaredSource | undefined {
  return sources.find(
    ({ path, valueFiles }) => valueFiles.includes(file) || (path !== undefined && isBelow(file, path)),
  );
}
