import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { at, isObject, listAt, numberAt, optionalText, textAt, textFields, textsAt } from '../fields.ts';
import type {
  Application,
  ApplicationOwner,
  ApplicationSource,
  HydratorStatus,
  OperationState,
  ResourceStatus,
} from './types.ts';

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
    into: optionalText(value, 'spec', 'destination', 'namespace'),
    uid: textAt(value, 'metadata', 'uid'),
    owner: ownerOf(at(value, 'metadata'), name),
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
    sourceTypes: sourceTypesOf(status),
    generatePaths: generatePathsOf(value),
    settings: settingsIn([at(value, 'spec', 'source'), at(value, 'spec', 'sources'), dry]),
    changedSince: !isObject(dry) && isChangedSince(value),
    automated: isAutomated(at(value, 'spec', 'syncPolicy', 'automated')),
    sync: { ...textFields(at(status, 'sync'), 'status', 'revision'), revisions: textsAt(status, 'sync', 'revisions') },
    health: {
      ...textFields(at(status, 'health'), 'status', 'message'),
      since: optionalText(status, 'health', 'lastTransitionTime'),
    },
    operation: isObject(at(status, 'operationState')) ? operationOf(at(status, 'operationState')) : undefined,
    reconciledAt: optionalText(status, 'reconciledAt'),
    conditions: listAt(status, 'conditions').map((one) => ({
      ...textFields(one, 'type', 'message'),
      since: optionalText(one, 'lastTransitionTime'),
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
    ...textFields(value, 'path', 'targetRevision', 'chart', 'ref'),
    valueFiles: textsAt(value, 'helm', 'valueFiles'),
    made: manifestOptionsOf(value),
  };
}

const known = [
  ...['valueFiles', 'ignoreMissingValueFiles', 'releaseName', 'namespace'],
  ...['values', 'valuesObject', 'parameters', 'version'],
];

function manifestOptionsOf(source: unknown): ApplicationSource['made'] {
  const helm = at(source, 'helm');
  const object = at(helm, 'valuesObject');
  const text = at(helm, 'values');
  const keysOf = (key: string) => Object.keys(withoutEmpty(at(source, key)) ?? {}).map((name) => `${key}.${name}`);
  return {
    release: optionalText(helm, 'releaseName'),
    namespace: optionalText(helm, 'namespace'),
    mayMiss: at(helm, 'ignoreMissingValueFiles') === true,
    // As Argo CD takes them: the object comes before the text.
    values: isObject(object) ? JSON.stringify(object) : typeof text === 'string' && text !== '' ? text : undefined,
    parameters: listAt(helm, 'parameters').map((one) => ({
      ...{ name: textAt(one, 'name'), value: textAt(one, 'value'), text: at(one, 'forceString') === true },
    })),
    others: [
      ...keysOf('helm').filter((key) => !known.includes(key.slice('helm.'.length))),
      ...['kustomize', 'plugin'].flatMap(keysOf),
      ...keysOf('directory').filter((key) => key !== 'directory.recurse'),
    ],
  };
}

/** By its owner reference, its tracking id (`owner:argoproj.io/Application:namespace/name`) or its instance label. */
function ownerOf(metadata: unknown, name: string): ApplicationOwner | undefined {
  const set = listAt(metadata, 'ownerReferences').find((one) => textAt(one, 'kind') === 'ApplicationSet');
  if (set !== undefined)
    return { kind: 'ApplicationSet', name: textAt(set, 'name'), namespace: textAt(metadata, 'namespace') || undefined };
  const [tracked = ''] = textAt(metadata, 'annotations', 'argocd.argoproj.io/tracking-id').split(':');
  // An application of another namespace is told as `namespace_name`; neither holds an underscore of its own.
  const [, namespace, owner] = /^(?:(.+)_)?(.+)$/.exec(
    tracked || textAt(metadata, 'labels', 'app.kubernetes.io/instance'),
  ) ?? [undefined, undefined, ''];
  return owner === undefined || owner === '' || owner === name
    ? undefined
    : { kind: 'Application', name: owner, namespace };
}

function sourceTypesOf(status: unknown): string[] {
  const many = textsAt(status, 'sourceTypes');
  const one = optionalText(status, 'sourceType');
  return many.length > 0 ? many : one === undefined ? [] : [one];
}

/** The annotation's paths, `;` between them; one without a slash before it is seen from each source's own path. */
function generatePathsOf(value: unknown): string[] {
  const text = textAt(value, 'metadata', 'annotations', 'argocd.argoproj.io/manifest-generate-paths');
  const single = at(value, 'spec', 'source');
  const sources = isObject(single) ? [single] : listAt(value, 'spec', 'sources');
  return text
    .split(';')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .flatMap((path) => (path.startsWith('/') ? [path] : sources.map((one) => posix.join(textAt(one, 'path'), path))))
    .map((path) => posix.normalize(path).replace(/^\/+|\/+$|^\.$/g, ''));
}

/** All scalars below a value, as texts; what they are called is the owner's business. */
function settingsIn(value: unknown, depth = 0): string[] {
  if (depth > 20) return [];
  if (Array.isArray(value)) return value.slice(0, 1_000).flatMap((one) => settingsIn(one, depth + 1));
  if (isObject(value)) return Object.values(value).flatMap((one) => settingsIn(one, depth + 1));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
}

/** Both were written by Go, which leaves out what is empty; a hand-written spec may not have. */
function isChangedSince(value: unknown): boolean {
  const compared = at(value, 'status', 'sync', 'comparedTo');
  return ['source', 'sources'].some((key) => {
    const then = withoutEmpty(at(compared, key));
    return then !== undefined && !isDeepStrictEqual(then, withoutEmpty(at(value, 'spec', key)));
  });
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (!isObject(value)) return value === '' || value === null || value === false || value === 0 ? undefined : value;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const left = withoutEmpty(inner);
    return left === undefined ? [] : [[key, left] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function operationOf(value: unknown): OperationState {
  const result = at(value, 'syncResult');
  const asked = at(value, 'operation', 'sync');
  const revisions = textsAt(result, 'revisions');
  return {
    ...textFields(value, 'phase', 'message'),
    startedAt: optionalText(value, 'startedAt'),
    finishedAt: optionalText(value, 'finishedAt'),
    retryCount: numberAt(value, 'retryCount'),
    // Auto-sync picks resources only to heal what a whole sync has applied before.
    partial:
      at(asked, 'dryRun') === true ||
      (listAt(asked, 'resources').length > 0 && at(value, 'operation', 'initiatedBy', 'automated') !== true),
    revision: textAt(result, 'revision') || textAt(asked, 'revision'),
    revisions: revisions.length > 0 ? revisions : textsAt(asked, 'revisions'),
    resources: listAt(result, 'resources').map((one) =>
      textFields(one, 'kind', 'namespace', 'name', 'status', 'hookPhase', 'message'),
    ),
  };
}

function resourceOf(value: unknown): ResourceStatus {
  return {
    ...textFields(value, 'group', 'version', 'kind', 'namespace', 'name', 'status'),
    health: textAt(value, 'health', 'status'),
    message: textAt(value, 'health', 'message'),
    leftOver: at(value, 'requiresPruning') === true,
  };
}

function hydratorOf(value: unknown): HydratorStatus {
  const current = at(value, 'currentOperation');
  const done = at(value, 'lastSuccessfulOperation');
  return {
    current: { ...textFields(current, 'phase', 'message'), drySha: textAt(current, 'drySHA') },
    done: isObject(done) ? { drySha: textAt(done, 'drySHA'), hydratedSha: textAt(done, 'hydratedSHA') } : undefined,
    lastComparedDryRevision: optionalText(value, 'lastComparedDryRevision'),
  };
}
