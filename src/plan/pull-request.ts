/** Pull requests: the app repo's that a run is of, what is written for one, and the config repo's that proposes a delivery. */

/** The app repo's pull request (merge request) that a run is of. */
export interface ProposedSource {
  readonly number: number;
  /** Of a fork, or nothing says that it isn't. */
  readonly foreign: boolean;
  /** The branch that it would be merged into, where that is told. */
  readonly into?: string | undefined;
  /** Its newest commit as this run knows it, where CI tells: what is checked out may be a merge of it. */
  readonly head?: string | undefined;
  /** When it changed last before this run, by its host's clock, ISO 8601. Undefined: not told, or it is closed. */
  readonly at?: string | undefined;
}

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

/** What waits for review, on the branch `head`. */
export interface OpenProposal {
  readonly head: string;
  readonly commit: string;
  /** The app repo's commit that it would bring, where it tells. */
  readonly from?: string | undefined;
  readonly number?: number | undefined;
  readonly url?: string | undefined;
  /** Why the host's API couldn't tell whether and by which pull request. */
  readonly notAsked?: string | undefined;
}

/** What somebody closed without merging it. */
export interface DeclinedProposal {
  readonly number: number;
  readonly url: string;
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

/** What a variable stands for in one run, or why it stands for nothing. */
export type VariableValue =
  | { readonly text: string; readonly why?: undefined }
  | { readonly text?: undefined; readonly why: string };

/** One file of a config repo to be written whole, or removed. */
export interface FileWrite {
  readonly file: string;
  /** What it is made of. Undefined: it is removed. */
  readonly template: WriteTemplate | undefined;
  /** By the variables' names. */
  readonly values: Readonly<Record<string, VariableValue>>;
  /** Removed whoever wrote it last. */
  readonly force?: boolean | undefined;
  /** The folder that is the pull request's own, where it has one: others' files in it stay, and are told. */
  readonly folder?: string | undefined;
}

/** A file with `{variables}` in it. */
export interface WriteTemplate {
  /** From its repository's root. */
  readonly file: string;
  readonly of: 'app' | 'config';
  /** Of the app repo's checkout, once it was read. */
  readonly bytes?: Uint8Array | undefined;
}

/** A file that a commit wrote whole, or removed. */
export interface WrittenFile {
  readonly file: string;
  readonly is: 'created' | 'replaced' | 'removed';
}
