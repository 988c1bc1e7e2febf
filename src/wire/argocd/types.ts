/** Argo CD's Application (argoproj.io/v1alpha1) as far as it is read here, under its own field names. */
export interface Application {
  readonly name: string;
  readonly namespace: string;
  readonly project: string;
  /** The namespace that it deploys to. */
  readonly into?: string | undefined;
  readonly uid: string;
  /** Who made it and keeps it as it is: an ApplicationSet, or another Application by Argo CD's tracking. */
  readonly owner: ApplicationOwner | undefined;
  /** `metadata.deletionTimestamp` is set. */
  readonly deleting: boolean;
  /** The annotation `argocd.argoproj.io/refresh` is there. */
  readonly refreshing: boolean;
  /** `operation` is there: a sync that was asked for. */
  readonly requested: boolean;
  /** One for `spec.source`, all of `spec.sources`. With a hydrator, its dry source. */
  readonly sources: readonly ApplicationSource[];
  /** `spec.sources` is used, so `revisions` counts and `revision` doesn't. */
  readonly multiSource: boolean;
  readonly hydrated: boolean;
  readonly automated: boolean;
  /** `Helm`, `Kustomize`, `Directory` or `Plugin`, one for each source; none before the first comparison. */
  readonly sourceTypes: readonly string[];
  /** Folders and files that the annotation `manifest-generate-paths` names as its own, seen from the repository. */
  readonly generatePaths: readonly string[];
  /** The texts, numbers and switches of its sources: what an owner may have carried into it. */
  readonly settings: readonly string[];
  /** The sources have been changed since the state was compared (`status.sync.comparedTo`). */
  readonly changedSince: boolean;
  readonly sync: { readonly status: string; readonly revision: string; readonly revisions: readonly string[] };
  readonly health: { readonly status: string; readonly message: string; readonly since: string | undefined };
  readonly operation: OperationState | undefined;
  /** When the state was last compared, ISO 8601 in whole seconds. */
  readonly reconciledAt: string | undefined;
  readonly conditions: readonly ApplicationCondition[];
  /** None where they weren't told. */
  readonly resources: readonly ResourceStatus[];
  /** Those that its pods run. */
  readonly images: readonly string[];
  readonly hydrator: HydratorStatus | undefined;
}

export interface ApplicationOwner {
  readonly kind: 'ApplicationSet' | 'Application';
  readonly name: string;
  readonly namespace: string | undefined;
}

export interface ApplicationCondition {
  readonly type: string;
  readonly message: string;
  /** `lastTransitionTime`, ISO 8601 in whole seconds. */
  readonly since?: string | undefined;
}

export interface ApplicationSource {
  readonly repoUrl: string;
  readonly path: string;
  readonly targetRevision: string;
  /** A Helm repository's or OCI source's chart: then revisions are versions, not commits. */
  readonly chart: string;
  /** The name under which other sources' value files use it, `$ref/…`. */
  readonly ref: string;
  /** `helm.valueFiles`, as they are written. */
  readonly valueFiles: readonly string[];
  /** The rest of `helm`, and whether it has more that manifests are made of: a kustomization's options, files, a plugin. */
  readonly made?: ManifestOptions | undefined;
}

/** What an application has of its own for making manifests. */
interface ManifestOptions {
  readonly release: string | undefined;
  readonly namespace: string | undefined;
  /** YAML, or JSON of `valuesObject`. */
  readonly values: string | undefined;
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly text: boolean }[];
  /** `ignoreMissingValueFiles`. */
  readonly mayMiss: boolean;
  /** Keys of the rest, such as `kustomize.images`. */
  readonly others: readonly string[];
}

export interface OperationState {
  /** `Running`, `Terminating`, `Failed`, `Error`, `Succeeded`. */
  readonly phase: string;
  readonly message: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  readonly retryCount: number;
  /** It syncs chosen resources, or nothing at all (a dry run). */
  readonly partial: boolean;
  /** `syncResult`'s, or the operation's own while there is none. */
  readonly revision: string;
  readonly revisions: readonly string[];
  readonly resources: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly status: string;
    readonly hookPhase: string;
    readonly message: string;
  }[];
}

interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly health: string;
  readonly message: string;
}

export interface ResourceStatus extends Resource {
  readonly status: string;
  /** It isn't in the manifests any more, and a sync with prune would delete it. */
  readonly leftOver: boolean;
}

export interface HydratorStatus {
  readonly current: { readonly phase: string; readonly message: string; readonly drySha: string };
  readonly done: { readonly drySha: string; readonly hydratedSha: string } | undefined;
  readonly lastComparedDryRevision: string | undefined;
}

/** Which application. */
export interface AppRef {
  readonly name: string;
  readonly namespace?: string | undefined;
  /** With it, Argo CD answers 404 for a missing application; without, 403 for a missing and a hidden one alike. */
  readonly project?: string | undefined;
}

/** A node of the resource tree. */
export interface TreeNode extends Resource {
  readonly uid: string;
  readonly parents: readonly string[];
  readonly images: readonly string[];
  readonly createdAt: string;
  /** What the UI shows beside it, such as a pod's `Status Reason`. */
  readonly info: Readonly<Record<string, string>>;
}

export interface ResourceEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly at: string;
}

/** An application changed, appeared or went. */
export interface ApplicationEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly application: Application;
}

/** One Argo CD, by whichever way in. Everything throws WireFailure, or the signal's reason. */
export interface ArgoCd {
  /** For people. */
  readonly url: string;
  /** The application; `refresh` has it compared first, and the answer is then the state after that. */
  application(app: AppRef, refresh?: 'normal' | 'hard'): Promise<Application>;
  /** All that may be seen, as poor as a list is: no revisions, no conditions, no owners. */
  applications(projects: readonly string[]): Promise<Application[]>;
  /**
   * Tells the state of the applications, and each change, until the stream ends: then it rejects. One application is
   * streamed whole; of several, only those fields that a verdict needs. `opened` is called with the answer's head.
   */
  stream(apps: readonly AppRef[], tell: (event: ApplicationEvent) => void, signal: AbortSignal): Promise<never>;
  /** An ApplicationSet as JSON. */
  applicationSet(name: string, namespace: string | undefined): Promise<unknown>;
  sync(app: AppRef, revision: string | undefined): Promise<void>;
  tree(app: AppRef): Promise<TreeNode[]>;
  events(
    app: AppRef,
    resource: { readonly uid: string; readonly namespace: string; readonly name: string },
  ): Promise<ResourceEvent[]>;
  /** A live resource as JSON; `tries` in all, where failing is no matter. */
  resource(
    app: AppRef,
    node: Pick<TreeNode, 'group' | 'version' | 'kind' | 'namespace' | 'name'>,
    tries?: number,
  ): Promise<unknown>;
  /** The last lines of a pod's container; of its previous run with `previous`. */
  logs(app: AppRef, pod: LogQuery): Promise<string[]>;
  /** Whether a sync window keeps the application from being synced now. */
  blocked(app: AppRef): Promise<boolean>;
  /** It reads resources of the cluster that Argo CD runs in, wherever an application deploys to. */
  readonly ownClusterOnly?: boolean;
  /** Whether this account may do that with an application, named as RBAC does: `project/name`. Argo CD's own API alone tells. */
  may?(action: 'get' | 'sync', object: string): Promise<boolean>;
}

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
  readonly lines: number;
  readonly previous: boolean;
}
