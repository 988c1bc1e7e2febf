/** An application as far as a verdict needs it: Argo CD's fields under their own words, nothing judged. */
export interface Observation {
  /** Is being deleted. */
  readonly deleting: boolean;
  /** A refresh was asked for and isn't done (annotation `argocd.argoproj.io/refresh`). */
  readonly refreshing: boolean;
  /** A sync was asked for and hasn't begun (`operation`). */
  readonly requested: boolean;
  readonly sync: string;
  /** What our config repo's sources are compared with: the commit that is live if Synced, else the one to get to. */
  readonly revisions: readonly string[];
  /** `since`: when it became that, ISO 8601 in whole seconds. */
  readonly health: { readonly status: string; readonly message: string; readonly since?: string | undefined };
  readonly operation: Operation | undefined;
  /** When the state was last compared, ISO 8601 in whole seconds. */
  readonly reconciledAt: string | undefined;
  readonly conditions: readonly Condition[];
  /** Syncs by itself. */
  readonly automated: boolean;
  /** Images that its pods run. */
  readonly images: readonly string[];
  readonly hydrator: Hydrator | undefined;
}

/** The last sync, or the one under way. */
export interface Operation {
  /** `Running`, `Terminating`, `Failed`, `Error`, `Succeeded`. */
  readonly phase: string;
  readonly message: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  readonly retries: number;
  /** What it syncs to, of our config repo's sources; empty when that isn't known. */
  readonly revisions: readonly string[];
}

export interface Condition {
  readonly type: string;
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
