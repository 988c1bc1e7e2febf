import { describe, expect, it, onTestFinished } from 'vitest';
import { type ApiAnswer, json, serveApi } from '../../../src/sandbox/api.ts';
import { commitFiles } from '../../../src/wire/forge/contents.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { testWorld } from '../../support/world.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
const person = { name: 'Ada', email: 'ada@example.com' };

/** One commit, asked of an API that answers so; and what the API heard. */
async function ask(answer: ApiAnswer) {
  const api = await serveApi(() => answer);
  onTestFinished(() => api.close());
  const world = testWorld();
  const files = [
    { file: 'ä/v.yaml', blob: c, bytes: Buffer.from('x: 1\r\n') },
    { file: 'new', blob: undefined, bytes: Buffer.alloc(0) },
  ];
  const commit = { branch: 'main', message: 'Set it', author: person, committer: person, files };
  const access = { api: `${api.url}/api/v1`, token: new Secret('planted', 'T'), path: 'acme/con fig' };
  const reply = commitFiles(world, access, commit, { signal: world.signal, idleMs: 5_000 });
  return { reply, requests: api.requests };
}

describe("a commit by Gitea's contents API", () => {
  it('names each file with the blob that it must have, and the token in its header alone', async () => {
    const { reply, requests } = await ask(json(201, { files: [], commit: { sha: a, parents: [{ sha: b }] } }));
    expect(await reply).toEqual({ is: 'made', commit: a, on: b });
    const [{ path, headers, body } = expect.unreachable()] = requests;
    expect([path, headers.authorization]).toEqual(['/api/v1/repos/acme/con%20fig/contents', 'Bearer planted']);
    expect(body.toString()).not.toContain('planted');
    expect(JSON.parse(body.toString())).toEqual({
      ...{ branch: 'main', message: 'Set it', author: person, committer: person },
      files: [
        { operation: 'update', path: 'ä/v.yaml', sha: c, content: Buffer.from('x: 1\r\n').toString('base64') },
        { operation: 'create', path: 'new', content: '' },
      ],
    });
  });

  it.each([403, 404, 409, 422, 423])("is refused in the host's words by %i", async (status) => {
    const { reply } = await ask(json(status, { message: 'sha does not match' }));
    expect(await reply).toEqual({ is: 'refused', code: String(status), text: 'sha does not match' });
  });

  it.each([
    ['no commit', json(201, {}), 'malformed'],
    ['no id', json(201, { commit: { sha: '', parents: [{ sha: b }] } }), 'malformed'],
    ['no parent', json(201, { commit: { sha: a, parents: null } }), 'malformed'],
    ['a page', { status: 201, body: '<html>' }, 'malformed'],
    ['nothing', { status: 200, body: '' }, 'status'],
    ['another place', { status: 302, body: '', headers: { location: 'https://elsewhere.example/' } }, 'status'],
    ['who are you', json(401, { message: 'token is required' }), 'status'],
    ['later', json(403, { message: 'no' }, { 'retry-after': '5' }), 'status'],
    ['later', json(429, {}), 'status'],
    ['a fault', json(500, { message: 'PushOutOfDate' }), 'status'],
  ] as const)('is no commit where the answer is %s', async (_, answer, kind) => {
    await expect((await ask(answer)).reply).rejects.toMatchObject({ name: 'WireFailure', kind });
  });
});
