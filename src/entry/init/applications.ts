import { parseAllDocuments } from 'yaml';
import { covers } from '../../deploy/observe/sources.ts';
import { readApplication } from '../../wire/argocd/application.ts';
import type { Application, ApplicationSource } from '../../wire/argocd/types.ts';
import { isObject } from '../../wire/fields.ts';
import type { Texts } from './find-images.ts';

/** An Argo CD application that a file declares, as Argo CD itself would show it. */
export interface DeclaredApplication extends Application {
  readonly file: string;
}

/** The Argo CD applications among the files. What is a template isn't read. Pure. */
export function declaredApplications(texts: Texts): DeclaredApplication[] {
  return Object.entries(texts).flatMap(([file, text]) => {
    if (!/\.ya?ml$/.test(file) || !/kind:\s*["']?Application\b/.test(text)) return [];
    const declared = manifestsIn(text).filter(({ kind }) => kind === 'Application');
    return declared.flatMap((manifest) => readApplication(manifest) ?? []).map((one) => ({ ...one, file }));
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

/** The branch, tag or commit that a source names; undefined for HEAD. */
export function revisionOf({ targetRevision }: ApplicationSource): string | undefined {
  return targetRevision === '' || targetRevision === 'HEAD' ? undefined : targetRevision.replace(/^refs\/heads\//, '');
}

/** The source by which an application deploys a file: by its folder, or as one of its values files. */
export function sourceDeploying(
  file: string,
  { sources }: Pick<Application, 'sources'>,
): ApplicationSource | undefined {
  return sources.find((source) =>
    covers({ sources, generatePaths: [] }, { repo: source.repoUrl, branch: revisionOf(source) ?? '' }, [file]),
  );
}
