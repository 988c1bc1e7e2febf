import { describe, expect, it, onTestFinished } from 'vitest';
import { type ApiAnswer, type ApiRequest, json, serveApi } from '../../../src/sandbox/api.ts';
import { type Commented, keepComment } from '../../../src/wire/forge/comments.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { createComments } from '../../support/github/comments.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const marker = '<!-- tagboat plan 0123456789ab -->';
const token = 'planted-token';

interface Place {
  /** In place of an answer, by what is asked. */
  readonly instead?: (request: ApiRequest) => ApiAnswer | undefined;
  /** Once it has been answered: a reply that is lost. */
  readonly lost?: (request: ApiRequest) => boolean;
  /** What a request waits for before it does anything. */
  readonly late?: (request: ApiRequest) => Promise<void>;
}

async function github({ instead, lost, late }: Place = {}) {
  const comments = createComments(token);
  const api = await serveApi(async (request) => {
    await late?.(request);
    const path = request.path.replace(/^\/api(?:\/v3)?/, '');
    const answer = instead?.(request) ?? comments.answer(request, path) ?? { status: 404, body: '{}' };
    return lost?.(request) === true ? { status: 502, body: 'gone' } : answer;
  });
  onTestFinished(() => api.close());
  const where: Commented = {
    ...{ kind: 'github', number: 7, graphql: `${api.url}/api/graphql` },
    access: { api: `${api.url}/api/v3`, token: new Secret(token, 'GITHUB_TOKEN'), path: 'acme/shop' },
  };
  const keep = (text: string) => keepComment(testWorld({ clock: jumpingClock() }), where, marker, text);
  const own = () => comments.all.map(({ login, body }) => [login, body.replace(marker, '·')]);
  const writes = () => api.requests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'));
  return { comments, keep, own, writes, where };
}

const bot = 'github-actions[bot]';

