/** How a delivery proposes its commit. */
export interface PullRequestPlan {
  /** Default: the message's first line. */
  readonly title?: string | undefined;
  /** Markdown above what Tagboat says itself. */
  readonly body?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  /** Users, and teams as `owner/team`. */
  readonly reviewers?: readonly string[] | undefined;
  /** Have the host merge it once it may. */
  readonly autoMerge?: 'merge' | 'squash' | 'rebase' | undefined;
  /** The branch that is proposed. Default `tagboat/<delivery>`. */
  readonly head?: string | undefined;
  /** How long it is waited until it is merged, milliseconds. Undefined: it isn't. */
  readonly waitMs?: number | undefined;
  /** What the host is, where its name doesn't tell. Forgejo's API is Gitea's. */
  readonly host?: 'github' | 'gitlab' | 'gitea' | undefined;
}

/** The branch that a delivery proposes. */
export function headOf({
  name,
  pullRequest,
}: {
  readonly name: string;
  readonly pullRequest?: PullRequestPlan | undefined;
}): string {
  return pullRequest?.head ?? `tagboat/${name}`;
}
