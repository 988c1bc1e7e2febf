import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isError } from '../../src/errors.ts';
import { type ApiFault, type ApiRequest, json } from '../../src/sandbox/api.ts';
import { authIn, type Cloud, callsOf, ecrRegistry, failureOf, startCloud } from './cloud.ts';

const missing = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };

/** A fault of the token endpoint alone. */
function onToken(fault: ApiFault): ApiFault {
  return (request: ApiRequest) => (request.path.startsWith('/_apis') ? fault(request) : undefined);
}

describe('a job that may not ask for a token', () => {
  it('is told the permissions line', async () => {
    const cloud = await startCloud();
    const error = await failureOf(authIn(cloud, missing).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'OIDC_UNAVAILABLE', exitCode: 3, data: { inActions: true, event: 'push' } });
    expect(isError(error) && error.hint).toContain('id-token: write');
    expect(isError(error) && error.hint).toContain('fork');
    expect(callsOf(cloud)).toEqual({});
  });

  it('outside of Actions is told to leave the role out', async () => {
    const cloud = await startCloud();
    const error = await failureOf(authIn(cloud, { ...missing, GITHUB_ACTIONS: undefined }).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'OIDC_UNAVAILABLE', data: { inActions: false } });
    expect(isError(error) && error.hint).toContain('aws.role');
  });

  it.each([
    ['an empty URL', { ACTIONS_ID_TOKEN_REQUEST_URL: '' }],
    ['no URL at all', { ACTIONS_ID_TOKEN_REQUEST_URL: 'not a url' }],
    ['an empty request token', { ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' }],
  ])('%s counts as missing', async (_, changed) => {
    const cloud = await startCloud();
    expect(await failureOf(authIn(cloud, changed).registry(ecrRegistry))).toMatchObject({ code: 'OIDC_UNAVAILABLE' });
  });
});

describe('a token that the CI made before the job', () => {
  const given =
    (aud: unknown, change: Readonly<Record<string, string | undefined>> = missing) =>
    async () => {
      const cloud = await startCloud();
      const token = cloud.github.idToken('sts.amazonaws.com', aud === undefined ? {} : { aud });
      const auth = authIn(cloud, { ...change, GITHUB_ACTIONS: undefined, TAGBOAT_ID_TOKEN: `${token}\n` });
      return { cloud, auth, token };
    };

  it('is exchanged as it is, masked, and nobody is asked for another', async () => {
    const { cloud, auth, token } = await given(undefined)();
    expect((await auth.registry(ecrRegistry))?.username).toBe('AWS');
    expect(callsOf(cloud)).toEqual({ AssumeRoleWithWebIdentity: 1, GetAuthorizationToken: 1 });
    expect(auth.world.masked).toContain(token);
  });

  it('gives way to one of GitHub', async () => {
    const { cloud, auth } = await given('somebody', {})();
    await auth.registry(ecrRegistry);
    expect(callsOf(cloud)).toMatchObject({ idtoken: 1 });
  });

  it('is not sent where it was made for somebody else', async () => {
    const { cloud, auth } = await given(['somebody', 'another'])();
    const error = await failureOf(auth.registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'OIDC_AUDIENCE_OTHER', exitCode: 3, data: { aud: 'somebody' } });
    expect(callsOf(cloud)).toEqual({});
  });

  const elsewhere = { ...missing, GITHUB_ACTIONS: undefined };
  const kept = async (text: string) => {
    const dir = await mkdtemp(join(tmpdir(), 'tagboat-oidc-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    await writeFile(join(dir, 'token'), text);
    return { dir, file: join(dir, 'token') };
  };

  // CircleCI ("OIDC tokens in jobs"), Bitbucket ("Use Pipelines OIDC"), GitLab ("OpenID Connect authentication using ID tokens").
  it.each([
    'TAGBOAT_ID_TOKEN',
    'TAGBOAT_ID_TOKEN_AWS',
    'SIGSTORE_ID_TOKEN',
    'CIRCLE_OIDC_TOKEN_V2',
    'CIRCLE_OIDC_TOKEN',
    'BITBUCKET_STEP_OIDC_TOKEN',
  ])('is taken from %s', async (name) => {
    const cloud = await startCloud();
    const token = cloud.github.idToken('sts.amazonaws.com');
    const auth = authIn(cloud, { ...elsewhere, [name]: token });
    expect((await auth.registry(ecrRegistry))?.username).toBe('AWS');
    expect(auth.world.masked).toContain(token);
  });

  it.each([
    'TAGBOAT_ID_TOKEN_FILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
  ])('is read from the file that %s names', async (name) => {
    const cloud = await startCloud();
    const token = cloud.github.idToken('sts.amazonaws.com');
    const { file } = await kept(`${token}\n`);
    const auth = authIn(cloud, { ...elsewhere, [name]: file });
    expect((await auth.registry(ecrRegistry))?.username).toBe('AWS');
    expect(auth.world.masked).toContain(token);
  });

  it("a cloud's own file is for that cloud alone", async () => {
    const cloud = await startCloud();
    const { file } = await kept(cloud.github.idToken('sigstore'));
    const auth = authIn(cloud, { ...elsewhere, AWS_WEB_IDENTITY_TOKEN_FILE: file });
    expect(await failureOf(auth.identity('sigstore'))).toMatchObject({ code: 'OIDC_UNAVAILABLE' });
  });

  it('of several the one for the audience is taken, and one that lives before one that has ended', async () => {
    const cloud = await startCloud();
    const { idToken } = cloud.github;
    const auth = authIn(cloud, {
      ...elsewhere,
      TAGBOAT_ID_TOKEN: idToken('sigstore'),
      TAGBOAT_ID_TOKEN_OLD: idToken('sts.amazonaws.com', { exp: cloud.clock.now() / 1_000 - 5 }),
      TAGBOAT_ID_TOKEN_ZZ: idToken('sts.amazonaws.com'),
    });
    expect((await auth.registry(ecrRegistry))?.username).toBe('AWS');
    expect((await auth.identity('sigstore')).reveal()).toBe(auth.world.env.TAGBOAT_ID_TOKEN);
  });

  it.each([
    ['has ended', (cloud: Cloud) => cloud.github.idToken('sts.amazonaws.com', { exp: cloud.clock.now() / 1_000 - 5 })],
    ['is no token', () => 'planted-opaque'],
  ])('one that %s is sent nowhere', async (_, make) => {
    const cloud = await startCloud();
    const text = make(cloud);
    for (const env of [{ TAGBOAT_ID_TOKEN: text }, { TAGBOAT_ID_TOKEN_FILE: (await kept(text)).file }]) {
      const auth = authIn(cloud, { ...elsewhere, ...env });
      const error = await failureOf(auth.registry(ecrRegistry));
      expect(error).toMatchObject({ code: 'OIDC_TOKEN_UNUSABLE', exitCode: 3, data: { from: Object.keys(env)[0] } });
      expect(`${inspect(error)}`).not.toContain(text);
      expect(auth.world.masked).toContain(text);
    }
    expect(callsOf(cloud)).toEqual({});
  });

  it('a file that is not there is told by the name of its variable', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { ...elsewhere, TAGBOAT_ID_TOKEN_FILE: '/nonexistent/token' });
    expect(await failureOf(auth.registry(ecrRegistry))).toMatchObject({
      code: 'OIDC_TOKEN_UNUSABLE',
      data: { from: 'TAGBOAT_ID_TOKEN_FILE' },
    });
  });

  // Buildkite, "OpenID Connect in Buildkite": `buildkite-agent oidc request-token --audience …` prints the token.
  it("is asked of Buildkite's agent for the audience", async () => {
    const cloud = await startCloud();
    const { dir, file } = await kept(cloud.github.idToken('sts.amazonaws.com'));
    const agent = join(dir, 'buildkite-agent');
    const asked = `[ "$*" = 'oidc request-token --audience sts.amazonaws.com' ]`;
    await writeFile(agent, `#!/bin/sh\n${asked} && cat ${file}\n`, { mode: 0o755 });
    const env = { ...elsewhere, BUILDKITE: 'true', PATH: `${dir}:${process.env.PATH}` };
    expect((await authIn(cloud, env).registry(ecrRegistry))?.username).toBe('AWS');
    const error = await failureOf(authIn(cloud, env, { audience: 'other' }).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'OIDC_REFUSED' });
  });
});

