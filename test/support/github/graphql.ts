import type { ApiAnswer, ApiRequest } from '../../../src/sandbox/api.ts';
import { json } from '../../../src/sandbox/api.ts';
import type { RepoFile } from '../../../src/sandbox/git-host/repo.ts';

/** The repositories behind the API. */
export interface Repositories {
  /** What a token may do: whether it sees the repository, and whether it may write there. */
  readonly right: (token: string, repository: string) => 'nothing' | 'read' | 'write';
  /** The branch's commit, or undefined when there is no such branch or repository. */
  readonly tip: (repository: string, branch: string) => Promise<string | undefined>;
  /** A file's entry in a commit, or undefined when there is none. */
  readonly file: (
    repository: string,
    commit: string,
    path: string,
  ) => Promise<{ readonly mode: number; readonly oid: string; readonly bytes: Buffer | undefined } | undefined>;
  /** Messages of the newest commits that touched a file, at most so many. */
  readonly messages: (repository: string, commit: string, path: string, most: number) => Promise<readonly string[]>;
  /** Makes the commit on the branch if that still points at `parent`. Undefined when it doesn't. */
  readonly commit: (commit: {
    readonly repository: string;
    readonly branch: string;
    readonly parent: string;
    readonly message: string;
    /** By path; undefined: it is removed. */
    readonly files: Readonly<Record<string, RepoFile | undefined>>;
  }) => Promise<string | undefined>;
}

interface Input {
  readonly branch?: { readonly repositoryNameWithOwner?: string; readonly branchName?: string };
  readonly expectedHeadOid?: string;
  readonly message?: { readonly headline?: string; readonly body?: string };
  readonly fileChanges?: {
    readonly additions?: readonly { readonly path: string; readonly contents: string }[];
    readonly deletions?: readonly { readonly path: string }[];
  };
}

type Variables = Readonly<Record<string, string | undefined>> & { readonly input?: Input };

/** GitHub's `createCommitOnBranch`, and a branch with its files, with its answers: errors come with status 200, a type and words. */
export async function answerGraphql(request: ApiRequest, repositories: Repositories): Promise<ApiAnswer> {
  const [, token] = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) return json(401, { message: 'This endpoint requires you to be authenticated.' });
  const { query = '', variables = {} } = JSON.parse(request.body.toString('utf8')) as {
    query?: string;
    variables?: Variables;
  };
  const { input } = variables;
  if (/\bref\(qualifiedName: \$ref\)/.test(query)) return answerBranch(query, variables, token, repositories);
  if (!/\bcreateCommitOnBranch\b/.test(query) || input === undefined) {
    return refuse(undefined, 'The sandbox knows createCommitOnBranch with an input, and a ref with files, alone.');
  }
  const { repositoryNameWithOwner: repository = '', branchName: branch = '' } = input.branch ?? {};
  const right = repositories.right(token, repository);
  if (right === 'nothing') {
    return refuse('NOT_FOUND', `Could not resolve to a Repository with the name '${repository}'.`);
  }
  if (right === 'read') return refuse('FORBIDDEN', 'Resource not accessible by integration');
  const tip = await repositories.tip(repository, branch);
  if (tip === undefined) return refuse('NOT_FOUND', `No ref exists with the name '${branch}'.`);
  const stale = refuse(
    'STALE_DATA',
    `Expected branch to point to "${input.expectedHeadOid}" but it did not. Pull and try again.`,
  );
  if (tip !== input.expectedHeadOid) return stale;
  const { headline = '', body = '' } = input.message ?? {};
  const { additions = [], deletions = [] } = input.fileChanges ?? {};
  const oid = await repositories.commit({
    repository,
    branch,
    parent: tip,
    message: body === '' ? headline : `${headline}\n\n${body}`,
    files: Object.fromEntries([
      ...additions.map(({ path, contents }) => [path, Buffer.from(contents, 'base64')] as const),
      ...deletions.map(({ path }) => [path, undefined] as const),
    ]),
  });
  if (oid === undefined) return stale;
  const ref = { prefix: 'refs/heads/', name: branch, target: { __typename: 'Commit', oid } };
  return json(200, { data: { createCommitOnBranch: { commit: { oid }, ref } } });
}

/** Larger files come cut. */
const longestText = 512_000;

/** A branch's tip with the files named by the variables `p0`, `p1`, … (`f0`, `f1`, …), and on request their messages (`h0`, …). */
async function answerBranch(
  query: string,
  variables: Variables,
  token: string,
  { right, tip, file, messages }: Repositories,
): Promise<ApiAnswer> {
  const { owner = '', name = '', ref = '' } = variables;
  const repository = `${owner}/${name}`;
  if (right(token, repository) === 'nothing') {
    const message = `Could not resolve to a Repository with the name '${repository}'.`;
    return json(200, { data: { repository: null }, errors: [{ type: 'NOT_FOUND', path: ['repository'], message }] });
  }
  const branch = ref.replace('refs/heads/', '');
  const oid = await tip(repository, branch);
  if (oid === undefined) return json(200, { data: { repository: { ref: null } } });
  const target: Record<string, unknown> = { __typename: 'Commit', oid };
  const most = Number(/history\(first: (\d+)/.exec(query)?.[1] ?? 0);
  for (const [key, path = ''] of Object.entries(variables)) {
    if (!/^p\d+$/.test(key) || typeof path !== 'string') continue;
    const found = await file(repository, oid, path);
    target[key.replace('p', 'f')] =
      found === undefined ? null : { path, mode: found.mode, object: objectOf(found.oid, found.bytes) };
    if (most === 0) continue;
    const told = await messages(repository, oid, path, most + 1);
    target[key.replace('p', 'h')] = {
      nodes: told.slice(0, most).map((message) => ({ message })),
      pageInfo: { hasNextPage: told.length > most },
    };
  }
  return json(200, { data: { repository: { ref: { prefix: 'refs/heads/', name: branch, target } } } });
}

/** A folder has no bytes. GitHub's texts are UTF-8, with its mark for what isn't. */
function objectOf(oid: string, bytes: Buffer | undefined): object {
  if (bytes === undefined) return { __typename: 'Tree', oid };
  const isBinary = bytes.subarray(0, 8_000).includes(0);
  const isTruncated = bytes.byteLength > longestText;
  const text = isBinary ? null : bytes.subarray(0, longestText).toString('utf8');
  return { __typename: 'Blob', oid, text, isBinary, isTruncated };
}

function refuse(type: string | undefined, message: string): ApiAnswer {
  // JSON leaves out a type that is undefined.
  const error = { type, path: ['createCommitOnBranch'], message };
  return json(200, { data: { createCommitOnBranch: null }, errors: [error] });
}
