import type { Application, ApplicationSource } from '../../wire/argocd/types.ts';
import type { Observation, Operation } from './observation.ts';

/** The config repo and branch that an application is asked about. */
export interface Followed {
  readonly repo: string;
  readonly branch: string;
}

/** What Argo CD shows of an application, as far as it concerns one config repo. Pure. */
export function observe(application: Application, followed: Followed): Observation {
  const { sync, operation, hydrator } = application;
  const at = ownSources(application.sources, followed);
  const own = (revision: string, revisions: readonly string[]): string[] => {
    const found = application.multiSource ? at.map((index) => revisions[index] ?? '') : [revision];
    return found.every((one) => one !== '') ? found : [];
  };
  return {
    deleting: application.deleting,
    refreshing: application.refreshing,
    requested: application.requested,
    sync: sync.status,
    revisions: own(sync.revision, sync.revisions),
    health: application.health,
    operation:
      operation === undefined ? undefined : operationOf(operation, own(operation.revision, operation.revisions)),
    reconciledAt: application.reconciledAt,
    conditions: application.conditions,
    automated: application.automated,
    images: application.images,
    hydrator: application.hydrated
      ? {
          phase: hydrator?.current.phase ?? '',
          message: hydrator?.current.message ?? '',
          drySha: hydrator?.current.drySha ?? '',
          done: hydrator?.done,
          compared: hydrator?.lastComparedDryRevision,
        }
      : undefined,
  };
}

function operationOf(operation: NonNullable<Application['operation']>, revisions: readonly string[]): Operation {
  const { phase, message, startedAt, finishedAt, retryCount: retries } = operation;
  return { phase, message, startedAt, finishedAt, retries, revisions };
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
