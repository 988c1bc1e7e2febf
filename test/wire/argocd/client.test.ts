import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createArgoCd } from '../../../src/wire/argocd/client.ts';
import { jsonLines } from '../../../src/wire/argocd/lines.ts';
import type { ApplicationEvent, ArgoCd } from '../../../src/wire/argocd/types.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { serveHttp } from '../../support/servers.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8'));
}

const app = { name: 'well', namespace: undefined, project: 'default' };

/** A client of a server that answers like this. */
async function client(
  listener: RequestListener,
  token: (refused: boolean) => Promise<Secret | undefined> = async () => new Secret('planted-token', 't'),
): Promise<ArgoCd> {
  const url = await serveHttp(listener);
  return createArgoCd({ ...testWorld({ clock: jumpingClock() }), url, token });
}

const json =
  (value: unknown, status = 200): RequestListener =>
  (_, answer) => {
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

describe('an answer that drips in', () => {
  it('is waited for no longer than the run is', async () => {
    const url = await serveHttp((_, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => answer.write(' '), 5);
      answer.once('close', () => clearInterval(timer));
    });
    const world = testWorld({ clock: jumpingClock() });
    const argocd = createArgoCd({ ...world, url, token: async () => undefined, longestMs: 100 });
    // Asked once: who waited as long as it may doesn't begin anew.
    await expect(argocd.application(app)).rejects.toMatchObject({ kind: 'timeout', retryable: false });
    expect(world.clock.slept).toEqual([]);
  });
});

