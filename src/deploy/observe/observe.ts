import type { Application } from '../../wire/argocd/types.ts';
import type { Observation, Operation } from './observation.ts';
import { type Followed, ownSources } from './sources.ts';

/** What Argo CD shows of an application, as far as it concerns one config repo. Pure. */
export function observe(
  application: Application,
  followed: Followed,
  { failing, rolledOut }: Pick<Observation, 'failing' | 'rolledOut'> = { failing: [], rolledOut: false },
): Observation {
  const { deleting, refreshing, requested, sync, health, operation, reconciledAt, conditions, hydrator } = application;
  const { automated, changedSince, settings, images, resources } = application;
  const at = ownSources(application.sources, followed);
  const own = (revision: string, revisions: readonly string[]): string[] => {
    const found = application.multiSource ? at.map((index) => revisions[index] ?? '') : [revision];
    return found.every((one) => one !== '') ? found : [];
  };
  return {
    ...{ deleting, refreshing, requested, health, reconciledAt, conditions },
    ...{ automated, changedSince, settings, images, resources, failing, rolledOut },
    sync: sync.status,
    followed: at.length > 0,
    revisions: own(sync.revision, sync.revisions),
    operation:
      operation === undefined ? undefined : operationOf(operation, own(operation.revision, operation.revisions)),
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
