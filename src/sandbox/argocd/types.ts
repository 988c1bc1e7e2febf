import type { Manifest } from './render.ts';

/** An application to follow a config repo. */
export interface AppSpec {
  readonly name: string;
  /** Default `argocd`. */
  readonly namespace?: string;
  readonly project?: string;
  readonly sources: readonly {
    readonly repoURL: string;
    readonly path?: string;
    readonly targetRevision?: string;
    readonly chart?: string;
    /** Values over those of the chart's file, as `helm.parameters` sets them. */
    readonly helm?: { readonly parameters: readonly { readonly name: string; readonly value: string }[] };
  }[];
  /** Who made it and keeps it as it is. */
  readonly owner?: { readonly kind: 'ApplicationSet' | 'Application'; readonly name: string };
  /** Default true. */
  readonly automated?: boolean;
}

/** How long things take here, in milliseconds. */
export interface Pace {
  readonly compare: number;
  readonly sync: number;
  readonly rollout: number;
  /** Until a rollout that doesn't come to an end counts as failed: `progressDeadlineSeconds`. */
  readonly deadline: number;
}

/** What a rollout comes to. */
interface Rollout {
  readonly fault: { readonly status: string; readonly message: string } | undefined;
}

/** What an application is compared with, and how it gets there. */
export interface Backing {
  /** The commit and the manifests of a source. Throws an Error with Argo CD's words for what can't be rendered. */
  read(
    source: AppSpec['sources'][number],
  ): Promise<{ readonly revision: string; readonly manifests: readonly Manifest[] }>;
  /** What becomes of a workload's images. */
  roll(images: readonly string[]): Promise<Rollout>;
}

/** Mishaps to play, changed at any time. */
export interface Mishaps {
  /** Every sync fails with these words. */
  syncFails?: string | undefined;
  /** A hook of this name fails. */
  hookFails?: string | undefined;
  /** Workloads come out degraded with these words, whatever their images. */
  degraded?: string | undefined;
  /** Pods of new workloads wait for this and never start. */
  podWaits?: Rollout['fault'];
  /** A sync window is closed. */
  window?: boolean;
  /** Comparisons never end. */
  stuck?: boolean;
  /** It takes this many milliseconds until a change of its sources is seen. */
  blind?: number;
}

export interface LiveResource {
  readonly manifest: Manifest;
  /** When its pods were made, ISO 8601. */
  readonly since: string;
  /** Images that its pods run, where those aren't its own. */
  readonly runs?: readonly string[];
  health: string;
  message: string;
  /** The pod's waiting reason, if it waits. */
  waiting: { readonly status: string; readonly message: string } | undefined;
}

/** One application of the stand-in: its state as Argo CD's API shows it, moved by refreshes and syncs. */
export interface ArgoCdApp {
  readonly spec: AppSpec;
  readonly mishaps: Mishaps;
  readonly live: readonly LiveResource[];
  /** Changes its sources, as its owner does; Argo CD compares by itself then. */
  change(sources: AppSpec['sources']): void;
  /** The Application as JSON. */
  json(): Record<string, unknown>;
  /** Compares, and syncs where that is automatic. Resolves when it has compared. */
  refresh(): Promise<void>;
  /** `undefined` when it was begun, else why not. */
  sync(): 'running' | 'window' | undefined;
  /** Changes the state as it is shown, for what no rule here brings about. */
  patch(change: (json: Record<string, unknown>) => void): void;
  close(): void;
}
