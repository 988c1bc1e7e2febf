import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type ApiAnswer, type ApiRequest, json } from '../src/sandbox/api.ts';
import type { GitHost } from '../src/sandbox/git-host/git-host.ts';

/** What a commit by GitHub's REST API is to do: the file is known already, as whoever clones nothing has it from elsewhere. */
export interface RestOrder {
  /** The API's base. */
  readonly api: string;
  readonly repository: string;
  readonly file: string;
  readonly text: string;
}

/** As tools do that make a commit of blobs, a tree, a commit and a ref: one request each, and two to know the tip. Answers how many. */
export async function commitByRest({ api, repository, file, text }: RestOrder): Promise<number> {
  let requests = 0;
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    requests += 1;
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: 'Bearer bench', 'content-type': 'application/json' };
    const answer = await fetch(`${api}/repos/${repository}/git/${path}`, { method, headers, ...sent });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const { object } = await ask<{ object: { sha: string } }>('GET', 'ref/heads/main');
  const tip = await ask<{ tree: { sha: string } }>('GET', `commits/${object.sha}`);
  const blob = await ask<{ sha: string }>('POST', 'blobs', { content: text, encoding: 'utf-8' });
  const entry = { path: file, mode: '100644', type: 'blob', sha: blob.sha };
  const tree = await ask<{ sha: string }>('POST', 'trees', { base_tree: tip.tree.sha, tree: [entry] });
  const made = { message: `Update ${file}`, tree: tree.sha, parents: [object.sha] };
  const commit = await ask<{ sha: string }>('POST', 'commits', made);
  await ask('PATCH', 'refs/heads/main', { sha: commit.sha });
  return requests;
}

interface Body {
  readonly content?: string;
  readonly base_tree?: string;
  readonly tree?: string | readonly { readonly path: string; readonly mode: string; readonly sha: string }[];
  readonly parents?: readonly string[];
  readonly message?: string;
  readonly sha?: string;
}

/** Those six requests of GitHub's git database, answered by git itself on a host's repository. */
export async function restOf(request: ApiRequest, host: GitHost): Promise<ApiAnswer> {
  const [, repository = '', what = ''] = /^\/repos\/([^/]+\/[^/]+)\/git\/(.+)$/.exec(request.path) ?? [];
  const body = (request.body.length === 0 ? {} : JSON.parse(request.body.toString())) as Body;
  const dir = host.repoDir(repository);
  const git = (args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) =>
    output(args, dir, input, env);
  const asked = `${request.method} ${what.split('/')[0]}`;
  if (asked === 'GET ref') return json(200, { object: { sha: await git(['rev-parse', 'refs/heads/main']) } });
  if (asked === 'GET commits') {
    return json(200, { tree: { sha: await git(['rev-parse', `${what.slice('commits/'.length)}^{tree}`]) } });
  }
  if (asked === 'POST blobs') return json(201, { sha: await git(['hash-object', '-w', '--stdin'], body.content) });
  if (asked === 'POST trees' && Array.isArray(body.tree)) {
    const env = { GIT_INDEX_FILE: join(dir, `index-${randomUUID()}`) };
    await git(['read-tree', body.base_tree ?? ''], '', env);
    const lines = body.tree.map(({ path, mode, sha }) => `${mode} ${sha}\t${path}\n`).join('');
    await git(['update-index', '--add', '--index-info'], lines, env);
    return json(201, { sha: await git(['write-tree'], '', env) });
  }
  if (asked === 'POST commits' && typeof body.tree === 'string') {
    const parents = (body.parents ?? []).flatMap((parent) => ['-p', parent]);
    return json(201, { sha: await git(['commit-tree', body.tree, ...parents], body.message) });
  }
  if (asked === 'PATCH refs') {
    await git(['update-ref', 'refs/heads/main', body.sha ?? '']);
    return json(200, {});
  }
  return json(404, { message: 'Not Found' });
}

function output(
  args: readonly string[],
  cwd: string,
  input: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const who = { GIT_AUTHOR_NAME: 'API', GIT_AUTHOR_EMAIL: 'api@example.com' };
  const committer = { GIT_COMMITTER_NAME: 'API', GIT_COMMITTER_EMAIL: 'api@example.com' };
  return new Promise((resolve, reject) => {
    const all = { ...process.env, ...who, ...committer, ...env };
    const child = execFile('git', args, { cwd, env: all }, (error, stdout) =>
      error === null ? resolve(stdout.trim()) : reject(error),
    );
    // A program that reads nothing may have ended already.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
