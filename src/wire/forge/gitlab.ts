import { WireFailure } from '../failure.ts';
import { at, isObject, listAt, numberAt, optionalText, textAt, textsAt } from '../fields.ts';
import { isRetryable, retry } from '../retry.ts';
import type { World } from '../world.ts';
import { type Forge, type ForgeAccess, openApi, type PullRequest } from './forge.ts';

const project = '/projects/{id}';
const requests = `${project}/merge_requests`;
const one = `${requests}/{iid}`;

/** What a project's way of merging gives: a merge commit, or the commits anew on the branch. */
const ways: Readonly<Record<string, readonly string[]>> = { merge: ['merge', 'rebase_merge'], rebase: ['ff'] };

/** The merge requests of a project on GitLab. */
export function openMergeRequests(world: World, access: ForgeAccess): Forge {
  const { api, path: id } = access;
  const { call, once } = openApi(world, access);
  const read = async (iid: number) => requestIn(await call(`GET ${one}`, { id, iid }), api);
  const change = (iid: number, what: Readonly<Record<string, unknown>>) => call(`PUT ${one}`, { id, iid, ...what });
  const refuse = (peerText: string) => new WireFailure('status', api, { status: 422, peerText, retryable: false });
  const said = ({ title, body, base }: { readonly title: string; readonly body: string; readonly base: string }) => ({
    ...{ title, description: body, target_branch: base },
  });
  const findAll = async (head: string, state: 'opened' | 'all'): Promise<PullRequest[]> => {
    const listed = await call(`GET ${requests}`, { id, source_branch: head, state });
    // A fork may have a branch of the same name.
    return listAt({ listed }, 'listed')
      .filter((value) => numberAt(value, 'source_project_id') === numberAt(value, 'target_project_id'))
      .map((value) => requestIn(value, api));
  };
  return {
    read,
    find: async (head) => (await findAll(head, 'opened'))[0],
    // Merged ones aren't among the closed ones here.
    findClosed: async (head) => (await findAll(head, 'all')).filter(({ state }) => state !== 'open'),
    create: async (draft) =>
      requestIn(await once(`POST ${requests}`, { id, source_branch: draft.head, ...said(draft) }), api),
    edit: async (iid, draft) => requestIn(await change(iid, said(draft)), api),
    close: async (iid) => {
      await change(iid, { state_event: 'close' });
    },
    label: async (iid, labels) => {
      await change(iid, { add_labels: labels.join(',') });
    },
    askReviewers: async ({ number: iid, author }, reviewers) => {
      const asked = await call(`GET ${one}`, { id, iid });
      const ids = listAt(asked, 'reviewers').map((reviewer) => numberAt(reviewer, 'id'));
      for (const username of reviewers.filter((name) => name.toLowerCase() !== author.toLowerCase())) {
        if (username.includes('/')) throw refuse(`Reviews are asked of users here, and ${username} is a group.`);
        const users = await call('GET /users', { username });
        const [user] = listAt({ users }, 'users');
        if (user === undefined) throw refuse(`There is no user ${username}.`);
        ids.push(numberAt(user, 'id'));
      }
      await change(iid, { reviewer_ids: [...new Set(ids)] });
    },
    mergeWhenReady: async ({ number: iid }, sha, method) => {
      if (method !== 'squash') {
        // The project says how its requests are merged, whatever is asked for.
        const way = textAt(await call(`GET ${project}`, { id }), 'merge_method');
        if (!ways[method]?.includes(way)) throw refuse(`This project merges by ${way}, and not by ${method}.`);
      }
      // `auto_merge` since 17.11. Until it is worked out whether it may be merged, the answer is 405 or 422.
      const later = { auto_merge: true, merge_when_pipeline_succeeds: true };
      const worth = (error: unknown) =>
        isRetryable(error) || (error instanceof WireFailure && [405, 422].includes(error.status ?? 0));
      const merge = () => once(`PUT ${one}/merge`, { id, iid, sha, squash: method === 'squash', ...later });
      await retry(merge, world, { worth, tries: 7 });
    },
  };
}

function requestIn(value: unknown, api: string): PullRequest {
  const number = numberAt(value, 'iid');
  if (!isObject(value) || number === 0) {
    throw new WireFailure('malformed', api, { message: `${api} told no merge request` });
  }
  const state = textAt(value, 'state');
  const head = textAt(value, 'sha');
  // Merged without a commit of its own, the branch has been moved to the head.
  const merge = optionalText(value, 'merge_commit_sha') ?? optionalText(value, 'squash_commit_sha') ?? head;
  return {
    ...{ number, head, url: textAt(value, 'web_url') },
    state: state === 'merged' ? 'merged' : state === 'closed' ? 'closed' : 'open',
    title: textAt(value, 'title'),
    body: String(at(value, 'description') ?? ''),
    base: textAt(value, 'target_branch'),
    mergeCommit: state === 'merged' ? merge : undefined,
    conflicts: at(value, 'has_conflicts') === true || textAt(value, 'detailed_merge_status') === 'conflict',
    labels: textsAt(value, 'labels'),
    reviewers: listAt(value, 'reviewers').map((reviewer) => textAt(reviewer, 'username')),
    author: textAt(value, 'author', 'username'),
  };
}
