import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TrustPolicy, TrustStatement } from '../../src/sandbox/aws/trust.ts';
import { createSigningKey, readJwt, signJwt } from '../../src/sandbox/jwt.ts';
import { type Aws, type AwsOptions, startAws } from '../support/aws/aws.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../support/github/github.ts';
import { type HandClock, handClock } from '../support/world.ts';

const arn = 'arn:aws:iam::123456789012:role/deliver';
const region = 'ap-northeast-1';

interface World {
  readonly clock: HandClock;
  readonly github: GitHub;
  readonly aws: Aws;
  /** The SDK's AssumeRoleWithWebIdentity with this token. */
  readonly assume: (token?: string, changed?: Record<string, unknown>) => ReturnType<typeof assumeAt>;
}

function assumeAt(endpoint: string, token: string, changed: Record<string, unknown>) {
  const client = new STSClient({ endpoint, region, maxAttempts: 1 });
  return client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: arn,
      RoleSessionName: 'tagboat-1',
      WebIdentityToken: token,
      ...changed,
    }),
  );
}

function statement(host: string, condition: TrustStatement['Condition'], effect: 'Allow' | 'Deny' = 'Allow') {
  return {
    Effect: effect,
    Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

async function start(
  trust: (host: string) => TrustPolicy = (host) => ({
    Statement: [
      statement(host, {
        StringEquals: {
          [`${host}:aud`]: 'sts.amazonaws.com',
          [`${host}:sub`]: 'repo:acme/app-repo:ref:refs/heads/main',
        },
      }),
    ],
  }),
  options: { readonly workflow?: GitHubOptions['workflow']; readonly users?: AwsOptions['users'] } = {},
): Promise<World> {
  const clock = handClock(Date.now());
  const github = await startGitHub({ clock, workflow: options.workflow ?? {} });
  onTestFinished(() => github.close());
  const aws = await startAws({
    clock,
    providers: [{ issuer: github.issuer, audiences: ['sts.amazonaws.com'] }],
    roles: [{ arn, trust: trust(github.issuer.replace('http://', '')), maxSessionSeconds: 7_200 }],
    users: options.users ?? [],
  });
  onTestFinished(() => aws.close());
  const assume = (token = github.idToken('sts.amazonaws.com'), changed = {}) => assumeAt(aws.url, token, changed);
  return { clock, github, aws, assume };
}

/** Keys as the ECR client wants them. */
function keysOf({ Credentials: keys }: Awaited<ReturnType<World['assume']>>) {
  return {
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken: keys?.SessionToken ?? '',
  };
}

function ecrPassword(
  endpoint: string,
  credentials: ReturnType<typeof keysOf> | { accessKeyId: string; secretAccessKey: string },
) {
  return new ECRClient({ endpoint, region, credentials, maxAttempts: 1 }).send(new GetAuthorizationTokenCommand({}));
}

describe('STS, called by the AWS SDK', () => {
  it('gives a session to a token that the trust policy accepts', async () => {
    const { assume, clock } = await start();
    const answer = await assume(undefined, { DurationSeconds: 900 });
    expect(answer.AssumedRoleUser?.Arn).toBe('arn:aws:sts::123456789012:assumed-role/deliver/tagboat-1');
    expect(answer.Credentials?.Expiration?.getTime()).toBe(Math.floor(clock.now()) + 900_000);
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['another branch', { ref: 'refs/heads/feature' }],
    ['another repository', { repository: 'acme/other' }],
    ['a pull request', { event: 'pull_request' }],
    ['an environment', { environment: 'prod' }],
    ['the immutable sub', { immutableSub: true }],
  ])('refuses %s', async (_, workflow) => {
    const { assume } = await start(undefined, { workflow });
    await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  });

  it('refuses an unknown role as it refuses a distrusted one', async () => {
    const { assume } = await start();
    await expect(assume(undefined, { RoleArn: `${arn}x` })).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('refuses a token that another key signed, that was changed, or that is no token', async () => {
    const { assume, github } = await start();
    const genuine = github.idToken('sts.amazonaws.com');
    const [header = '', , signature = ''] = genuine.split('.');
    const { claims = {}, header: { kid } = {} } = readJwt(genuine) ?? {};
    const another = await createSigningKey();
    const changed = Buffer.from(JSON.stringify({ ...claims, actor: 'eve' })).toString('base64url');
    for (const token of [
      signJwt(another, claims),
      // Another key under the id of the right one.
      signJwt({ ...another, jwk: { ...another.jwk, kid: String(kid) } }, claims),
      `${header}.${changed}.${signature}`,
      `${Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url')}.${changed}.x`,
      'opaque',
    ]) {
      await expect(assume(token)).rejects.toMatchObject({ name: 'InvalidIdentityTokenException' });
    }
  });

  it('refuses an issuer it does not know, an audience the provider does not, and an old token', async () => {
    const { assume, github, clock } = await start();
    const invalid = { name: 'InvalidIdentityTokenException' };
    await expect(assume(github.idToken('sts.amazonaws.com', { iss: 'https://x' }))).rejects.toMatchObject(invalid);
    await expect(assume(github.idToken('another'))).rejects.toMatchObject(invalid);
    const token = github.idToken('sts.amazonaws.com');
    clock.advance(301_000);
    await expect(assume(token)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  it('cannot judge a token when the issuer is silent', async () => {
    const { assume, github } = await start();
    const token = github.idToken('sts.amazonaws.com');
    await github.close();
    await expect(assume(token)).rejects.toMatchObject({ name: 'IDPCommunicationErrorException' });
  });

  it.each([
    [{ DurationSeconds: 899 }],
    [{ DurationSeconds: 7_201 }],
    [{ RoleSessionName: 'a b' }],
    [{ RoleSessionName: 'a' }],
  ])('refuses %j', async (changed) => {
    const { assume } = await start();
    await expect(assume(undefined, changed)).rejects.toMatchObject({ name: 'ValidationError' });
  });

  it('says so when it does not know an operation', async () => {
    const { aws } = await start();
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const client = new STSClient({ endpoint: aws.url, region, credentials, maxAttempts: 1 });
    await expect(client.send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: 'InvalidAction' });
  });

  it('says whose keys these are', async () => {
    const { aws, assume } = await start();
    const credentials = keysOf(await assume());
    const who = (keys: typeof credentials) =>
      new STSClient({ endpoint: aws.url, region, credentials: keys, maxAttempts: 1 }).send(
        new GetCallerIdentityCommand({}),
      );
    const Arn = 'arn:aws:sts::123456789012:assumed-role/deliver/tagboat-1';
    expect(await who(credentials)).toMatchObject({ Account: '123456789012', Arn });
    await expect(who({ ...credentials, accessKeyId: 'x' })).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  });
});

describe('a trust policy', () => {
  const main = 'repo:acme/app-repo:ref:refs/heads/main';
  type Case = [string, (host: string) => TrustStatement[], boolean];
  const cases: Case[] = [
    ['StringLike with a star', (host) => [statement(host, { StringLike: { [`${host}:sub`]: 'repo:acme/*' } })], true],
    [
      'StringLike with ?',
      (host) => [statement(host, { StringLike: { [`${host}:sub`]: `${main.slice(0, -1)}?` } })],
      true,
    ],
    [
      'StringLike that ends early',
      (host) => [statement(host, { StringLike: { [`${host}:sub`]: 'repo:acme/app' } })],
      false,
    ],
    [
      'StringEquals with a star',
      (host) => [statement(host, { StringEquals: { [`${host}:sub`]: 'repo:acme/*' } })],
      false,
    ],
    [
      'a dot in StringLike',
      (host) => [statement(host, { StringLike: { [`${host}:sub`]: main.replace('/', '.') } })],
      false,
    ],
    ['one of a list', (host) => [statement(host, { StringEquals: { [`${host}:sub`]: ['x', main] } })], true],
    [
      'two keys, of which one fails',
      (host) => [statement(host, { StringEquals: { [`${host}:sub`]: main, [`${host}:aud`]: 'x' } })],
      false,
    ],
    ['a claim by its name', (host) => [statement(host, { StringEquals: { [`${host}:repository_id`]: '456' } })], true],
    ['a claim that is not there', (host) => [statement(host, { StringLike: { [`${host}:nothing`]: '*' } })], false],
    ["another provider's claim", () => [statement('x.example', { StringEquals: { 'x.example:sub': main } })], false],
    ['a key of another provider', (host) => [statement(host, { StringEquals: { 'x.example:sub': main } })], false],
    ['no condition', (host) => [statement(host, undefined)], true],
    ['a Deny beside an Allow', (host) => [statement(host, undefined), statement(host, undefined, 'Deny')], false],
    ['nothing', () => [], false],
    ['another action', (host) => [{ ...statement(host, undefined), Action: 'sts:AssumeRole' }], false],
  ];
  it.each(cases)('with %s', async (_, statements, accepted) => {
    const { assume } = await start((host) => ({ Statement: statements(host) }));
    const outcome = await assume().then(
      () => true,
      (error: { name?: string }) => error.name !== 'AccessDenied' && error,
    );
    expect(outcome).toBe(accepted);
  });

  it('that says something unknown is refused at the start', async () => {
    const unknown = { 'ForAllValues:StringEquals': { 'x:sub': 'y' } };
    await expect(
      startAws({ providers: [], roles: [{ arn, trust: { Statement: [statement('x', unknown)] } }] }),
    ).rejects.toThrow('ForAllValues');
  });
});

describe('ECR, called by the AWS SDK', () => {
  it('gives a password that verify accepts, for half a day', async () => {
    const { assume, aws, clock } = await start();
    const answer = await ecrPassword(aws.url, keysOf(await assume()));
    const data = answer.authorizationData?.[0];
    const [user = '', password = ''] = Buffer.from(data?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    expect(data?.proxyEndpoint).toBe('https://123456789012.dkr.ecr.ap-northeast-1.amazonaws.com');
    expect(data?.expiresAt?.getTime()).toBe(clock.now() + 12 * 3_600_000);
    expect(aws.verify(user, password)).toBe(true);
    expect(aws.verify('root', password)).toBe(false);
    expect(aws.verify('AWS', `${password}x`)).toBe(false);
    clock.advance(12 * 3_600_000);
    expect(aws.verify(user, password)).toBe(false);
  });

  it('refuses keys it does not know, a wrong secret, and a missing or wrong session token', async () => {
    const { assume, aws } = await start();
    const keys = keysOf(await assume());
    const { sessionToken: _, ...bare } = keys;
    const unknown = { name: 'UnrecognizedClientException' };
    await expect(ecrPassword(aws.url, { ...keys, accessKeyId: 'ASIAX' })).rejects.toMatchObject(unknown);
    await expect(ecrPassword(aws.url, { ...keys, sessionToken: 'x' })).rejects.toMatchObject(unknown);
    await expect(ecrPassword(aws.url, bare)).rejects.toMatchObject(unknown);
    await expect(ecrPassword(aws.url, { ...keys, secretAccessKey: 'x' })).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  it('refuses a session that has ended', async () => {
    const { assume, aws, clock } = await start();
    const keys = keysOf(await assume());
    clock.advance(3_600_000);
    await expect(ecrPassword(aws.url, keys)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  it("takes a user's own keys", async () => {
    const user = { accessKeyId: 'AKIAUSER', secretAccessKey: 'the-secret' };
    const { aws } = await start(undefined, { users: [user] });
    expect((await ecrPassword(aws.url, user)).authorizationData).toHaveLength(1);
  });

  it('refuses an unsigned request in its own JSON', async () => {
    const { aws } = await start();
    const response = await fetch(aws.url, { method: 'POST', headers: { 'x-amz-target': 'x' }, body: '{}' });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });
});
