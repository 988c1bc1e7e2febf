import { at, isObject, listAt, numberAt, optionalText, textAt, textsAt } from '../fields.ts';
import type { Application, ApplicationSource, HydratorStatus, OperationState, ResourceStatus } from './types.ts';

/** An Application out of JSON; undefined when it has no name, which is no Application. */
export function readApplication(value: unknown): Application | undefined {
  const name = textAt(value, 'metadata', 'name');
  if (name === '') return undefined;
  const dry = at(value, 'spec', 'sourceHydrator', 'drySource');
  const many = listAt(value, 'spec', 'sources');
  const status = at(value, 'status');
  return {
    name,
    namespace: textAt(value, 'metadata', 'namespace'),
    project: textAt(value, 'spec', 'project') || 'default',
    deleting: textAt(value, 'metadata', 'deletionTimestamp') !== '',
    refreshing: at(value, 'metadata', 'annotations', 'argocd.argoproj.io/refresh') !== undefined,
    requested: isObject(at(value, 'operation')),
    sources: isObject(dry)
      ? [sourceOf(dry)]
      : many.length > 0
        ? many.map(sourceOf)
        : [sourceOf(at(value, 'spec', 'source'))],
    multiSource: many.length > 0,
    hydrated: isObject(dry),
    automated: isAutomated(at(value, 'spec', 'syncPolicy', 'automated')),
    sync: {
      status: textAt(status, 'sync', 'status'),
      revision: textAt(status, 'sync', 'revision'),
      revisions: textsAt(status, 'sync', 'revisions'),
    },
    health: {
      status: textAt(status, 'health', 'status'),
      message: textAt(status, 'health', 'message'),
      since: optionalText(status, 'health', 'lastTransitionTime'),
    },
    operation: isObject(at(status, 'operationState')) ? operationOf(at(status, 'operationState')) : undefined,
    reconciledAt: optionalText(status, 'reconciledAt'),
    conditions: listAt(status, 'conditions').map((one) => ({
      type: textAt(one, 'type'),
      message: textAt(one, 'message'),
    })),
    resources: listAt(status, 'resources').map(resourceOf),
    images: textsAt(status, 'summary', 'images'),
    hydrator: isObject(at(status, 'sourceHydrator')) ? hydratorOf(at(status, 'sourceHydrator')) : undefined,
  };
}

/** Automated sync can be there and switched off (`enabled: false`, since v3.1). */
function isAutomated(policy: unknown): boolean {
  return isObject(policy) && policy.enabled !== false;
}

function sourceOf(value: unknown): ApplicationSource {
  return {
    repoUrl: textAt(value, 'repoURL'),
    path: textAt(value, 'path'),
    targetRevision: textAt(value, 'targetRevision'),
    chart: textAt(value, 'chart'),
  };
}

function operationOf(value: unknown): OperationState {
  const result = at(value, 'syncResult');
  const asked = at(value, 'operation', 'sync');
  const revisions = textsAt(result, 'revisions');
  return {
    phase: textAt(value, 'phase'),
    message: textAt(value, 'message'),
    startedAt: optionalText(value, 'startedAt'),
    finishedAt: optionalText(value, 'finishedAt'),
    retryCount: numberAt(value, 'retryCount'),
    revision: textAt(result, 'revision') || textAt(asked, 'revision'),
    revisions: revisions.length > 0 ? revisions : textsAt(asked, 'revisions'),
    resources: listAt(result, 'resources').map((one) => ({
      kind: textAt(one, 'kind'),
      namespace: textAt(one, 'namespace'),
      name: textAt(one, 'name'),
      status: textAt(one, 'status'),
      hookPhase: textAt(one, 'hookPhase'),
      message: textAt(one, 'message'),
    })),
  };
}

function resourceOf(value: unknown): ResourceStatus {
  return {
    group: textAt(value, 'group'),
    version: textAt(value, 'version'),
    kind: textAt(value, 'kind'),
    namespace: textAt(value, 'namespace'),
    name: textAt(value, 'name'),
    status: textAt(value, 'status'),
    health: textAt(value, 'health', 'status'),
    message: textAt(value, 'health', 'message'),
  };
}

function hydratorOf(value: unknown): HydratorStatus {
  const current = at(value, 'currentOperation');
  const done = at(value, 'lastSuccessfulOperation');
  return {
    current: {
      phase: textAt(current, 'phase'),
      message: textAt(current, 'message'),
      drySha: textAt(current, 'drySHA'),
    },
    done: isObject(done) ? { drySha: textAt(done, 'drySHA'), hydratedSha: textAt(done, 'hydratedSHA') } : undefined,
    lastComparedDryRevision: optionalText(value, 'lastComparedDryRevision'),
  };
}
