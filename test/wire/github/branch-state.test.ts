import { schema } from '@octokit/graphql-schema';
import fc from 'fast-check';
import { buildSchema, execute, type GraphQLSchema, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ApiAnswer, type ApiFault, json, serveApi } from '../../../src/sandbox/api.ts';
import { makeObject } from '../../../src/wire/git/pack/object.ts';
import { type BranchQuestion, branchQuery, readBranchState } from '../../../src/wire/github/branch-state.ts';
import { createHttp } from '../../../src/wire/http/client.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { answerGraphql } from '../../support/github/graphql.ts';
import { repositoriesOf } from '../../support/github-repositories.ts';

let github: GraphQLSchema;
beforeAll(() => {
  // As it is published, two unrelated fields stand twice in it.
  github = buildSchema(schema.idl, { assumeValidSDL: true });
}, 60_000);

const question: BranchQuestion = {
  ...{ repository: 'acme/config', branch: 'main', messages: false },
  files: ['main/values.yaml', '.tagboat/holds.json'],
};

async function ask(url: string, asked: Partial<BranchQuestion> = {}) {
  const http = createHttp();
  onTestFinished(() => http.close());
  const api = { url, authorization: new Secret('bearer planted-app-token', 'a token') };
  const options = { signal: new AbortController().signal, idleMs: 2_000, now: Date.now() };
  return readBranchState(http, api, { ...question, ...asked }, options);
}

/** What is made of an API that gives this answer. */
async function answered(answer: ApiAnswer | (() => ReturnType<ApiFault>), asked: Partial<BranchQuestion> = {}) {
  const api = typeof answer === 'function' ? await serveApi(() => json(500, {}), answer) : await serveApi(() => answer);
  onTestFinished(() => api.close());
  return ask(`${api.url}/graphql`, asked);
}

const tip = 'a'.repeat(40);
const file = (bytes: string) => ({
  ...{ path: 'main/values.yaml', mode: 0o100644 },
  object: { oid: makeObject('sha1', 'blob', Buffer.from(bytes)).id, text: bytes, isBinary: false, isTruncated: false },
});
const branch = (target: object, name = 'main') => ({
  data: { repository: { ref: { prefix: 'refs/heads/', name, target: { oid: tip, ...target } } } },
});

it.each([
  [1, false],
  [2, true],
  [50, true],
])("the question about %i files is what GitHub's public schema takes", (files, messages) => {
  expect(validate(github, parse(branchQuery(files, messages)))).toEqual([]);
});