describe('the token request', () => {
  it('asks for the audience of the plan with the request token', async () => {
    const cloud = await startCloud({ audiences: ['a b&c'] });
    await failureOf(authIn(cloud, {}, { audience: 'a b&c' }).registry(ecrRegistry));
    const [request] = cloud.github.requests;
    expect(request?.query.get('audience')).toBe('a b&c');
    expect(request?.query.get('api-version')).toBe('2.0');
    expect(request?.headers.authorization).toBe(`bearer ${cloud.github.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`);
  });

  it('is repeated after overload and faults, and never before the server wants it', async () => {
    const answers = [json(429, {}, { 'retry-after': '7' }), json(503, {})];
    const cloud = await startCloud({ github: { fault: onToken(() => answers.shift()) } });
    expect((await authIn(cloud).registry(ecrRegistry))?.username).toBe('AWS');
    expect(callsOf(cloud).idtoken).toBe(3);
    expect(cloud.clock.slept[0]).toBeGreaterThanOrEqual(7_000);
  });

  it('with a wrong request token is refused once', async () => {
    const cloud = await startCloud();
    const error = await failureOf(authIn(cloud, { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another' }).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'OIDC_REFUSED', exitCode: 3, peer: { code: '401', retryable: false } });
    expect(callsOf(cloud)).toEqual({ idtoken: 1 });
  });

  it.each([
    ['nothing', { status: 200 }],
    ['HTML', { status: 200, body: '<html>' }],
    ['JSON without a token', json(200, { count: 0 })],
    ['an empty token', json(200, { value: '' })],
    ['a token that is none', json(200, { value: 'opaque' })],
    [
      'a token without sub',
      json(200, { value: `e30.${Buffer.from('{"iss":"x","aud":"y"}').toString('base64url')}.x` }),
    ],
  ])('answered with %s is no token', async (_, answer) => {
    const cloud = await startCloud({ github: { fault: onToken(() => answer) } });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'OIDC_REFUSED', exitCode: 3 });
    expect(callsOf(cloud)).toEqual({ idtoken: 1 });
  });

  it('answered without end is cut off', async () => {
    const cloud = await startCloud({
      github: { fault: onToken(() => ({ status: 200, body: 'x'.repeat(300 * 1024) })) },
    });
    expect(await failureOf(authIn(cloud).registry(ecrRegistry))).toMatchObject({ code: 'OIDC_REFUSED' });
  });
});
