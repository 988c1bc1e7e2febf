import type { Application } from '../../wire/argocd/types.ts';
import type { Observation, Operation } from './observation.ts';
import { type Followed, ownSources } from './sources.ts';

/** What Argo CD shows of an application, as far as it concerns one config repo. Pure. */
export function observe(
  application: Application,
  followed: Followed,
  { failing, rolledOut }: Pick<Observation, 'failing' | 'rolledOut'> = { failing: [], rolledOut: false },
): Observation {
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
    followed: at.length > 0,
    revisions: own(sync.revision, sync.revisions),
    health: application.health,
    operation:
      operation === undefined ? undefined : operationOf(operation, own(operation.revision, operation.revisions)),
    reconciledAt: application.reconciledAt,
    conditions: application.conditions,
    automated: application.automated,
    changedSince: application.changedSince,
    settings: application.settings,
    images: application.images,
    resources: application.resources,
    failing,
    rolledOut,
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
  const { phase, message, startedAt, finishedAt, retryCount: retries, partial } = operation;
  return { phase, message, startedAt, finishedAt, retries, partial, revisions };
}
