import { schema } from '@octokit/graphql-schema';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ApiAnswer, type ApiFault, json, serveApi } from '../../../src/sandbox/api.ts';
import { type BranchCommit, commitOnBranch, document } from '../../../src/wire/github/commit-on-branch.ts';
import { createHttp } from '../../../src/wire/http/client.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { answerGraphql } from '../../support/github/graphql.ts';
import { repositoriesOf } from '../../support/github-repositories.ts';

const token = 'planted-app-token';

/** Asks an API at this URL for a commit. */
async function ask(url: string, commit: BranchCommit, with_ = token) {
  const http = createHttp();
  onTestFinished(() => http.close());
  const api = { url, authorization: new Secret(`bearer ${with_}`, 'a token') };
  return commitOnBranch(http, api, commit, { signal: new AbortController().signal, idleMs: 2_000, now: Date.now() });
}

const commit: BranchCommit = {
  ...{ repository: 'acme/config', branch: 'main', expectedHead: '0'.repeat(40) },
  ...{ headline: 'Set a tag', body: 'Because.\n\nTagboat-App: shop' },
  additions: [{ path: 'main/values.yaml', bytes: Buffer.from('tag: é\n') }],
};

/** What an API that gives this answer makes of it. */
async function answered(answer: ApiAnswer | (() => ReturnType<ApiFault>)) {
  const api = typeof answer === 'function' ? await serveApi(() => json(500, {}), answer) : await serveApi(() => answer);
  onTestFinished(() => api.close());
  return ask(`${api.url}/graphql`, commit);
}

it("the mutation and its variables are what GitHub's public schema takes", async () => {
  // As it is published, two unrelated fields stand twice in it.
  const github = buildSchema(schema.idl, { assumeValidSDL: true });
  const query = parse(document);
  expect(validate(github, query)).toEqual([]);
  let sent: { query: string; variables: Record<string, unknown> } | undefined;
  const api = await serveApi((request) => {
    sent = JSON.parse(request.body.toString());
    return json(200, { data: { createCommitOnBranch: { commit: { oid: 'a'.repeat(40) } } } });
  });
  onTestFinished(() => api.close());
  await ask(`${api.url}/graphql`, commit);
  expect(sent?.query).toBe(document);
  const [operation] = query.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the document is no operation');
  const values = getVariableValues(github, operation.variableDefinitions ?? [], sent?.variables ?? {});
  expect(values.errors).toBeUndefined();
  expect(values.coerced?.input).toMatchObject({
    branch: { repositoryNameWithOwner: 'acme/config', branchName: 'main' },
    fileChanges: { additions: [{ path: 'main/values.yaml', contents: Buffer.from('tag: é\n').toString('base64') }] },
  });
});

describe.skipIf(noHttpBackend !== undefined)(`on a repository${skipNote}`, () => {
  async function github() {
    const host = await gitHost();
    await host.createRepo('acme/config', {
      files: {
        'main/values.yaml': 'tag: old\n',
        'main/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
        other: 'stays\n',
      },
    });
    const repositories = repositoriesOf(host, (who) =>
      who === token ? 'write' : who === 'reader' ? 'read' : 'nothing',
    );
    const api = await serveApi((request) => answerGraphql(request, repositories));
    onTestFinished(() => api.close());
    const tip = async () => (await host.git('acme/config', 'rev-parse', 'main')).trim();
    return { host, tip, url: `${api.url}/graphql` };
  }

  it('the commit is on the branch, its files keep their modes, all else stays', async () => {
    const { host, tip, url } = await github();
    const before = await tip();
    const additions = [...commit.additions, { path: 'main/run.sh', bytes: Buffer.from('#!/bin/sh\ntrue\n') }];
    const reply = await ask(url, { ...commit, additions, expectedHead: before });
    expect(reply).toEqual({ is: 'made', commit: await tip(), shown: true });
    expect((await host.git('acme/config', 'log', '-1', '--format=%P %B', 'main')).trim()).toBe(
      `${before} Set a tag\n\nBecause.\n\nTagboat-App: shop`,
    );
    expect(await host.git('acme/config', 'diff', '--stat', '--summary', 'main^', 'main')).not.toContain('mode change');
    expect((await host.git('acme/config', 'show', 'main:main/values.yaml')).trim()).toBe('tag: é');
    expect(await host.git('acme/config', 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\n');
  });

  it('a branch that moved is told from a refusal, and nothing is made', async () => {
    const { tip, url } = await github();
    const before = await tip();
    expect(await ask(url, commit)).toMatchObject({ is: 'refused', code: 'STALE_DATA' });
    expect(await ask(url, { ...commit, expectedHead: before }, 'reader')).toMatchObject({ code: 'FORBIDDEN' });
    expect(await ask(url, { ...commit, expectedHead: before }, 'nobody')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await ask(url, { ...commit, expectedHead: before, branch: 'none' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await tip()).toBe(before);
  });

  it('of two that start from one tip, one is made', async () => {
    const { host, tip, url } = await github();
    const before = await tip();
    const replies = await Promise.all([1, 2].map(() => ask(url, { ...commit, expectedHead: before })));
    expect(replies.map((reply) => ('code' in reply ? reply.code : reply.is)).sort()).toEqual(['STALE_DATA', 'made']);
    expect((await host.git('acme/config', 'rev-list', '--count', `${before}..main`)).trim()).toBe('1');
  });
});

it('an answer that tells nothing is no success', async () => {
  for (const body of [
    '',
    'null',
    '{}',
    '{"data":null}',
    '{"data":{"createCommitOnBranch":{"commit":{"oid":"x"}}}}',
    '<p>',
  ]) {
    await expect(answered({ status: 200, body }), body).rejects.toMatchObject({ kind: 'malformed' });
  }
  const nothing = json(200, { data: { createCommitOnBranch: null }, errors: [null] });
  await expect(answered(nothing)).rejects.toMatchObject({ kind: 'malformed' });
});

it('a status that passes may be asked again, another may not', async () => {
  const words = { message: 'You have exceeded a secondary rate limit' };
  await expect(answered(json(403, words, { 'retry-after': '7' }))).rejects.toMatchObject({
    ...{ kind: 'status', status: 403, retryable: true, retryAfterMs: 7_000, peerText: words.message },
  });
  const spent = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.now() / 1_000 + 20) };
  const soon = expect.closeTo(20_000, -4) as number;
  const limit = { message: 'API rate limit exceeded', type: 'RATE_LIMITED' };
  await expect(answered(json(403, limit, spent))).rejects.toMatchObject({ retryable: true, retryAfterMs: soon });
  await expect(answered(json(200, { errors: [limit] }, spent))).rejects.toMatchObject({
    ...{ kind: 'status', retryable: true, retryAfterMs: soon, peerText: limit.message },
  });
  await expect(answered(json(502, {}))).rejects.toMatchObject({ status: 502, retryable: true });
  await expect(answered(json(401, { message: 'Bad credentials' }))).rejects.toMatchObject({ retryable: false });
  await expect(answered(() => 'cut')).rejects.toMatchObject({ kind: 'cut' });
});
