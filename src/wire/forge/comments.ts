import { WireFailure } from '../failure.ts';
import { at, listAt, numberAt, textAt } from '../fields.ts';
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
const rounds = 3;

/**
 * Keeps one comment on a pull request that begins with `marker` and is ours: makes it, or brings the one that is there up
 * to date. Others of ours with the same marker, which two runs at once may have made, are removed. The comment of somebody
 * else with that marker is left alone. What says more than one run knows is made of ours that are there, and looked at after it
 * was written: another run may have written meanwhile. Throws WireFailure.
 */
export async function keepComment(
  world: World,
  { kind, access, graphql, number }: Commented,
  marker: string,
  text: string | ((theirs: readonly string[]) => string),
): Promise<'created' | 'updated' | 'unchanged'> {
  const { list, one, change, by, whoami } = dialectOf({ kind, access, graphql, number });
  const { call, once } = openApi(world, access);
  const me = await whoami(call);
  if (me === '') throw new WireFailure('malformed', access.api, { message: `${access.api} told nobody's name` });
  const bodyOn = (found: readonly Comment[]): string =>
    `${marker}\n${typeof text === 'string' ? text : text(found.map(({ body }) => body))}`;

  const ours = async (): Promise<Comment[]> => {
    const found = new Map<number, Comment>();
    for (let page = 1; page <= pages; page += 1) {
      const value = await call(`GET ${list}`, { page, per_page: pageSize });
      const read = listAt({ value }, 'value');
      const before = found.size;
      for (const comment of read) {
        const id = numberAt(comment, 'id');
        if (id > 0) found.set(id, { id, body: String(at(comment, 'body') ?? ''), by: by(comment) });
      }
      // Gitea tells all of them at once, whatever page is asked for.
      if (read.length < pageSize || found.size === before) break;
    }
    const own = [...found.values()].filter((comment) => comment.by === me && comment.body.startsWith(marker));
    return own.sort((a, b) => a.id - b.id);
  };
  const make = async (): Promise<Comment[]> => {
    // Sent once: where the reply is lost, it is looked for before another is made.
    const failed = await once(`POST ${list}`, { body: bodyOn([]) }).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const made = await ours();
    if (made.length === 0 && failed !== undefined) throw failed.error;
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
    const body = bodyOn(found);
    for (const { id } of others) await call(`DELETE ${one}/${id}`).catch(unlessGone);
    if (kept === undefined)
      throw new WireFailure('malformed', access.api, { message: 'a comment was made and is not listed' });
    if (lines(kept.body) === lines(body)) return did;
    const changed = await call(`${change} ${one}/${kept.id}`, { body }).then(() => true, unlessGone);
    if (changed && did === 'unchanged') did = 'updated';
    if (changed && (typeof text === 'string' || round >= rounds)) return did;
    // Somebody has removed it meanwhile.
    if (!changed && round >= rounds) throw new WireFailure('status', access.api, { status: 404 });
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
  const issues = `/repos/${access.path.split('/').map(encodeURIComponent).join('/')}/issues`;
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
