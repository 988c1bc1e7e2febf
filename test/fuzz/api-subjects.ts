import { sourceOf, trailersOf } from '../../src/commit/order/trailers.ts';
import { observe } from '../../src/deploy/observe/observe.ts';
import { podFault } from '../../src/deploy/reason/pod.ts';
import { readApplication } from '../../src/wire/argocd/application.ts';
import { eventOf } from '../../src/wire/argocd/client.ts';
import { jsonLines } from '../../src/wire/argocd/lines.ts';
import { WireFailure } from '../../src/wire/failure.ts';
import { commitOnBranch } from '../../src/wire/github/commit-on-branch.ts';
import { Secret } from '../../src/wire/secret.ts';
import { answering, json, never, type Subject, text } from './subject.ts';

const wireFailure = (error: unknown): boolean => error instanceof WireFailure;

const id = '0123456789abcdef0123456789abcdef01234567';
const source = { repoURL: 'https://git.test/acme/config.git', path: 'main', targetRevision: 'main' };
const application = {
  metadata: { name: 'shop', namespace: 'argocd', annotations: { 'argocd.argoproj.io/refresh': 'hard' } },
  spec: {
    project: 'default',
    sources: [source, { ...source, chart: 'x' }],
    syncPolicy: { automated: { enabled: true } },
  },
  operation: { sync: { revision: id } },
  status: {
    sync: { status: 'OutOfSync', revision: id, revisions: [id, id] },
    health: { status: 'Degraded', message: 'no', lastTransitionTime: '2026-01-01T00:00:00Z' },
    operationState: {
      ...{ phase: 'Failed', message: 'x', startedAt: '2026-01-01T00:00:00Z', retryCount: 2 },
      syncResult: { revisions: [id], resources: [{ kind: 'Job', name: 'migrate', hookPhase: 'Failed' }] },
    },
    conditions: [{ type: 'ComparisonError', message: 'y' }],
    resources: [{ kind: 'Deployment', name: 'web', status: 'Synced', health: { status: 'Progressing' } }],
    summary: { images: ['registry.test/web:1'] },
    sourceHydrator: { currentOperation: { phase: 'Hydrating' }, lastSuccessfulOperation: { drySHA: id } },
  },
};
const pod = {
  status: {
    containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ImagePullBackOff', message: 'no' } } }],
    initContainerStatuses: [{ name: 'init', lastState: { terminated: { exitCode: 1, reason: 'Error' } } }],
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
  },
};
const event = { type: 'Warning', reason: 'Failed', message: 'x', count: 3, lastTimestamp: '2026-01-01T00:00:00Z' };

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // What is no JSON at all never reaches these readers.
    return undefined;
  }
}

/** What Argo CD, Kubernetes and GitHub's APIs send, and what others write into commit messages. */
export const apiSubjects: readonly Subject[] = [
  {
    name: 'an application',
    inputs: [json(application)],
    read: (bytes) => {
      const read = readApplication(parsed(bytes));
      if (read !== undefined) observe(read, { repo: source.repoURL, branch: 'main' });
    },
    declared: never,
  },
  {
    name: 'a pod and its events',
    inputs: [json(pod), json(event)],
    read: (bytes) => {
      podFault(parsed(bytes));
      eventOf(parsed(bytes));
    },
    declared: never,
  },
  {
    name: 'a stream of values',
    inputs: [
      text(`data: ${JSON.stringify(event)}\n\n: a comment\n`, `${JSON.stringify({ result: event })}\nevent: x\n`),
    ],
    read: async (bytes) => {
      const from = { url: 'https://argocd.test/', limit: 1_000 };
      const chunks = (async function* () {
        for (let at = 0; at < bytes.byteLength; at += 33) yield bytes.subarray(at, at + 33);
      })();
      for await (const value of jsonLines(chunks, from)) void value;
    },
    declared: wireFailure,
  },
  {
    name: 'the answer to a commit by GitHub',
    inputs: [
      json({ data: { createCommitOnBranch: { commit: { oid: id } } } }),
      json({ data: null, errors: [{ type: 'STALE_DATA', message: 'Expected branch to point to …', path: [] }] }),
    ],
    read: (bytes) =>
      commitOnBranch(
        answering(bytes),
        { url: 'https://api.github.test/graphql', authorization: new Secret('token x', 'token') },
        { repository: 'acme/config', branch: 'main', expectedHead: id, headline: 'x', body: '', additions: [] },
        { signal: new AbortController().signal, idleMs: 1_000, now: 0 },
      ),
    declared: wireFailure,
  },
  {
    name: "a message's trailers",
    inputs: [
      text(
        `Set front\n\nWhy\n\nTagboat-Source: https://git.test/app@${id}\nTagboat-Set: main/values.yaml:.front.imageTag=b\n`,
      ),
    ],
    read: (bytes) => {
      trailersOf(bytes.toString('utf8'));
      sourceOf(bytes.toString('utf8'));
    },
    declared: never,
  },
];
