import { openHistory } from '../../src/commit/order/history.ts';
import { usualArgoCd } from '../../src/config/check/argocd.ts';
import { planCommit } from '../../src/config/plan/run.ts';
import { watchDelivery } from '../../src/deploy/deploy.ts';
import { createFeed } from '../../src/deploy/observe/feed.ts';
import type { Happening } from '../../src/events.ts';
import type { ArgoCdPlan, DeployPlan, Verdict } from '../../src/plan/deploy.ts';
import type { PushedImage } from '../../src/plan/outcome.ts';
import { createArgoCd } from '../../src/wire/argocd/client.ts';
import { createKubernetesArgoCd } from '../../src/wire/kubernetes/applications.ts';
import { Secret } from '../../src/wire/secret.ts';
import type { Harbour } from '../support/argocd.ts';
import { fastClock, type TestWorld, testWorld } from '../support/world.ts';

/**
 * A world that tells what happens in it, and whose time moves on when it is told to: that a time is over then depends on
 * what was said, and not on how fast the machine is.
 */
export function toldWorld(react: (event: Happening, later: (ms: number) => void) => void, times = 50): TestWorld {
  const clock = fastClock(times);
  let offset = 0;
  const world = testWorld({ clock: { ...clock, now: () => clock.now() + offset } });
  const later = (ms: number): void => {
    offset += ms;
  };
  return {
    ...world,
    emit: (event) => {
      world.emit(event);
      react(event, later);
    },
  };
}

/** A world in which all time is over once it is said that something is waited for whose words have this in them. */
export function timeUpOn(words: string): TestWorld {
  return toldWorld((event, later) => {
    if (event.type === 'verdict.progress' && event.why.includes(words)) later(10_000_000);
  });
}

/** What is waited for, and how. */
export interface Asked {
  readonly commit: string;
  readonly tag?: string;
  /** The file that was set. Default the chart's values. */
  readonly file?: string;
  /** What was set is to be read from the commit, as where only a repository and an application are told. */
  readonly untold?: boolean;
  readonly images?: readonly PushedImage[];
  readonly argocd?: Partial<ArgoCdPlan>;
  readonly deploy?: Partial<DeployPlan>;
  readonly timeoutMs?: number;
  readonly token?: string;
  /** By the Kubernetes API instead of Argo CD's own. */
  readonly kube?: boolean;
  readonly webhookSecret?: string;
}

/** Waits for a commit as a run would. */
export async function watch(
  { argocd, repo }: Harbour,
  asked: Asked,
  world: TestWorld = testWorld({ clock: fastClock() }),
): Promise<Verdict[]> {
  const { clock, random, signal, http } = world;
  const plan = {
    ...usualArgoCd,
    server: argocd.url,
    timeoutMs: asked.timeoutMs ?? 3_000_000,
    longestMs: asked.timeoutMs ?? 3_600_000,
    webhookSecret: asked.webhookSecret,
    ...asked.argocd,
  };
  const file = asked.file ?? 'main/values.yaml';
  const delivery = planCommit({
    repo,
    branch: 'main',
    edits: [{ file, path: '.front.imageTag', value: asked.tag ?? 'b', create: false }],
    actions: false,
  });
  const history = openHistory(world, delivery, undefined, clock.now() + 1e9);
  const way = asked.kube === true ? createKubernetesArgoCd : createArgoCd;
  const api = way({
    namespace: 'argocd',
    http,
    clock,
    random,
    notice: world.notice,
    signal,
    url: argocd.url,
    token: async () => (asked.token === undefined ? undefined : new Secret(asked.token, 'token')),
  });
  const deploy: DeployPlan = {
    argocd: plan,
    applications: [{ name: 'front', namespace: undefined, project: undefined }],
    sync: false,
    onUnhealthy: 'fail',
    environment: undefined,
    ...asked.deploy,
  };
  const told = [{ file, after: asked.tag ?? 'b' }];
  try {
    const changes = asked.untold === true ? await history.changes(asked.commit) : told;
    return await watchDelivery(
      world,
      world.emit,
      { argocd: api, feed: createFeed(world, api), with: 'the token', http },
      {
        ...{ delivery: 'main', repo, branch: 'main', commit: asked.commit, parent: undefined },
        ...{
          files: [...new Set(changes.map((change) => change.file))],
          changes,
          images: asked.images ?? [],
        },
        history: {
          relation: (revision) => history.relation(revision, asked.commit),
          keeps: (revision) => history.keeps(revision, asked.commit),
          isHead: () => history.isHead(),
          removed: () => history.removed(asked.commit),
          texts: (files) => history.texts(asked.commit, files),
        },
        deploy,
      },
    );
  } finally {
    await history.close();
  }
}
