import { describe, expect, it } from 'vitest';
import { isError } from '../../src/errors.ts';
import { type ApiFault, type ApiRequest, json } from '../../src/sandbox/api.ts';
import { authIn, callsOf, ecrRegistry, failureOf, startCloud } from './cloud.ts';

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
