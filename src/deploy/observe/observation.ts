import type { Application, OperationState } from '../../wire/argocd/types.ts';

/** What of an application concerns every config repo alike. */
type Shared =
  | 'deleting'
  | 'refreshing'
  | 'requested'
  | 'reconciledAt'
  | 'conditions'
  | 'automated'
  | 'changedSince'
  | 'settings'
  | 'images'
  | 'resources';

/** An application as far as a verdict needs it: Argo CD's fields under their own words, nothing judged. */
export interface Observation extends Pick<Application, Shared> {
  readonly sync: string;
  /** One of its sources is our config repo's branch. */
  readonly followed: boolean;
  /** What our config repo's sources are compared with: the commit that is live if Synced, else the one to get to. */
  readonly revisions: readonly string[];
  /** `since`: when it became that, ISO 8601 in whole seconds. */
  readonly health: { readonly status: string; readonly message: string; readonly since?: string | undefined };
  readonly operation: Operation | undefined;
  /** Pods of our rollout that fail to start, as they were last seen. */
  readonly failing: readonly FailingPod[];
  /** While this was its state, the cluster itself said that every rollout of it is over. */
  readonly rolledOut: boolean;
  readonly hydrator: Hydrator | undefined;
}

/** The last sync, or the one under way. */
export interface Operation extends Pick<OperationState, 'phase' | 'message' | 'startedAt' | 'finishedAt' | 'partial'> {
  readonly retries: number;
  /** What it syncs to, of our config repo's sources; empty when that isn't known. */
  readonly revisions: readonly string[];
}

/** A pod that doesn't come up by itself: its image, its configuration or its program is at fault. */
export interface FailingPod {
  /** With the container after it, in parentheses. */
  readonly name: string;
  /** What is at fault, which stays the same while the pod's status goes to and fro. */
  readonly cause: 'image' | 'configuration' | 'program';
  /** Kubernetes' word and message. */
  readonly status: string;
  readonly message: string;
}

/** Argo CD's source hydrator: our commit is dry, what is synced is another one made from it. */
export interface Hydrator {
  readonly phase: string;
  readonly message: string;
  /** The dry commit being hydrated or last tried. */
  readonly drySha: string;
  readonly done: { readonly drySha: string; readonly hydratedSha: string } | undefined;
  /** A dry commit that needed no hydration. */
  readonly compared: string | undefined;
}
