import { WireFailure } from '../failure.ts';
import { at, numberAt, textAt } from '../fields.ts';
import { isRetryable } from '../retry.ts';
import { urlPath } from '../text/url-path.ts';
import type { World } from '../world.ts';
import { type ApiCall, type ForgeAccess, openApi } from './forge.ts';

/** A comment on a pull request. */
interface Comment {
  readonly id: number;
  readonly body: string;
  /** Who wrote it, as the host names them. */
  readonly by: string;
}

/** How one host does it. `whoami` answers as `by` names people. */
interface CommentsDialect {
  /** All of the pull request, and where each has its own by `/ID`. */
  readonly list: string;
  readonly one: string;
  readonly change: 'PATCH' | 'PUT';
  readonly by: (comment: unknown) => string;
  readonly whoami: (call: ApiCall) => Promise<string>;
}

/** Which pull request of which host. `graphql` is the URL of GitHub's other API. */
export interface Commented {
  readonly kind: 'github' | 'gitlab' | 'gitea';
  readonly access: ForgeAccess;
  readonly graphql: string | undefined;
  readonly number: number;
}

/** Comments that are looked through for ours. */
const pages = 40;
const pageSize = 50;
/** Times that a comment is written in one run, and how long what others had under way may take to arrive. Milliseconds. */
const rounds = 5;
const settleMs = 2_000;

/**
 * Keeps one comment on a pull request that begins with `marker` and is ours: makes it, or brings the one that is there up
 * to date. Others of ours with the same marker, which two runs at once may have made, are removed. The comment of somebody
 * else with that marker is left alone, and none is made where ours may be there unseen. What says more than one run knows is
 * made of ours that are there, and looked at a while after it was written: hosts change a comment whatever stands there by
 * then, so another run's change may have come in the place of ours. Throws WireFailure.
 */
export async function keepComment(
  world: World,
  { kind, access, graphql, number }: Commented,
  marker: string,
  text: string | ((theirs: readonly string[]) => string),
): Promise<'created' | 'updated' | 'unchanged'> {
  const { list, one, change, by, whoami } = dialectOf({ kind, access, graphql, number });
  const { call, once } = openApi(world, access);
  const unsure = (message: string) => new WireFailure('malformed', access.api, { message });
  const me = await whoami(call);
  if (me === '') throw unsure(`${access.api} told nobody's name`);
  const isMerged = typeof text !== 'string';
  const bodyOn = (found: readonly Comment[]): string =>
    `${marker}\n${isMerged ? text(found.map(({ body }) => body)) : text}`;

  const ours = async (): Promise<Comment[]> => {
    const found = new Map<number, Comment>();
    let isAll = false;
    for (let page = 1; page <= pages && !isAll; page += 1) {
      const value = await call(`GET ${list}`, { page, per_page: pageSize });
      // An answer that isn't one would have us make another comment in each run.
      if (!Array.isArray(value) || value.some((comment) => numberAt(comment, 'id') <= 0))
        throw unsure(`${access.api} told no list of comments`);
      const before = found.size;
      for (const comment of value) {
        const id = numberAt(comment, 'id');
        found.set(id, { id, body: String(at(comment, 'body') ?? ''), by: by(comment) });
      }
      // Gitea tells all of them at once, whatever page is asked for.
      isAll = value.length < pageSize || found.size === before;
    }
    const own = [...found.values()].filter((comment) => comment.by === me && comment.body.startsWith(marker));
    if (own.length === 0 && !isAll)
      throw unsure(`it isn't among the first ${found.size} comments, and no second one is made`);
    return own.sort((a, b) => a.id - b.id);
  };
  const make = async (): Promise<Comment[]> => {
    // Sent once: where the reply is lost, it is looked for before another is made.
    const sent = await once(`POST ${list}`, { body: bodyOn([]) }).then(
      (made) => ({ id: numberAt(made, 'id') }),
      (error: unknown) => ({ error }),
    );
    const made = await ours();
    if (made.length === 0 && 'error' in sent) throw sent.error;
    // The next run wouldn't find it either, and make one more.
    if (made.length === 0 && 'id' in sent && sent.id > 0) await call(`DELETE ${one}/${sent.id}`).catch(unlessGone);
    return made;
  };

  let did: 'created' | 'updated' | 'unchanged' = 'unchanged';
  for (let round = 1; ; round += 1) {
    let found = await ours();
    if (found.length === 0) {
      found = await make();
      did = 'created';
    }
    const [kept, ...others] = found;
    if (kept === undefined) throw unsure('a comment was made and is not listed');
    const body = bodyOn(found);
    const isThere = lines(kept.body) === lines(body);
    if (!isThere && round > rounds) throw unsure('others have written over it or removed it again and again');
    if (!isThere && did === 'unchanged') did = 'updated';
    // What others say may be newer by when it would be sent again: then it is made anew.
    const unlessLater = (error: unknown): false => {
      if (isMerged && round < rounds && isRetryable(error)) return false;
      return unlessGone(error);
    };
    const send = isMerged ? once : call;
    const isWritten = isThere || (await send(`${change} ${one}/${kept.id}`, { body }).then(() => true, unlessLater));
    if (isWritten) for (const { id } of others) await call(`DELETE ${one}/${id}`).catch(unlessGone);
    if (isThere || (isWritten && !isMerged)) return did;
    await world.clock.sleep(settleMs, world.signal);
  }
}

function unlessGone(error: unknown): false {
  if (error instanceof WireFailure && error.status === 404) return false;
  throw error;
}

function dialectOf({ kind, access, graphql, number }: Commented): CommentsDialect {
  if (kind === 'gitlab') {
    const notes = `/projects/${encodeURIComponent(access.path)}/merge_requests/${number}/notes`;
    return {
      ...{ list: notes, one: notes, change: 'PUT' },
      by: (comment) => textAt(comment, 'author', 'username'),
      whoami: async (call) => textAt(await call('GET /user'), 'username'),
    };
  }
  // A pull request is an issue there.
  const issues = `/repos/${urlPath(access.path)}/issues`;
  return {
    ...{ list: `${issues}/${number}/comments`, one: `${issues}/comments`, change: 'PATCH' },
    by: (comment) => textAt(comment, 'user', 'login').toLowerCase(),
    whoami: async (call) => {
      if (kind === 'gitea') return textAt(await call('GET /user'), 'login').toLowerCase();
      // A job's own token may not ask `GET /user`, which is for people.
      const answer = await call(`POST ${graphql}`, { query: '{ viewer { login } }' });
      return textAt(answer, 'data', 'viewer', 'login').toLowerCase();
    },
  };
}

/** As it is compared: hosts keep line ends and white space at the ends as they like. */
function lines(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}
