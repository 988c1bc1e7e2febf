import { WireFailure } from '../failure.ts';
import { at, textAt } from '../fields.ts';
import { isObjectId, type ObjectId } from '../git/pack/object.ts';
import type { Http } from '../http.ts';
import { askGraphql, errorIn, type GraphqlApi, type GraphqlOptions } from './graphql.ts';

/** A commit for GitHub to make, and to sign: its author is whoever the token stands for. */
export interface BranchCommit {
  /** `owner/name`. */
  readonly repository: string;
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** The branch must point here, or nothing happens. */
  readonly expectedHead: ObjectId;
  /** First line, and all behind the blank line after it. */
  readonly headline: string;
  readonly body: string;
  /** Whole files, which keep their modes. */
  readonly additions: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Files that are removed, by their paths. */
  readonly deletions?: readonly string[] | undefined;
}

type BranchCommitReply =
  /** `shown`: the same answer has the branch pointing at it. */
  | { readonly is: 'made'; readonly commit: ObjectId; readonly shown: boolean }
  /** GitHub's own code (`STALE_DATA` when the branch points elsewhere) and words. Nothing was made. */
  | { readonly is: 'refused'; readonly code: string | undefined; readonly text: string };

/** As GitHub's public schema has it; a test holds it against that. */
export const document = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } ref { prefix name target { oid } } }
}`;

/** One `createCommitOnBranch` from `expectedHead`. One whose reply is lost may have been done. Throws WireFailure. */
export async function commitOnBranch(
  http: Http,
  api: GraphqlApi,
  commit: BranchCommit,
  options: GraphqlOptions,
): Promise<BranchCommitReply> {
  const input = {
    branch: { repositoryNameWithOwner: commit.repository, branchName: commit.branch },
    expectedHeadOid: commit.expectedHead,
    message: { headline: commit.headline, body: commit.body },
    fileChanges: {
      additions: commit.additions.map(({ path, bytes }) => ({ path, contents: Buffer.from(bytes).toString('base64') })),
      ...(commit.deletions?.length ? { deletions: commit.deletions.map((path) => ({ path })) } : {}),
    },
  };
  const { value, text, url } = await askGraphql(http, api, { query: document, variables: { input } }, options);
  const made = at(value, 'data', 'createCommitOnBranch');
  const oid = textAt(made, 'commit', 'oid');
  if (isObjectId(oid)) {
    const ref = `${textAt(made, 'ref', 'prefix')}${textAt(made, 'ref', 'name')}`;
    const shown = ref === `refs/heads/${commit.branch}` && textAt(made, 'ref', 'target', 'oid') === oid;
    return { is: 'made', commit: oid, shown };
  }
  const error = errorIn(value);
  if (error === undefined) {
    const message = `${url} told neither a commit nor an error`;
    throw new WireFailure('malformed', url, { message, peerText: text });
  }
  return { is: 'refused', ...error };
}
