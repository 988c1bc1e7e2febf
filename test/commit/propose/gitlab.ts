import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import type { PullRequestPlan } from '../../../src/plan/pull-request.ts';
import type { GitCredential } from '../../../src/plan.ts';
import { type ApiAnswer, type ApiRequest, json, serveApi } from '../../../src/sandbox/api.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { gitHost } from '../../support/git-host.ts';
import type { Branches } from '../../support/github/pulls.ts';
import { chart, deliveryTo, setTag, tipOf, tokenCredential } from '../landing.ts';
import { conflictOn, mergeOn, name } from './proposing.ts';

/** A merge request of the stand-in, by the names that GitLab's API has. */
export interface MergeRequest {
  readonly iid: number;
  readonly source_branch: string;
  target_branch: string;
  title: string;
  description: string;
  state: 'opened' | 'closed' | 'merged';
  labels: string[];
  reviewers: { readonly id: number; readonly username: string }[];
  merge_commit_sha: string | null;
  squash_commit_sha: string | null;
  merged_at: string | null;
}

const bot = { id: 1, username: 'bot' };
const users = [
  { id: 7, username: 'ada' },
  { id: 8, username: 'bob' },
];

/** GitLab's API of the merge requests of one project, as its documentation and its own Go client have it. */
export function gitlabApi(path: string, token: string, branches: Branches, way = 'merge') {
  const all: MergeRequest[] = [];
  const notes: { id: number; readonly iid: string; body: string }[] = [];
  const id = encodeURIComponent(path);
  const shown = async (one: MergeRequest) => ({
    ...{ ...one, web_url: `https://gitlab.example/${path}/-/merge_requests/${one.iid}`, author: bot },
    ...{ source_project_id: 1, target_project_id: 1, sha: await branches.tip(one.source_branch) },
  });
  const merge = async (one: MergeRequest, squash: boolean): Promise<string | undefined> => {
    const how = squash ? 'squash' : way === 'ff' ? 'rebase' : 'merge';
    const commit = await branches.merge(one.target_branch, one.source_branch, how);
    const told = how === 'merge' ? { merge_commit_sha: commit ?? null } : { squash_commit_sha: commit ?? null };
    if (commit !== undefined) Object.assign(one, { ...told, state: 'merged', merged_at: '2026-01-02T03:04:05.678Z' });
    return commit;
  };
  const noteAnswer = ({ method, body }: Pick<ApiRequest, 'method' | 'body'>, iid: string, id: string | undefined) => {
    const said = body.length === 0 ? '' : String((JSON.parse(body.toString()) as { readonly body?: unknown }).body);
    const shownNote = (one: (typeof notes)[number]) => ({ id: one.id, body: one.body, author: bot, system: false });
    if (method === 'GET') return json(200, notes.filter((one) => one.iid === iid).map(shownNote));
    if (method === 'POST') {
      const made = { id: notes.length + 1, iid, body: said };
      notes.push(made);
      return json(201, shownNote(made));
    }
    const found = notes.findIndex((one) => String(one.id) === id);
    const one = notes[found];
    if (one === undefined) return json(404, { message: '404 Not found' });
    if (method === 'DELETE') {
      notes.splice(found, 1);
      return { status: 204 };
    }
    one.body = said;
    return json(200, shownNote(one));
  };
  const answer = async ({ method, path: asked, query, headers, body }: ApiRequest): Promise<ApiAnswer> => {
    if (headers.authorization !== `Bearer ${token}`) return json(401, { message: '401 Unauthorized' });
    if (asked === '/api/v4/user') return json(200, bot);
    if (asked === '/api/v4/users')
      return json(
        200,
        users.filter(({ username }) => username === query.get('username')),
      );
    const [, repository, of = '', what] =
      /^\/api\/v4\/projects\/([^/]+)\/repository\/(branches|commits)\/([^/]+)/.exec(asked) ?? [];
    if (repository === id && of === 'branches') return json(200, { name: what, protected: true, can_push: false });
    if (repository === id) {
      const brought = all.filter((one) => [one.merge_commit_sha, one.squash_commit_sha].includes(what ?? ''));
      return json(200, await Promise.all(brought.map(shown)));
    }
    const [, noted = '', noteOf = '', note] =
      /^\/api\/v4\/projects\/([^/]+)\/merge_requests\/(\d+)\/notes(?:\/(\d+))?$/.exec(asked) ?? [];
    if (noted === id) return noteAnswer({ method, body }, noteOf, note);
    const [, project, iid, rest = ''] =
      /^\/api\/v4\/projects\/([^/]+)(?:\/merge_requests(?:\/(\d+)(\/merge)?)?)?$/.exec(asked) ?? [];
    if (project !== id) return json(404, { message: '404 Project Not Found' });
    if (!asked.includes('/merge_requests')) return json(200, { merge_method: way });
    const value = (body.length === 0 ? {} : JSON.parse(body.toString())) as Readonly<Record<string, string>>;
    if (iid === undefined && method === 'GET') {
      const [state, branch] = [query.get('state'), query.get('source_branch')];
      const found = all.filter((one) => (state === 'all' || one.state === state) && one.source_branch === branch);
      return json(200, await Promise.all(found.toReversed().map(shown)));
    }
    if (iid === undefined) {
      const { source_branch = '', target_branch = '', title = '', description = '' } = value;
      if (all.some((one) => one.state === 'opened' && one.source_branch === source_branch))
        return json(409, { message: ['Another open merge request already exists for this source branch: !1'] });
      const made: MergeRequest = {
        ...{ iid: all.length + 1, source_branch, target_branch, title, description, state: 'opened' },
        ...{ labels: [], reviewers: [], merge_commit_sha: null, squash_commit_sha: null, merged_at: null },
      };
      all.push(made);
      return json(201, await shown(made));
    }
    const one = all.find((known) => String(known.iid) === iid);
    if (one === undefined) return json(404, { message: '404 Not found' });
    if (method === 'GET') {
      const conflicts = one.state === 'opened' && (await branches.conflict?.(one.target_branch, one.source_branch));
      const told = { has_conflicts: conflicts ?? false, detailed_merge_status: conflicts ? 'conflict' : 'mergeable' };
      return json(200, { ...(await shown(one)), ...told });
    }
    if (rest === '/merge') {
      if (value.sha !== (await branches.tip(one.source_branch)))
        return json(409, { message: 'SHA does not match HEAD' });
      const commit = await merge(one, Boolean(value.squash));
      return commit === undefined ? json(422, { message: 'Branch cannot be merged' }) : json(200, await shown(one));
    }
    const { add_labels, reviewer_ids, state_event, ...words } = value;
    Object.assign(one, words);
    if (state_event === 'close') one.state = 'closed';
    one.labels = [...new Set([...one.labels, ...(add_labels ?? '').split(',').filter((label) => label !== '')])];
    if (Array.isArray(reviewer_ids))
      one.reviewers = users.filter((user) => (reviewer_ids as unknown[]).includes(user.id));
    return json(200, await shown(one));
  };
  return { all, notes, answer, merge };
}