describe.skipIf(noHttpBackend !== undefined)(`on a repository${skipNote}`, () => {
  it('answers are of the schema, and tell files byte for byte, what is none, and who wrote them', async () => {
    const host = await gitHost();
    const crlf = '\uFEFFtag: old\r\nname: "Zoë" # ✓\r\n';
    const first = await host.createRepo('acme/config', {
      files: {
        'main/values.yaml': crlf,
        'main/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
        latin: Buffer.from([0x74, 0x3a, 0x20, 0xe9, 0x0a]),
        binary: Buffer.from([1, 0, 2]),
        large: 'x'.repeat(600_000),
        empty: '',
      },
    });
    expect(first).toContain('acme/config');
    for (const at of [1, 2, 3]) {
      await host.commit('acme/config', { files: { other: `${at}` }, message: `Other ${at}` });
      await host.commit('acme/config', { files: { 'main/values.yaml': `${crlf}n: ${at}\r\n` }, message: `Set ${at}` });
    }
    const repositories = repositoriesOf(host, () => 'read');
    const sent: { query: string; answer: { data: unknown } }[] = [];
    const api = await serveApi(async (request) => {
      const answer = await answerGraphql(request, repositories);
      sent.push({ query: JSON.parse(request.body.toString()).query, answer: JSON.parse(String(answer.body)) });
      return answer;
    });
    onTestFinished(() => api.close());
    const files = ['main/values.yaml', 'main/run.sh', 'latin', 'binary', 'large', 'empty', 'main', 'none', 'other/x'];
    const state = await ask(`${api.url}/graphql`, { files, messages: true });
    if ('why' in state) throw new Error(state.why);
    expect(state.tip).toBe((await host.git('acme/config', 'rev-parse', 'main')).trim());
    const told = Object.fromEntries(
      [...state.files].map(([path, end]) => [path, end === 'nothing' ? end : [end.mode, end.blob.content.toString()]]),
    );
    // Neither what isn't text, nor what is cut, nor a folder.
    expect(told).toEqual({
      'main/values.yaml': ['100644', `${crlf}n: 3\r\n`],
      'main/run.sh': ['100755', '#!/bin/sh\n'],
      ...{ empty: ['100644', ''], none: 'nothing', 'other/x': 'nothing' },
    });
    const words = state.messages.get('main/values.yaml');
    expect(words?.newest.map((one) => one.trim()).slice(0, 3)).toEqual(['Set 3', 'Set 2', 'Set 1']);
    expect(words?.all).toBe(true);
    const [{ query, answer } = { query: '', answer: { data: undefined } }] = sent;
    const fieldResolver = (
      source: Record<string, unknown>,
      _: unknown,
      __: unknown,
      info: { path: { key: unknown } },
    ) => source[String(info.path.key)];
    const again = await execute({
      ...{ schema: github, document: parse(query), rootValue: answer.data },
      ...{ fieldResolver, typeResolver: (value: { __typename: string }) => value.__typename },
      variableValues: Object.fromEntries(['owner', 'name', 'ref', ...files.map((_, n) => `p${n}`)].map((n) => [n, n])),
    });
    expect(again.errors).toBeUndefined();
    const untyped = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (key, one) => (key === '__typename' ? undefined : one)));
    const [shape, given] = [untyped(again.data), untyped(answer.data)];
    // A folder's object has no text to be asked for, and the stand-in gives more than was asked.
    expect(shape.repository.ref.target.f0).toEqual(given.repository.ref.target.f0);
    expect(shape.repository.ref.target.h0).toEqual(given.repository.ref.target.h0);
    await expect(ask(`${api.url}/graphql`, { branch: 'none' })).resolves.toMatchObject({ why: /no branch none/ });
  });
});

it('a file is believed by its id alone', async () => {
  const good = file('tag: a\n');
  const read = async (entry: unknown) => {
    const state = await answered(json(200, branch({ f0: entry, f1: null })));
    return 'why' in state ? state.why : state.files.get('main/values.yaml');
  };
  expect(await read(good)).toMatchObject({ is: 'file', mode: '100644' });
  expect(await read(null)).toBe('nothing');
  for (const [what, entry] of Object.entries({
    'another id': { ...good, object: { ...good.object, oid: 'b'.repeat(40) } },
    'an id in capitals': { ...good, object: { ...good.object, oid: good.object.oid.toUpperCase() } },
    'no text': { ...good, object: { ...good.object, text: null } },
    'a text that was repaired': { ...good, object: { ...good.object, text: 'tag: \uFFFD\n' } },
    'a text that is cut': { ...good, object: { ...good.object, isTruncated: true } },
    'a cut that nobody speaks of': { ...good, object: { ...good.object, isTruncated: undefined } },
    'no object': { ...good, object: null },
    'a folder': { ...good, mode: 0o040000 },
    'a link': { ...good, mode: 0o120000 },
    'a submodule': { ...good, mode: 0o160000 },
    'no mode': { ...good, mode: null },
    'another path': { ...good, path: 'other/values.yaml' },
    nothing: undefined,
    'a number': 7,
    'a list': [good],
  }))
    expect(await read(entry), what).toBeUndefined();
});

