import type { ApiAnswer, ApiRequest } from '../api.ts';
import { json } from '../api.ts';
import type { RepoFile } from '../git-host/repo.ts';

/** The repositories behind the API. */
export interface Repositories {
  /** What a token may do: whether it sees the repository, and whether it may write there. */
  readonly right: (token: string, repository: string) => 'nothing' | 'read' | 'write';
  /** The branch's commit, or undefined when there is no such branch or repository. */
  readonly tip: (repository: string, branch: string) => Promise<string | undefined>;
  /** Makes the commit on the branch if that still points at `parent`. Undefined when it doesn't. */
  readonly commit: (commit: {
    readonly repository: string;
    readonly branch: string;
    readonly parent: string;
    readonly message: string;
    readonly files: Readonly<Record<string, RepoFile>>;
  }) => Promise<string | undefined>;
}

interface Input {
  readonly branch?: { readonly repositoryNameWithOwner?: string; readonly branchName?: string };
  readonly expectedHeadOid?: string;
  readonly message?: { readonly headline?: string; readonly body?: string };
  readonly fileChanges?: { readonly additions?: readonly { readonly path: string; readonly contents: string }[] };
}

/** GitHub's `createCommitOnBranch`, with its answers: errors come with status 200, a type and words. */
export async function answerGraphql(request: ApiRequest, repositories: Repositories): Promise<ApiAnswer> {
  const [, token] = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) return json(401, { message: 'This endpoint requires you to be authenticated.' });
  const asked = JSON.parse(request.body.toString('utf8')) as { query?: string; variables?: { input?: Input } };
  const input = asked.variables?.input;
  if (!/\bcreateCommitOnBranch\b/.test(asked.query ?? '') || input === undefined) {
    return refuse(undefined, 'The sandbox knows createCommitOnBranch with an input alone.');
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
  const additions = input.fileChanges?.additions ?? [];
  const oid = await repositories.commit({
    repository,
    branch,
    parent: tip,
    message: body === '' ? headline : `${headline}\n\n${body}`,
    files: Object.fromEntries(additions.map(({ path, contents }) => [path, Buffer.from(contents, 'base64')])),
  });
  return oid === undefined ? stale : json(200, { data: { createCommitOnBranch: { commit: { oid } } } });
}

function refuse(type: string | undefined, message: string): ApiAnswer {
  // JSON leaves out a type that is undefined.
  const error = { type, path: ['createCommitOnBranch'], message };
  return json(200, { data: { createCommitOnBranch: null }, errors: [error] });
}
