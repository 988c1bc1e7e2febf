import { parse } from 'yaml';
import type { Manifest } from './render.ts';
import type { AppSpec } from './types.ts';

/** A resource that a sync failed at, as its result tells. */
export function failedResult(manifest: Manifest | undefined, failure: string): Record<string, unknown> {
  const { kind = '', name = '', hook } = manifest ?? {};
  const own = { group: '', version: 'v1', kind, namespace: 'default', name };
  if (hook === undefined) return { ...own, status: 'SyncFailed', message: failure };
  const message = 'Job has reached the specified backoff limit';
  return { ...own, status: 'Synced', hookType: hook, hookPhase: 'Failed', message };
}

/** An Application's metadata, with what tells who made it. */
export function metadataOf(
  { name, namespace = 'argocd', owner }: AppSpec,
  annotations: Readonly<Record<string, string>>,
): object {
  const tracked =
    owner?.kind === 'Application'
      ? { 'argocd.argoproj.io/tracking-id': `${owner.name}:argoproj.io/Application:${namespace}/${name}` }
      : {};
  const all = { ...tracked, ...annotations };
  return {
    ...{ name, namespace, annotations: Object.keys(all).length === 0 ? undefined : all },
    ownerReferences: owner?.kind === 'ApplicationSet' ? [{ kind: owner.kind, name: owner.name }] : undefined,
  };
}

/** The application that another one's manifest makes. */
export function applicationIn({ name, text }: Manifest, by: string): AppSpec {
  const { spec } = parse(text) as { spec: { source: AppSpec['sources'][number] } };
  return { name, sources: [spec.source], owner: { kind: 'Application', name: by } };
}