it('an answer about another branch, with errors, or without a tip is none', async () => {
  const entries = { f0: file('a: b\n'), f1: null };
  for (const [what, body] of Object.entries({
    'another branch': branch(entries, 'other'),
    'another kind of ref': {
      data: { repository: { ref: { ...branch(entries).data.repository.ref, prefix: 'refs/tags/' } } },
    },
    'errors beside the data': { ...branch(entries), errors: [{ message: 'timed out', path: ['repository'] }] },
    'an error without words': { ...branch(entries), errors: [null] },
    'no repository': { data: { repository: null } },
    'no ref': { data: { repository: { ref: null } } },
    'no tip': branch({ ...entries, oid: null }),
    'a tip that is none': branch({ ...entries, oid: 'HEAD' }),
    nothing: {},
    'no data': { data: null },
    'a list': [],
  }))
    expect(await answered(json(200, body)), what).toMatchObject({ why: expect.any(String) });
  for (const body of ['', '<p>', 'null', '"x"', '{"data":'])
    expect(await answered({ status: 200, body }), body).toMatchObject({ why: expect.any(String) });
});

it('messages are told only where each of them is', async () => {
  const history = (nodes: readonly unknown[], hasNextPage: unknown = false) => ({ nodes, pageInfo: { hasNextPage } });
  const told = async (h0: unknown) => {
    const state = await answered(json(200, branch({ f0: file('a: b\n'), f1: null, h0, h1: null })), { messages: true });
    return 'why' in state ? state.why : state.messages.get('main/values.yaml');
  };
  expect(await told(history([{ message: 'Two' }, { message: 'One' }]))).toEqual({ newest: ['Two', 'One'], all: true });
  expect(await told(history([{ message: 'Two' }], true))).toEqual({ newest: ['Two'], all: false });
  // Nobody says that these are all.
  expect(await told({ nodes: [{ message: 'Two' }] })).toEqual({ newest: ['Two'], all: false });
  for (const nothing of [history([]), history([null, { message: 'One' }]), history([{ message: 7 }]), null, undefined])
    expect(await told(nothing)).toBeUndefined();
});

it('more files than are asked for at once are asked for by nobody', async () => {
  const files = Array.from({ length: 51 }, (_, n) => `${n}.yaml`);
  await expect(answered(() => 'cut', { files })).resolves.toMatchObject({ why: /51 files/ });
});

it('a failure is told as what it is, and a limit by either status', async () => {
  const limit = { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] };
  const spent = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 90) };
  await expect(answered(json(200, limit, spent))).rejects.toMatchObject({ limit: { until: expect.any(Number) } });
  await expect(answered(json(403, { message: 'secondary rate limit' }))).rejects.toMatchObject({
    retryAfterMs: 60_000,
  });
  await expect(answered(json(401, {}))).rejects.toMatchObject({ status: 401, retryable: false });
  await expect(answered(json(502, {}))).rejects.toMatchObject({ status: 502, retryable: true });
  await expect(answered(() => 'cut')).rejects.toMatchObject({ kind: 'cut' });
});

it('whatever JSON comes, it is understood or refused, and never thrown over', async () => {
  let body = '';
  const api = await serveApi(() => ({ status: 200, body }));
  onTestFinished(() => api.close());
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 0, max: 6 }), async (value, depth) => {
      const keys = ['data', 'repository', 'ref', 'target', 'f0', 'object'].slice(0, depth);
      const real = branch({ f0: file('a: b\n'), f1: null }) as Record<string, unknown>;
      let inner = real;
      for (const key of keys.slice(0, -1)) inner = inner[key] as Record<string, unknown>;
      const last = keys.at(-1);
      if (last !== undefined) inner[last] = value;
      body = JSON.stringify(last === undefined ? value : real);
      const state = await ask(`${api.url}/graphql`);
      if ('why' in state) return;
      for (const end of state.files.values()) {
        if (end !== 'nothing') expect(makeObject('sha1', 'blob', end.blob.content).id).toBe(end.blob.id);
      }
    }),
    { numRuns: 150 },
  );
});