describe('the one comment on a pull request', () => {
  it('is made once, brought up to date in its place, and not written where nothing is new', async () => {
    const { keep, own, writes } = await github();
    expect(await keep('a')).toBe('created');
    expect(await keep('b\r\nc')).toBe('updated');
    expect(await keep('b\nc\n')).toBe('unchanged');
    expect(own()).toEqual([[bot, '·\nb\r\nc']]);
    expect(writes().map(({ method }) => method)).toEqual(['POST', 'PATCH']);
  });

  it('is told from one that somebody else began with its mark, and from others behind hundreds', async () => {
    const { comments, keep, own } = await github();
    const say = (login: string, body: string) =>
      comments.all.push({ id: comments.all.length + 1, number: 7, login, body });
    say('eve', `${marker}\nmine`);
    for (let at = 0; at < 120; at += 1) say('ada', `${at}`);
    say(bot, `See ${marker}`);
    say(bot, `${marker}\nold`);
    expect(await keep('new')).toBe('updated');
    expect(own()[0]).toEqual(['eve', '·\nmine']);
    expect(own().slice(-2)).toEqual([
      [bot, 'See ·'],
      [bot, '·\nnew'],
    ]);
  });

  it('is one though two runs have made one each', async () => {
    const { comments, keep, own } = await github();
    for (const id of [1, 2, 3]) comments.all.push({ id, number: 7, login: bot, body: `${marker}\n${id}` });
    comments.all.push({ id: 4, number: 8, login: bot, body: `${marker}\nof another` });
    expect(await keep('new')).toBe('updated');
    expect(own()).toEqual([
      [bot, '·\nnew'],
      [bot, '·\nof another'],
    ]);
  });

  it('whose making was not answered is looked for before it would be made twice', async () => {
    let lost = 0;
    const { keep, own } = await github({ lost: ({ method }) => method === 'POST' && ++lost === 2 });
    expect(await keep('a')).toBe('created');
    expect(await keep('b')).toBe('updated');
    expect(own()).toEqual([[bot, '·\nb']]);
  });

  it('is made anew where somebody removes it while it is changed', async () => {
    const { comments, keep, own } = await github({
      instead: ({ method }) => {
        if (method === 'PATCH') comments.all.length = 0;
        return undefined;
      },
    });
    await keep('a');
    expect(await keep('b')).toBe('created');
    expect(own()).toEqual([[bot, '·\nb']]);
  });

  it('is made of what stands there, and written again where another run has written meanwhile', async () => {
    let others = 2;
    const { comments, where } = await github({
      lost: ({ method }) => {
        // Both have read the same, and the other one writes last.
        const [found] = comments.all;
        if (method === 'PATCH' && others-- > 0 && found !== undefined) found.body = `${marker}\ntheirs${others}`;
        return false;
      },
    });
    comments.all.push({ id: 1, number: 7, login: bot, body: `${marker}\nold` });
    const add = (bodies: readonly string[]) =>
      [...new Set([...bodies.flatMap((body) => body.split('\n').slice(1)), 'ours'])].join('\n');
    expect(await keepComment(testWorld({ clock: jumpingClock() }), where, marker, add)).toBe('updated');
    expect(comments.all.map(({ body }) => body)).toEqual([`${marker}\ntheirs0\nours`]);
  });

  it('has the facts of both of two runs, though the change of one comes when the other has looked at its own', async () => {
    const held: { go?: () => void; arrived?: () => void } = {};
    const arrived = new Promise<void>((done) => {
      held.arrived = done;
    });
    const go = new Promise<void>((done) => {
      held.go = done;
    });
    let first = true;
    const { comments, where } = await github({
      late: async ({ method }) => {
        if (method !== 'PATCH' || !first) return;
        first = false;
        held.arrived?.();
        await go;
      },
    });
    comments.all.push({ id: 1, number: 7, login: bot, body: `${marker}\nold` });
    const add = (own: string) => (bodies: readonly string[]) =>
      [...new Set([...bodies.flatMap((body) => body.split('\n').slice(1)), own])].join('\n');
    const slow = keepComment(testWorld({ clock: jumpingClock() }), where, marker, add('slow'));
    await arrived;
    const clock = jumpingClock();
    const waits = {
      ...clock,
      // What is under way arrives while the fast one waits before it looks again.
      sleep: async (ms: number, signal?: AbortSignal) => {
        held.go?.();
        await slow;
        await clock.sleep(ms, signal);
      },
    };
    expect(await keepComment(testWorld({ clock: waits }), where, marker, add('fast'))).toBe('updated');
    expect(await slow).toBe('updated');
    expect(comments.all.map(({ body }) => body.split('\n').slice(1).sort())).toEqual([['fast', 'old', 'slow']]);
  });

  it('is not said to be there where others write over it again and again', async () => {
    const { comments, where } = await github({
      lost: ({ method }) => {
        const [found] = comments.all;
        if (method === 'PATCH' && found !== undefined) found.body = `${marker}\ntheirs`;
        return false;
      },
    });
    comments.all.push({ id: 1, number: 7, login: bot, body: `${marker}\nold` });
    const kept = keepComment(testWorld({ clock: jumpingClock() }), where, marker, (bodies) => `${bodies.length} ours`);
    await expect(kept).rejects.toThrow(/written over/);
  });

  it('is not sent again as it was where its change broke off, but made of what stands there by then', async () => {
    let broken = 1;
    const { comments, where } = await github({
      lost: ({ method }) => {
        const [found] = comments.all;
        if (method !== 'PATCH' || broken-- !== 1 || found === undefined) return false;
        found.body = `${marker}\ntheirs`;
        return true;
      },
    });
    comments.all.push({ id: 1, number: 7, login: bot, body: `${marker}\nold` });
    const add = (bodies: readonly string[]) =>
      [...new Set([...bodies.flatMap((body) => body.split('\n').slice(1)), 'ours'])].join('\n');
    expect(await keepComment(testWorld({ clock: jumpingClock() }), where, marker, add)).toBe('updated');
    expect(comments.all[0]?.body).toBe(`${marker}\ntheirs\nours`);
  });

  it.each([
    ['a page of somebody else', '"<html>"'],
    ['null', 'null'],
    ['an object', '{"comments":[]}'],
    ['a list of something else', '[1,{"id":"x"},null]'],
  ])('is not made where the list of comments is none (%s)', async (_, body) => {
    const odd: ApiAnswer = { status: 200, body, headers: { 'content-type': 'application/json' } };
    const { keep, writes } = await github({
      instead: ({ method, path }) => (method === 'GET' && path.endsWith('/comments') ? odd : undefined),
    });
    await expect(keep('a')).rejects.toMatchObject({ kind: 'malformed' });
    expect(writes()).toEqual([]);
  });

  it('is not made again where there are more comments than are looked through', async () => {
    const { comments, keep, writes } = await github();
    for (let id = 1; id <= 2000; id += 1) comments.all.push({ id, number: 7, login: 'ada', body: 'x' });
    await expect(keep('a')).rejects.toThrow(/2000 comments/);
    expect(writes()).toEqual([]);
    const [first] = comments.all;
    if (first !== undefined) comments.all[0] = { ...first, login: bot, body: `${marker}\nold` };
    expect(await keep('a')).toBe('updated');
  });

  it('is taken away again where it was made and the host lists it nowhere', async () => {
    const { comments, keep, own } = await github({
      instead: ({ method, path }) => (method === 'GET' && path.endsWith('/comments') ? json(200, []) : undefined),
    });
    for (let run = 0; run < 2; run += 1) await expect(keep('a')).rejects.toThrow(/not listed/);
    expect([own(), comments.all]).toEqual([[], []]);
  });

  it("fails with the host's own words where it may not be written", async () => {
    const refusal = json(403, { message: 'Resource not accessible by integration' });
    const { keep, own } = await github({
      instead: ({ method, path }) => (method === 'POST' && path.endsWith('/comments') ? refusal : undefined),
    });
    await expect(keep('a')).rejects.toMatchObject({
      status: 403,
      peerText: expect.stringContaining('Resource not accessible by integration'),
    });
    expect(own()).toEqual([]);
  });

  it('is not written where the host tells nobody, for then it could not be told from those of others', async () => {
    const { keep, writes } = await github({
      instead: ({ path }) => (path.endsWith('/graphql') ? json(200, { data: null }) : undefined),
    });
    await expect(keep('a')).rejects.toMatchObject({ kind: 'malformed' });
    expect(writes()).toEqual([]);
  });

  it.each([
    ['gitlab'],
    ['gitea'],
  ] as const)('is a note of a merge request, or an issue’s comment (%s)', async (kind) => {
    const all: { id: number; body: string }[] = [];
    const path =
      kind === 'gitlab'
        ? '/api/v4/projects/acme%2Fweb%2Fshop/merge_requests/7/notes'
        : '/api/v1/repos/acme/shop/issues';
    const [many, one] = kind === 'gitlab' ? [path, `${path}/`] : [`${path}/7/comments`, `${path}/comments/`];
    const who = kind === 'gitlab' ? { username: 'bot' } : { login: 'Bot' };
    const api = await serveApi(({ method, path: asked, body }) => {
      const text = () => (JSON.parse(body.toString()) as { body: string }).body;
      const shown = (comment: object) => ({ ...comment, [kind === 'gitlab' ? 'author' : 'user']: who });
      if (asked.endsWith('/user')) return json(200, who);
      if (asked === many && method === 'GET') return json(200, all.map(shown));
      if (asked === many) return json(201, shown(all[all.push({ id: all.length + 9, body: text() }) - 1] ?? {}));
      const found = all.find(({ id }) => asked === `${one}${id}`);
      if (found === undefined || method !== (kind === 'gitlab' ? 'PUT' : 'PATCH')) return json(404, {});
      found.body = text();
      return json(200, shown(found));
    });
    onTestFinished(() => api.close());
    const where: Commented = {
      ...{ kind, number: 7, graphql: undefined },
      access: {
        api: `${api.url}/api/${kind === 'gitlab' ? 'v4' : 'v1'}`,
        token: new Secret(token, 'T'),
        path: kind === 'gitlab' ? 'acme/web/shop' : 'acme/shop',
      },
    };
    expect(await keepComment(testWorld(), where, marker, 'a')).toBe('created');
    expect(await keepComment(testWorld(), where, marker, 'b')).toBe('updated');
    expect(all).toEqual([{ id: 9, body: `${marker}\nb` }]);
    for (const { headers } of api.requests) expect(headers.authorization).toBe(`Bearer ${token}`);
  });
});
