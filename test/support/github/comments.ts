import { type ApiAnswer, type ApiRequest, json } from '../../../src/sandbox/api.ts';

/** A comment of the stand-in. */
interface CommentOfApi {
  readonly id: number;
  /** Of the pull request. */
  readonly number: number;
  readonly login: string;
  body: string;
}

/** GitHub's API of the comments on issues, which pull requests are too, for one token. */
export interface Comments {
  readonly all: CommentOfApi[];
  /** Undefined when the request isn't about comments, or about who asks. */
  answer(request: ApiRequest, path: string): ApiAnswer | undefined;
}

const longest = 65_536;

/** `login`: whose token it is. A job's own may write comments where it has `pull-requests: write`. */
export function createComments(token: string, login = 'github-actions[bot]'): Comments {
  const all: CommentOfApi[] = [];
  const shown = ({ id, body, login: by }: CommentOfApi) => ({ id, body, user: { login: by } });
  return {
    all,
    answer: ({ method, headers, body, query }, path) => {
      const value = (): Readonly<Record<string, string>> => JSON.parse(body.toString() || '{}');
      const asksWho = path === '/graphql' && value().query?.includes('viewer') === true;
      const [, number, id] = /^\/repos\/[^/]+\/[^/]+\/issues\/(?:(\d+)\/comments|comments\/(\d+))$/.exec(path) ?? [];
      if (!asksWho && number === undefined && id === undefined) return undefined;
      if (headers.authorization !== `Bearer ${token}`) return json(401, { message: 'Bad credentials' });
      if (asksWho) return json(200, { data: { viewer: { login } } });
      const text = value().body ?? '';
      if (text.length > longest) return json(422, { message: 'Body is too long (maximum is 65536 characters)' });
      if (number !== undefined && method === 'GET') {
        const size = Number(query.get('per_page') ?? 30);
        const from = (Number(query.get('page') ?? 1) - 1) * size;
        const own = all.filter((one) => one.number === Number(number));
        return json(200, own.slice(from, from + size).map(shown));
      }
      if (number !== undefined) {
        const made = { id: (all.at(-1)?.id ?? 0) + 1, number: Number(number), login, body: text };
        all.push(made);
        return json(201, shown(made));
      }
      const known = all.findIndex((one) => one.id === Number(id));
      const found = all[known];
      if (found === undefined) return json(404, { message: 'Not Found' });
      if (method === 'DELETE') all.splice(known, 1);
      else found.body = text;
      return method === 'DELETE' ? { status: 204 } : json(200, shown(found));
    },
  };
}
