import { describe, expect, it } from 'vitest';
import { sessionName } from '../../../src/auth/aws/sts.ts';
import { isError } from '../../../src/errors.ts';
import type { ApiAnswer, ApiRequest } from '../../../src/sandbox/api.ts';
import type { TrustPolicy } from '../../../src/sandbox/aws/trust.ts';
import { startAws } from '../../support/aws/aws.ts';
import { authIn, callsOf, ecrRegistry, failureOf, mainSub, roleArn, startCloud, trusting } from '../cloud.ts';

const immutableSub = 'repo:acme@123/app-repo@456:ref:refs/heads/main';

/** An STS refusal as AWS writes it. */
function refusing(code: string, status = 400, message = 'no'): (request: ApiRequest) => ApiAnswer | undefined {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>0a1b</RequestId></ErrorResponse>`;
  return (request) =>
    request.headers['x-amz-target'] === undefined
      ? { status, headers: { 'content-type': 'text/xml' }, body }
      : undefined;
}

describe('a role that refuses the job', () => {
  it('shows the real sub and aud beside a trust policy that accepts them', async () => {
    const cloud = await startCloud({ github: { workflow: { ref: 'refs/heads/feature' } } });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    if (!isError(error, 'AWS_ROLE_REFUSED')) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.peer?.code).toBe('AccessDenied');
    const sub = 'repo:acme/app-repo:ref:refs/heads/feature';
    expect(error.message).toContain(sub);
    expect(error.message).toContain('sts.amazonaws.com');
    expect(error.hint).toContain(error.data.policy);
    expect(error.hint).toContain('repo:acme@123/app-repo@456:ref:refs/heads/feature');

    // The printed policy, pasted as it is, lets the same job in.
    const aws = await startAws({
      clock: cloud.clock,
      providers: [{ issuer: cloud.github.issuer, audiences: ['sts.amazonaws.com'] }],
      roles: [{ arn: roleArn, trust: JSON.parse(error.data.policy) as TrustPolicy }],
    });
    try {
      const again = authIn(cloud, aws.env);
      expect((await again.registry(ecrRegistry))?.username).toBe('AWS');
    } finally {
      await aws.close();
    }
  });

  it('is asked once more after a short wait, and no more', async () => {
    const cloud = await startCloud({ trust: (issuer) => trusting(issuer, 'repo:acme/other:ref:refs/heads/main') });
    await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(callsOf(cloud)).toEqual({ idtoken: 1, AssumeRoleWithWebIdentity: 2 });
    expect(cloud.clock.slept).toHaveLength(1);
    expect(cloud.clock.slept[0]).toBeGreaterThanOrEqual(2_000);
  });

  it('lets the job in when the second answer is a yes: a fresh policy needs its time', async () => {
    let asked = 0;
    const cloud = await startCloud({
      awsFault: (request) => (asked++ === 0 ? refusing('AccessDenied', 403)(request) : undefined),
    });
    expect((await authIn(cloud).registry(ecrRegistry))?.username).toBe('AWS');
  });

  it('tells a repository with the immutable sub that the old form no longer fits', async () => {
    const cloud = await startCloud({ github: { workflow: { immutableSub: true } } });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    if (!isError(error, 'AWS_ROLE_REFUSED')) throw error;
    expect(error.data.sub).toBe(immutableSub);
    expect(error.data.notes.join()).toContain(mainSub);
    expect(JSON.parse(error.data.policy).Statement[0].Condition.StringEquals).toMatchObject({
      [`${cloud.github.issuer.replace('http://', '')}:sub`]: immutableSub,
    });
  });

  it('a policy that lists both forms lets old and new repositories in', async () => {
    for (const immutable of [false, true]) {
      const cloud = await startCloud({
        github: { workflow: { immutableSub: immutable } },
        trust: (issuer) => trusting(issuer, [mainSub, immutableSub]),
      });
      expect((await authIn(cloud).registry(ecrRegistry))?.username).toBe('AWS');
    }
  });

  it('names the provider to make when the account has none for that audience', async () => {
    const cloud = await startCloud({ audiences: ['another'] });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'AWS_ROLE_REFUSED', data: { code: 'InvalidIdentityToken' } });
    expect(isError(error) && error.hint).toContain(`--url ${cloud.github.issuer}`);
    expect(callsOf(cloud).AssumeRoleWithWebIdentity).toBe(1);
  });

  it('asks for another session length when the role allows less', async () => {
    const cloud = await startCloud({ role: { maxSessionSeconds: 3_600 } });
    const error = await failureOf(authIn(cloud, {}, { sessionSeconds: 7_200 }).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'AWS_ROLE_REFUSED', data: { code: 'ValidationError' } });
    expect(isError(error) && error.hint).toContain('7200');
  });

  it.each([
    ['ExpiredTokenException', 'ExpiredToken'],
    ['RegionDisabledException', 'RegionDisabled'],
    ['IDPRejectedClaim', 'IDPRejectedClaim'],
    ['InvalidIdentityToken', 'InvalidIdentityToken'],
    ['SomethingNew', 'SomethingNew'],
  ])('%s is not repeated, and is told by its own code', async (wire, code) => {
    const cloud = await startCloud({ awsFault: refusing(wire) });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'AWS_ROLE_REFUSED', data: { code }, peer: { code, retryable: false } });
    expect(callsOf(cloud).AssumeRoleWithWebIdentity).toBe(1);
  });

  it('each known refusal has a hint of its own', async () => {
    const hints = new Set<string>();
    const codes = ['AccessDenied', 'InvalidIdentityToken', 'ExpiredTokenException', 'RegionDisabledException'];
    for (const code of [...codes, 'ValidationError', 'IDPRejectedClaim']) {
      const cloud = await startCloud({ awsFault: refusing(code) });
      const error = await failureOf(authIn(cloud).registry(ecrRegistry));
      hints.add(isError(error) ? error.hint : '');
    }
    expect(hints.size).toBe(codes.length + 2);
  });
});

describe('trouble on the way to STS', () => {
  it.each([
    ['IDPCommunicationError', 400],
    ['Throttling', 400],
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
  ])('%s passes, so it is tried again', async (code, status) => {
    let asked = 0;
    const cloud = await startCloud({
      awsFault: (request) => (asked++ < 2 ? refusing(code, status)(request) : undefined),
    });
    expect((await authIn(cloud).registry(ecrRegistry))?.username).toBe('AWS');
    expect(callsOf(cloud).AssumeRoleWithWebIdentity).toBe(3);
  });

  it('a cut connection is tried again', async () => {
    let asked = 0;
    const cloud = await startCloud({ awsFault: () => (asked++ === 0 ? 'cut' : undefined) });
    expect((await authIn(cloud).registry(ecrRegistry))?.username).toBe('AWS');
  });

  it('keys that STS cannot fetch for all its tries are told as that', async () => {
    const cloud = await startCloud({ awsFault: refusing('IDPCommunicationError') });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'AWS_ROLE_REFUSED', data: { code: 'IDPCommunicationError' } });
    expect(callsOf(cloud).AssumeRoleWithWebIdentity).toBe(5);
  });

  it.each([
    ['a fault that stays', refusing('InternalFailure', 500)],
    ['a page of HTML with 503', () => ({ status: 503, body: '<html><body>busy</body></html>' })],
    ['a page of HTML with 403', () => ({ status: 403, body: '<html><body>proxy says no</body></html>' })],
    ['a page of HTML with 200', () => ({ status: 200, body: '<html><body>welcome</body></html>' })],
    ['an empty answer', () => ({ status: 200, body: '' })],
    ['a broken answer', () => ({ status: 200, body: '<AssumeRoleWith' })],
    [
      'an answer without keys',
      () => ({
        status: 200,
        body: '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/></AssumeRoleWithWebIdentityResponse>',
      }),
    ],
  ])('%s is no refusal and no login', async (_, awsFault) => {
    const cloud = await startCloud({ awsFault });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', exitCode: 3, data: { service: 'STS' } });
  });

  it('nobody listening is told with the address', async () => {
    const cloud = await startCloud();
    await cloud.aws.close();
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', peer: { code: 'ECONNREFUSED' } });
  });

  it('an interrupted run ends with its own reason', async () => {
    const reason = new Error('SIGINT');
    const started: (() => void)[] = [];
    const cloud = await startCloud({
      awsFault: () => {
        for (const tell of started) tell();
        return 'hang';
      },
    });
    const auth = authIn(cloud);
    started.push(() => auth.world.abort(reason));
    expect(await failureOf(auth.registry(ecrRegistry))).toBe(reason);
  });
});

describe('the session name', () => {
  it.each([
    ['17000000001', 'tagboat-17000000001'],
    ['a b/c:d', 'tagboat-a-b-c-d'],
    [undefined, 'tagboat'],
    ['', 'tagboat'],
    ['9'.repeat(80), `tagboat-${'9'.repeat(56)}`],
  ])('of run %j is %s', (run, name) => {
    expect(sessionName(run)).toBe(name);
    expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
  });
});