describe('the client of Argo CD’s API', () => {
  it('reads what a real one answers', async () => {
    const asked: string[] = [];
    const kept: Record<string, string> = {
      '/api/v1/applications/well': 'application-healthy',
      '/api/v1/applications': 'applications',
      '/api/v1/applications/well/resource-tree': 'resource-tree-degraded',
      '/api/v1/applications/well/events': 'events',
      '/api/v1/applications/well/syncwindows': 'syncwindows',
    };
    const argocd = await client((request, answer) => {
      const url = new URL(request.url ?? '', 'http://h');
      asked.push(`${request.headers.authorization} ${url.search}`);
      json(fixture(kept[url.pathname] ?? ''))(request, answer as Parameters<RequestListener>[1]);
    });
    expect(await argocd.application(app)).toMatchObject({ name: 'well', health: { status: 'Healthy' } });
    expect(await argocd.applications(['default'])).toMatchObject([{ name: 'well' }]);
    const tree = await argocd.tree(app);
    expect(tree.find(({ kind, health }) => kind === 'Pod' && health === 'Degraded')).toMatchObject({
      info: { 'Status Reason': 'CrashLoopBackOff' },
    });
    expect(tree.filter(({ parents }) => parents.length === 0)).toMatchObject([{ kind: 'Deployment' }]);
    const events = await argocd.events(app, { uid: 'u', namespace: 'n', name: 'p' });
    expect(events).toContainEqual(
      expect.objectContaining({ reason: 'Scheduled', at: expect.stringMatching(/^2026-\d\d-\d\dT[\d:.]+Z$/) }),
    );
    expect(await argocd.blocked(app)).toBe(false);
    expect(asked.every((one) => one.startsWith('Bearer planted-token '))).toBe(true);
    expect(asked[0]).toContain('project=default');
  });

  it.each(['application/json', 'text/event-stream'])('reads a real stream in %s, whichever comes', async (type) => {
    const event = type === 'application/json' ? 'stream-lines' : 'stream-events';
    const argocd = await client((_, answer) => {
      const line = JSON.stringify(fixture(event));
      answer.writeHead(200, { 'content-type': type });
      answer.end(type === 'application/json' ? `${line}\n` : `event: x\n: ping\ndata: ${line}\n\n`);
    });
    const events: ApplicationEvent[] = [];
    await expect(argocd.stream([app], (one) => events.push(one), new AbortController().signal)).rejects.toMatchObject({
      kind: 'cut',
    });
    expect(events).toMatchObject([{ type: 'ADDED', application: { name: 'well' } }]);
  });

  it('reads a real log, whose last value has nothing in it', async () => {
    const lines = fixture('logs') as unknown[];
    const argocd = await client((_, answer) => answer.end(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
    const log = await argocd.logs(app, { namespace: 'n', pod: 'p', container: undefined, lines: 5, previous: false });
    expect(log).toEqual(['listening on 8080', 'fatal: DATABASE_URL is not set']);
  });

  it.each([
    ['error-no-token', 401],
    ['error-forbidden', 403],
    ['error-not-found', 404],
  ])('fails with the status and words of %s', async (name, status) => {
    const { body } = fixture(name) as { body: { message: string } };
    const argocd = await client(json(body, status), async () => undefined);
    await expect(argocd.application(app)).rejects.toMatchObject({
      kind: 'status',
      status,
      peerText: body.message,
      retryable: false,
    });
  });

  it('asks once for another token when one is refused', async () => {
    const asked: (string | undefined)[] = [];
    const argocd = await client(
      (request: IncomingMessage, answer) => {
        asked.push(request.headers.authorization);
        json(fixture('application-healthy'), request.headers.authorization === 'Bearer new' ? 200 : 401)(
          request,
          answer as Parameters<RequestListener>[1],
        );
      },
      async (refused) => new Secret(refused ? 'new' : 'old', 't'),
    );
    expect(await argocd.application(app)).toMatchObject({ name: 'well' });
    expect(asked).toEqual(['Bearer old', 'Bearer new']);
  });

  it.each([
    ['a page of HTML', 200, 'text/html', '<html>Sign in</html>', 'malformed'],
    ['a page of HTML with an error', 502, 'text/html', '<html>Bad gateway</html>', 'status'],
    ['nothing', 200, 'application/json', '', 'malformed'],
    ['JSON that is no application', 200, 'application/json', '{"items":[]}', 'malformed'],
    ['a redirect', 307, 'text/html', '', 'malformed'],
  ])('never takes %s for an answer', async (_, status, type, body, kind) => {
    const argocd = await client((__, answer) => answer.writeHead(status, { 'content-type': type }).end(body));
    await expect(argocd.application(app)).rejects.toMatchObject({ kind });
  });

  it('asks again where that may help, and not where it writes', async () => {
    let gets = 0;
    let posts = 0;
    const argocd = await client((request, answer) => {
      if (request.method === 'POST') posts += 1;
      else gets += 1;
      const fine = gets > 2 && request.method === 'GET';
      json(fine ? fixture('application-healthy') : { message: 'busy' }, fine ? 200 : 503)(
        request,
        answer as Parameters<RequestListener>[1],
      );
    });
    expect(await argocd.application(app)).toMatchObject({ name: 'well' });
    await expect(argocd.sync(app, undefined)).rejects.toMatchObject({ status: 503 });
    expect([gets, posts]).toEqual([3, 1]);
  });
});

describe('a stream of JSON', () => {
  const read = async (chunks: readonly (string | Buffer)[], limit = 1_000): Promise<unknown[]> => {
    async function* body(): AsyncGenerator<Buffer> {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const values: unknown[] = [];
    for await (const value of jsonLines(body(), { url: 'http://h', limit })) values.push(value);
    return values;
  };

  it.each([
    ['lines', ['{"a":1}\n{"a":2}\n'], [{ a: 1 }, { a: 2 }]],
    [
      'lines cut anywhere, in a character too',
      [Buffer.from('{"a":"é"}\n').subarray(0, 7), Buffer.from('{"a":"é"}\n').subarray(7)],
      [{ a: 'é' }],
    ],
    ['events', ['data: {"a":1}\n\ndata:{"a":2}\r\n\r\n'], [{ a: 1 }, { a: 2 }]],
    ['pings and names of events', [': ping\n\nevent: x\nid: 1\nretry: 5\ndata: 1\n\n'], [1]],
    ['a last line without its end', ['{"a":1}'], [{ a: 1 }]],
    ['nothing', [], []],
  ])('of %s', async (_, chunks, values) => {
    expect(await read(chunks)).toEqual(values);
  });

  it('that isn’t JSON, or never ends a value, is told as such without a word of it', async () => {
    await expect(read(['secret\n'])).rejects.toMatchObject({
      kind: 'malformed',
      message: expect.not.stringContaining('secret'),
    });
    await expect(read(['"x', 'x'.repeat(600), 'x'.repeat(600)])).rejects.toMatchObject({ kind: 'tooLarge' });
  });
});
