import { WireFailure } from '../failure.ts';
import { isObject, jsonIn, listAt, optionalText, textAt } from '../fields.ts';
import { isObjectId, type ObjectId } from '../git/pack/object.ts';
import { type Http, type HttpResponse, readBody } from '../http.ts';
import { answerFailure } from '../retry.ts';
import type { Secret } from '../secret.ts';

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
}

type BranchCommitReply =
  | { readonly is: 'made'; readonly commit: ObjectId }
  /** GitHub's own code (`STALE_DATA` when the branch points elsewhere) and words. Nothing was made. */
  | { readonly is: 'refused'; readonly code: string | undefined; readonly text: string };

export interface GraphqlApi {
  readonly url: string;
  readonly authorization: Secret;
}

/** As GitHub's public schema has it; a test holds it against that. */
export const document = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

const answerLimit = 1024 * 1024;

/** One `createCommitOnBranch` from `expectedHead`. One whose reply is lost may have been done. Throws WireFailure. */
export async function commitOnBranch(
  http: Http,
  api: GraphqlApi,
  commit: BranchCommit,
  options: { readonly signal: AbortSignal; readonly idleMs: number; readonly now: number },
): Promise<BranchCommitReply> {
  const input = {
    branch: { repositoryNameWithOwner: commit.repository, branchName: commit.branch },
    expectedHeadOid: commit.expectedHead,
    message: { headline: commit.headline, body: commit.body },
    fileChanges: {
      additions: commit.additions.map(({ path, bytes }) => ({ path, contents: Buffer.from(bytes).toString('base64') })),
    },
  };
  const response = await http({
    url: api.url,
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: api.authorization.reveal(),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: document, variables: { input } }),
    signal: options.signal,
    idleMs: options.idleMs,
  });
  const body = (await readBody(response, answerLimit)).toString('utf8');
  const read = jsonIn(body);
  const answer: Answer | undefined = isObject(read) ? read : undefined;
  if (response.status !== 200) throw answerFailure(response, options.now, { text: optionalText(read, 'message') });
  const commitMade = answer?.data?.createCommitOnBranch?.commit?.oid;
  if (typeof commitMade === 'string' && isObjectId(commitMade)) return { is: 'made', commit: commitMade };
  const [error] = Array.isArray(answer?.errors) ? answer.errors : [];
  if (typeof error?.message !== 'string') {
    const message = `${response.url} told neither a commit nor an error`;
    throw new WireFailure('malformed', response.url, { message, peerText: body });
  }
  const limit = limitIn(read, response, options.now);
  if (limit !== undefined) throw limit;
  return { is: 'refused', code: typeof error.type === 'string' ? error.type : undefined, text: error.message };
}

/** A rate limit that GraphQL tells with 200, where REST says 403. Pure. */
export function limitIn(
  value: unknown,
  answer: Pick<HttpResponse, 'headers' | 'url'>,
  now: number,
): WireFailure | undefined {
  const error = listAt(value, 'errors').find((one) => textAt(one, 'type') === 'RATE_LIMITED');
  if (error === undefined) return undefined;
  return answerFailure({ ...answer, status: 429 }, now, { code: 'RATE_LIMITED', text: textAt(error, 'message') });
}

/** What is read of an answer, as far as it is there: everything is checked where it is used. */
interface Answer {
  readonly data?: {
    readonly createCommitOnBranch?: { readonly commit?: { readonly oid?: unknown } | null } | null;
  } | null;
  readonly errors?: readonly ({ readonly type?: unknown; readonly message?: unknown } | null)[];
}
