import { WireFailure } from '../failure.ts';
import { at, isObject, listAt, numberAt, optionalText, textAt } from '../fields.ts';
import { isRetryable, retry } from '../retry.ts';
import type { World } from '../world.ts';
import { type ApiCall, type Forge, type ForgeAccess, openApi, type PullRequest } from './forge.ts';

/** Pages that are looked through for one of a branch, on a host that can't be asked for it: closed ones may be without end. */
const pages = { open: 20, closed: 4 };
const pageSize = 50;

/** What GitHub and Gitea do each in its own way. */
export interface PullsDialect {
  readonly find: (call: ApiCall, owner: string, head: string, state: 'open' | 'closed') => Promise<readonly unknown[]>;
  readonly label: (call: ApiCall, number: number, labels: readonly string[]) => Promise<unknown>;
  readonly mergeWhenReady: (
    call: ApiCall,
    pull: PullRequest,
    value: unknown,
    how: { readonly head: string; readonly method: 'merge' | 'squash' | 'rebase' },
  ) => Promise<unknown>;
}

/** The pull requests of a repository on GitHub or Gitea, whose APIs are nearly one. */
export function openPulls(world: World, access: ForgeAccess, dialect: PullsDialect): Forge {
  const [owner = '', repo = ''] = access.path.split('/');
  const api = openApi(world, access);
  const of =
    (send: ApiCall): ApiCall =>
    (route, parameters) =>
      send(route, { owner, repo, ...parameters });
  const [call, once] = [of(api.call), of(api.once)];
  const pulls = '/repos/{owner}/{repo}/pulls';
  const get = (number: number) => call(`GET ${pulls}/{number}`, { number });
  const read = async (number: number) => pullIn(await get(number), access);
  const findAll = async (head: string, state: 'open' | 'closed'): Promise<PullRequest[]> => {
    const found = await dialect.find(call, owner, head, state);
    // A fork may have a branch of the same name.
    const own = found.filter(
      (value) =>
        isFrom(value, head) && textAt(value, 'head', 'repo', 'full_name').toLowerCase() === access.path.toLowerCase(),
    );
    return own.map((value) => pullIn(value, access));
  };
  return {
    read,
    find: async (head) => (await findAll(head, 'open'))[0],
    findClosed: (head) => findAll(head, 'closed'),
    create: async (draft) => pullIn(await once(`POST ${pulls}`, { ...draft }), access),
    edit: async (number, { head: _, ...draft }) =>
      pullIn(await call(`PATCH ${pulls}/{number}`, { number, ...draft }), access),
    close: async (number) => {
      await call(`PATCH ${pulls}/{number}`, { number, state: 'closed' });
    },
    label: async (number, labels) => {
      await dialect.label(call, number, labels);
    },
    askReviewers: async ({ number, author }, reviewers) => {
      const reviews = await call(`GET ${pulls}/{number}/reviews`, { number });
      const done = listAt({ reviews }, 'reviews').map((review) => textAt(review, 'user', 'login').toLowerCase());
      const asked = reviewers.filter((one) => ![...done, author.toLowerCase()].includes(one.toLowerCase()));
      const teams = asked.filter((one) => one.includes('/')).map((one) => one.slice(one.indexOf('/') + 1));
      const users = asked.filter((one) => !one.includes('/'));
      if (asked.length === 0) return;
      await call(`POST ${pulls}/{number}/requested_reviewers`, {
        number,
        reviewers: users,
        ...(teams.length === 0 ? {} : { team_reviewers: teams }),
      });
    },
    mergeWhenReady: async (pull, head, method) => {
      const value = await get(pull.number);
      // Whether it may be merged is worked out in the host's own time, and until then the answer is no (405).
      const worth = (error: unknown) => isRetryable(error) || (error instanceof WireFailure && error.status === 405);
      await retry(() => dialect.mergeWhenReady(once, pull, value, { head, method }), world, { worth, tries: 8 });
    },
  };
}

/** Gitea's ways, which are Forgejo's. */
export const giteaPulls: PullsDialect = {
  find: async (call, _, name, state) => {
    for (let page = 1; page <= pages[state]; page += 1) {
      const value = await call('GET /repos/{owner}/{repo}/pulls', { state, page, limit: pageSize });
      const list = listAt({ value }, 'value');
      const found = list.filter((one) => isFrom(one, name));
      if (found.length > 0 || list.length === 0) return found;
    }
    return [];
  },
  // It knows labels by numbers, and only such as are there.
  label: async (call, number, labels) => {
    const listed = await call('GET /repos/{owner}/{repo}/labels', { limit: pageSize });
    const known = new Map(listAt({ listed }, 'listed').map((one) => [textAt(one, 'name'), numberAt(one, 'id')]));
    const ids: number[] = [];
    for (const name of labels) {
      const id = known.get(name) ?? numberAt(await call(newLabel, { name, color: '#7057ff' }), 'id');
      ids.push(id);
    }
    await call('POST /repos/{owner}/{repo}/issues/{number}/labels', { number, labels: ids });
  },
  mergeWhenReady: (call, { number }, _, { head, method }) =>
    call('POST /repos/{owner}/{repo}/pulls/{number}/merge', {
      ...{ number, Do: method, head_commit_id: head, merge_when_checks_succeed: true },
    }),
};

/** On Gitea, the branch being gone, `ref` is `refs/pull/7/head`; on GitHub a `label` has the owner before it. */
function isFrom(pull: unknown, head: string): boolean {
  return [textAt(pull, 'head', 'ref'), textAt(pull, 'head', 'label')].includes(head);
}

const newLabel = 'POST /repos/{owner}/{repo}/labels';

function pullIn(value: unknown, { api, path }: ForgeAccess): PullRequest {
  const number = numberAt(value, 'number');
  if (!isObject(value) || number === 0) {
    throw new WireFailure('malformed', api, { message: `${api} told no pull request of ${path}` });
  }
  const merged = at(value, 'merged') === true || optionalText(value, 'merged_at') !== undefined;
  const named = (key: string, ...name: string[]) =>
    listAt(value, key).flatMap((one) => optionalText(one, ...name) ?? []);
  const [owner = ''] = path.split('/');
  return {
    number,
    url: textAt(value, 'html_url'),
    state: merged ? 'merged' : textAt(value, 'state') === 'open' ? 'open' : 'closed',
    title: textAt(value, 'title'),
    // Longer than what is cut elsewhere: it is compared with ours.
    body: String(at(value, 'body') ?? ''),
    base: textAt(value, 'base', 'ref'),
    head: textAt(value, 'head', 'sha'),
    mergeCommit: merged ? optionalText(value, 'merge_commit_sha') : undefined,
    // Gitea says `false` of drafts too; GitHub's `null` is not worked out yet.
    conflicts:
      textAt(value, 'mergeable_state') === 'dirty' || (at(value, 'mergeable') === false && at(value, 'draft') !== true),
    labels: named('labels', 'name'),
    reviewers: [
      ...named('requested_reviewers', 'login'),
      ...[...named('requested_teams', 'slug'), ...named('requested_reviewers_teams', 'name')].map(
        (team) => `${owner}/${team}`,
      ),
    ],
    author: textAt(value, 'user', 'login'),
  };
}
