import { createAppAuth } from '@octokit/auth-app';
import { request } from '@octokit/request';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isSignedBy, keyFrom, readJwt } from '../../src/sandbox/jwt.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../support/github/github.ts';
import { type HandClock, handClock } from '../support/world.ts';

async function start(options: GitHubOptions = {}): Promise<GitHub> {
  const github = await startGitHub(options);
  onTestFinished(() => github.close());
  return github;
}

/** What the endpoint answers to `actions/core`'s way of asking. */
async function askToken(github: GitHub, audience?: string, requestToken?: string) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = github.env;
  const query = audience === undefined ? '' : `&audience=${encodeURIComponent(audience)}`;
  const response = await fetch(`${url}${query}`, { headers: { authorization: `Bearer ${requestToken ?? token}` } });
  return { status: response.status, body: (await response.json()) as { value: string } };
}

describe('the OIDC token endpoint', () => {
  it('gives a token that the keys behind the discovery document verify', async () => {
    const github = await start();
    const { body } = await askToken(github, 'sts.amazonaws.com');
    const jwt = readJwt(body.value);
    const document = (await (await fetch(`${github.issuer}/.well-known/openid-configuration`)).json()) as {
      issuer: string;
      jwks_uri: string;
    };
    expect(document.issuer).toBe(jwt?.claims.iss);
    const key = keyFrom(await (await fetch(document.jwks_uri)).json(), jwt?.header.kid);
    expect(key !== undefined && jwt !== undefined && isSignedBy(jwt, key)).toBe(true);
    expect(jwt?.claims).toMatchObject({ aud: 'sts.amazonaws.com', repository_id: '456', repository_owner_id: '123' });
  });

  it('refuses another request token', async () => {
    expect((await askToken(await start(), 'x', 'another')).status).toBe(401);
  });

  it("has the owner's page for an audience when none is asked for", async () => {
    const { body } = await askToken(await start());
    expect(readJwt(body.value)?.claims.aud).toBe('https://github.com/acme');
  });

  it.each([
    [{}, 'repo:acme/app-repo:ref:refs/heads/main'],
    [{ ref: 'refs/tags/v1' }, 'repo:acme/app-repo:ref:refs/tags/v1'],
    [{ event: 'pull_request' }, 'repo:acme/app-repo:pull_request'],
    [{ environment: 'prod:eu' }, 'repo:acme/app-repo:environment:prod%3Aeu'],
    [{ immutableSub: true }, 'repo:acme@123/app-repo@456:ref:refs/heads/main'],
    [{ immutableSub: true, environment: 'prod' }, 'repo:acme@123/app-repo@456:environment:prod'],
  ])('of %j says sub %s', async (workflow, sub) => {
    const github = await start({ workflow });
    expect(readJwt(github.idToken('x'))?.claims.sub).toBe(sub);
  });
});

describe('the App API, called by Octokit', () => {
  const installedOn = ['acme/config', 'acme/other', 'umbrella/config'];

  async function octokit(clock: HandClock = handClock(Date.now())) {
    const github = await start({ app: { installedOn }, clock });
    const api = request.defaults({ baseUrl: github.apiUrl });
    const { id: appId, privateKey } = github.app;
    const auth = createAppAuth({ appId, privateKey, request: api });
    const asApp = api.defaults({ request: { hook: auth.hook } });
    return { github, clock, auth, asApp, api };
  }

  it('finds the installation of a repository and lists one for each owner', async () => {
    const { asApp } = await octokit();
    const { data } = await asApp('GET /repos/{owner}/{repo}/installation', { owner: 'umbrella', repo: 'config' });
    const all = await asApp('GET /app/installations');
    expect(all.data.map(({ account }) => account && 'login' in account && account.login)).toEqual(['acme', 'umbrella']);
    expect(all.data[1]?.id).toBe(data.id);
  });

  it('gives a token for the repositories asked for, which ends by being revoked', async () => {
    const { github, auth, asApp, api } = await octokit();
    const { data } = await asApp('GET /repos/{owner}/{repo}/installation', { owner: 'acme', repo: 'config' });
    const { token, expiresAt } = await auth({
      type: 'installation',
      installationId: data.id,
      repositoryNames: ['config'],
      permissions: { contents: 'read' },
    });
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect(github.accepts(token, 'acme/config', 'read')).toBe(true);
    expect(github.accepts(token, 'acme/config.git', 'read')).toBe(true);
    expect(github.accepts(token, 'acme/config')).toBe(false);
    expect(github.accepts(token, 'acme/other', 'read')).toBe(false);
    await api('DELETE /installation/token', { headers: { authorization: `token ${token}` } });
    expect(github.accepts(token, 'acme/config', 'read')).toBe(false);
  });

  it('a token ends after an hour', async () => {
    const { github, clock, auth, asApp } = await octokit();
    const { data } = await asApp('GET /repos/{owner}/{repo}/installation', { owner: 'acme', repo: 'config' });
    const { token } = await auth({ type: 'installation', installationId: data.id });
    clock.advance(3_599_000);
    expect(github.accepts(token, 'acme/other')).toBe(true);
    clock.advance(1_000);
    expect(github.accepts(token, 'acme/other')).toBe(false);
  });

  it.each([
    [404, 'a repository without the app', { owner: 'acme', repo: 'unknown' }],
    [404, 'a repository of nobody', { owner: 'nobody', repo: 'config' }],
  ])('answers %i for %s', async (status, _, repo) => {
    const { asApp } = await octokit();
    await expect(asApp('GET /repos/{owner}/{repo}/installation', repo)).rejects.toMatchObject({ status });
  });

  it.each([
    [{ repositories: ['unknown'] }, 422],
    [{ permissions: { issues: 'write' as const } }, 422],
    [{ permissions: { metadata: 'write' as const } }, 422],
  ])('refuses a token for %j', async (asked, status) => {
    const { asApp } = await octokit();
    const call = asApp('POST /app/installations/{installation_id}/access_tokens', { installation_id: 4_100, ...asked });
    await expect(call).rejects.toMatchObject({ status });
  });

  it.each([
    ['no token', () => ({})],
    ['a token that is none', () => ({ authorization: 'bearer x' })],
    [
      "the issuer's own signature",
      (github: GitHub) => ({ authorization: `bearer ${github.idToken('x', { iss: github.app.id })}` }),
    ],
  ])('refuses %s', async (_, headersFor) => {
    const { github, api } = await octokit();
    const headers: Record<string, string> = headersFor(github);
    await expect(api('GET /app', { headers })).rejects.toMatchObject({ status: 401 });
  });

  it('refuses a JWT that has ended or lasts too long', async () => {
    const { auth, api, clock } = await octokit();
    const { token } = await auth({ type: 'app' });
    const headers = { authorization: `bearer ${token}` };
    expect((await api('GET /app', { headers })).status).toBe(200);
    clock.advance(600_000);
    await expect(api('GET /app', { headers })).rejects.toMatchObject({ status: 401 });
    clock.advance(-1_200_000);
    await expect(api('GET /app', { headers })).rejects.toMatchObject({ status: 401 });
  });
});

it('faults stand in for answers', async () => {
  const faults = ['cut', { status: 418 }] as const;
  let next = 0;
  const github = await start({ fault: () => faults[next++] });
  await expect(fetch(github.url)).rejects.toThrow();
  expect((await fetch(github.url)).status).toBe(418);
  expect((await fetch(github.url)).status).toBe(404);
  expect(github.requests.map(({ path }) => path)).toEqual(['/', '/', '/']);
});
