import type { ApiAnswer, ApiRequest } from '../../../src/sandbox/api.ts';
import { json } from '../../../src/sandbox/api.ts';
import type { Branches } from '../../../src/sandbox/github/pulls.ts';

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
}

const users = [
  { id: 7, username: 'ada' },
  { id: 8, username: 'bob' },
];

/** GitLab's API of the merge requests of one project, as its documentation and its own Go client have it. */
export function gitlabApi(path: string, token: string, branches: Branches, way = 'merge') {
  const all: MergeRequest[] = [];
  const id = encodeURIComponent(path);
  const shown = async (one: MergeRequest) => ({
    ...{ ...one, web_url: `https://gitlab.example/${path}/-/merge_requests/${one.iid}`, author: { username: 'bot' } },
    ...{ source_project_id: 1, target_project_id: 1, sha: await branches.tip(one.source_branch) },
  });
  const merge = async (one: MergeRequest, squash: boolean): Promise<string | undefined> => {
    const how = squash ? 'squash' : way === 'ff' ? 'rebase' : 'merge';
    const commit = await branches.merge(one.target_branch, one.source_branch, how);
    const told = how === 'merge' ? { merge_commit_sha: commit ?? null } : { squash_commit_sha: commit ?? null };
    if (commit !== undefined) Object.assign(one, { ...told, state: 'merged' });
    return commit;
  };
  const answer = async ({ method, path: asked, query, headers, body }: ApiRequest): Promise<ApiAnswer> => {
    if (headers.authorization !== `Bearer ${token}`) return json(401, { message: '401 Unauthorized' });
    if (asked === '/api/v4/users')
      return json(
        200,
        users.filter(({ username }) => username === query.get('username')),
      );
    const [, project, iid, rest = ''] =
      /^\/api\/v4\/projects\/([^/]+)(?:\/merge_requests(?:\/(\d+)(\/merge)?)?)?$/.exec(asked) ?? [];
    if (project !== id) return json(404, { message: '404 Project Not Found' });
    if (!asked.includes('/merge_requests')) return json(200, { merge_method: way });
    const value = (body.length === 0 ? {} : JSON.parse(body.toString())) as Readonly<Record<string, string>>;
    if (iid === undefined && method === 'GET') {
      const found = all.filter((one) => one.state === 'opened' && one.source_branch === query.get('source_branch'));
      return json(200, await Promise.all(found.map(shown)));
    }
    if (iid === undefined) {
      const { source_branch = '', target_branch = '', title = '', description = '' } = value;
      if (all.some((one) => one.state === 'opened' && one.source_branch === source_branch))
        return json(409, { message: ['Another open merge request already exists for this source branch: !1'] });
      const made: MergeRequest = {
        ...{ iid: all.length + 1, source_branch, target_branch, title, description, state: 'opened' },
        ...{ labels: [], reviewers: [], merge_commit_sha: null, squash_commit_sha: null },
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
  return { all, answer, merge };
}