/** One origin for git and for the API, as GitLab is: what isn't the API's goes on to the git host. */
export async function gitlab(way?: string, folder = '') {
  const host = await gitHost();
  const url = await host.createRepo(name, { files: chart });
  const tip = (branch: string) => tipOf(host, name, branch).catch(() => undefined);
  const merge = (base: string, head: string, how: string) => mergeOn(host, base, head, how);
  const conflict = (base: string, head: string) => conflictOn(host, base, head);
  const project = gitlabApi(name, 'planted-token', { tip, merge, conflict }, way);
  const api = await serveApi(project.answer);
  const front = createServer((request, response) => {
    // GitLab may lie in a folder of its host.
    const path = request.url?.slice(folder.length) ?? '';
    const to = path.startsWith('/api/') ? api.url : host.url;
    const headers = Object.entries(request.headers).filter(
      ([key]) => !['host', 'connection', 'transfer-encoding'].includes(key),
    );
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', async () => {
      const { method = 'GET' } = request;
      const body = chunks.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(chunks)) };
      const answer = await fetch(`${to}${path}`, { method, headers: headers as [string, string][], ...body });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
    await api.close();
  });
  const address = front.address();
  const at = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const credential: GitCredential = { ...tokenCredential('planted-token'), token: new Secret('planted-token', 'T') };
  const delivery = (tag: string, asked: PullRequestPlan = {}) => ({
    ...deliveryTo(url.replace(host.url, `${at}${folder}`), setTag(tag)),
    ...{ via: 'pullRequest' as const, pullRequest: { host: 'gitlab' as const, ...asked } },
  });
  return { host, url, project, api, credential, delivery, at };
}
