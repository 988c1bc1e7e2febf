import { describe, expect, it } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { json } from '../../../src/sandbox/api.ts';
import { authIn, callsOf, ecrRegistry, failureOf, registryAt, roleArn, startCloud } from '../cloud.ts';

describe('logging in to ECR by GitHub OIDC', () => {
  it('a job with the right sub gets a password that the registry accepts', async () => {
    const cloud = await startCloud();
    const credential = await authIn(cloud).registry(ecrRegistry);
    expect(credential?.username).toBe('AWS');
    expect(cloud.aws.verify('AWS', credential?.password.reveal() ?? '')).toBe(true);
  });

  it('the STS call is unsigned and names the run, whatever keys the environment holds', async () => {
    const cloud = await startCloud();
    // The SDK reads the process's own variables, so these must stand there and not only in the world.
    const stray = { AWS_ACCESS_KEY_ID: 'AKIASTRAY', AWS_SECRET_ACCESS_KEY: 'stray', AWS_SESSION_TOKEN: 'stray' };
    Object.assign(process.env, stray, { AWS_PROFILE: 'no-such-profile' });
    try {
      await authIn(cloud, stray, { sessionSeconds: 900 }).registry(ecrRegistry);
    } finally {
      for (const name of [...Object.keys(stray), 'AWS_PROFILE']) delete process.env[name];
    }
    const [sts, ecr] = cloud.aws.requests;
    const form = new URLSearchParams(sts?.body.toString());
    expect(sts?.headers.authorization).toBeUndefined();
    expect(sts?.headers['x-amz-security-token']).toBeUndefined();
    expect(form.get('RoleSessionName')).toBe('tagboat-17000000001');
    expect(form.get('DurationSeconds')).toBe('900');
    expect(ecr?.headers.authorization).toContain('Credential=ASIA');
  });

  it('callers at the same time share one session and one password', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud);
    const all = await Promise.all([1, 2, 3].map(() => auth.registry(ecrRegistry)));
    expect(new Set(all.map((one) => one?.password.reveal())).size).toBe(1);
    await auth.registry(ecrRegistry);
    expect(callsOf(cloud)).toEqual({ idtoken: 1, AssumeRoleWithWebIdentity: 1, GetAuthorizationToken: 1 });
  });

  it('two registries share the session', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud);
    await Promise.all([auth.registry(ecrRegistry), auth.registry(registryAt('127.0.0.1:5001', 'ecr'))]);
    expect(callsOf(cloud)).toEqual({ idtoken: 1, AssumeRoleWithWebIdentity: 1, GetAuthorizationToken: 2 });
  });

  it('a password is renewed before its session ends, and not earlier', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud);
    const first = await auth.registry(ecrRegistry);
    cloud.clock.advance(54 * 60_000);
    expect(await auth.registry(ecrRegistry)).toBe(first);
    cloud.clock.advance(60_000);
    const second = await auth.registry(ecrRegistry);
    expect(second?.password.reveal()).not.toBe(first?.password.reveal());
    expect(callsOf(cloud)).toEqual({ idtoken: 2, AssumeRoleWithWebIdentity: 2, GetAuthorizationToken: 2 });
  });

  it('a session that AWS says has ended is replaced once', async () => {
    let refused = 0;
    const cloud = await startCloud({
      awsFault: (request) =>
        request.headers['x-amz-target'] !== undefined && refused++ === 0
          ? json(400, { __type: 'ExpiredTokenException', message: 'expired' })
          : undefined,
    });
    expect((await authIn(cloud).registry(ecrRegistry))?.username).toBe('AWS');
    expect(callsOf(cloud)).toEqual({ idtoken: 2, AssumeRoleWithWebIdentity: 2, GetAuthorizationToken: 2 });
  });

  it('a failed login is not kept: the next caller tries again', async () => {
    let broken = true;
    const cloud = await startCloud({
      awsFault: () => (broken ? json(400, { __type: 'X', message: 'no' }) : undefined),
    });
    const auth = authIn(cloud);
    expect(await failureOf(auth.registry(ecrRegistry))).toMatchObject({ exitCode: 3 });
    broken = false;
    expect((await auth.registry(ecrRegistry))?.username).toBe('AWS');
  });
});

describe('a region for each call', () => {
  /** The regions that STS and ECR were asked in, by the SDK's own endpoints: no endpoint variable is set. */
  async function hostsAsked(host: string, region: string | undefined, env: Record<string, string> = {}) {
    const cloud = await startCloud();
    const none = { AWS_ENDPOINT_URL_STS: undefined, AWS_ENDPOINT_URL_ECR: undefined, AWS_REGION: undefined };
    const auth = authIn(cloud, { ...none, ...env }, { region });
    const hosts: string[] = [];
    const { http } = auth.world;
    Object.assign(auth.world, {
      http: (request: Parameters<typeof http>[0]) => {
        const url = new URL(request.url);
        if (!url.hostname.endsWith('127.0.0.1')) hosts.push(url.host);
        // Sent to the sandbox, with the name that the SDK chose.
        return http(url.hostname.endsWith('127.0.0.1') ? request : { ...request, url: cloud.aws.url });
      },
    });
    await auth.registry(registryAt(host, 'ecr'));
    return hosts;
  }

  it('comes from the registry name when nothing else says it', async () => {
    expect(await hostsAsked('123456789012.dkr.ecr.eu-west-1.amazonaws.com', undefined)).toEqual([
      'sts.eu-west-1.amazonaws.com',
      'api.ecr.eu-west-1.amazonaws.com',
    ]);
  });

  it('of STS comes from aws.region, while ECR keeps to the registry name', async () => {
    expect(await hostsAsked('123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'us-west-2')).toEqual([
      'sts.us-west-2.amazonaws.com',
      'api.ecr.eu-west-1.amazonaws.com',
    ]);
  });

  it('comes from the environment for a name that says nothing', async () => {
    const env = { AWS_DEFAULT_REGION: 'ca-central-1', TAGBOAT_ECR_HOST: 'registry.example.com' };
    expect(await hostsAsked('registry.example.com', undefined, env)).toEqual([
      'sts.ca-central-1.amazonaws.com',
      'api.ecr.ca-central-1.amazonaws.com',
    ]);
  });

  it('keeps China, FIPS and dual-stack registries to their own endpoints', async () => {
    expect((await hostsAsked('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', undefined)).at(-1)).toBe(
      'api.ecr.cn-north-1.amazonaws.com.cn',
    );
    expect((await hostsAsked('123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', undefined)).at(-1)).toContain(
      'ecr-fips.us-east-1.',
    );
    expect((await hostsAsked('123456789012.dkr-ecr.us-east-1.on.aws', undefined)).at(-1)).toBe('ecr.us-east-1.api.aws');
    const all = await hostsAsked('123456789012.dkr.ecr.us-east-1.amazonaws.com', undefined, {
      AWS_USE_FIPS_ENDPOINT: 'true',
    });
    expect(all[0]).toBe('sts-fips.us-east-1.amazonaws.com');
    expect(all[1]).toContain('ecr-fips.us-east-1.');
  });

  it('that nothing says is an error of the plan', async () => {
    const cloud = await startCloud();
    const auth = authIn(cloud, { AWS_REGION: undefined });
    expect(await failureOf(auth.registry(ecrRegistry))).toMatchObject({ code: 'AWS_REGION_MISSING', exitCode: 2 });
  });
});

describe('without a role', () => {
  const user = { accessKeyId: 'AKIAUSER', secretAccessKey: 'the-secret-of-a-user' };
  const keys = { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey };

  it('the keys of the environment are used, and no OIDC token is asked for', async () => {
    const cloud = await startCloud({ aws: { users: [user] } });
    const credential = await authIn(cloud, keys, 'none').registry(ecrRegistry);
    expect(cloud.aws.verify('AWS', credential?.password.reveal() ?? '')).toBe(true);
    expect(callsOf(cloud)).toEqual({ GetAuthorizationToken: 1 });
  });

  it('a wrong secret key is told apart from a missing permission', async () => {
    const cloud = await startCloud({ aws: { users: [user] } });
    const error = await failureOf(
      authIn(cloud, { ...keys, AWS_SECRET_ACCESS_KEY: 'not-the-secret' }, 'none').registry(ecrRegistry),
    );
    expect(isError(error, 'ECR_TOKEN_REFUSED') && error.data).toMatchObject({ code: 'InvalidSignature', badKey: true });
  });

  it('no keys anywhere is an error that says how to give some', async () => {
    const cloud = await startCloud();
    // The rest of the SDK's chain looks at the process and its home: nothing may be found there.
    const saved = { ...process.env };
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent/config',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    });
    try {
      const error = await failureOf(authIn(cloud, {}, { role: undefined }).registry(ecrRegistry));
      expect(error).toMatchObject({ code: 'AWS_CREDENTIALS_MISSING', exitCode: 3 });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
      Object.assign(process.env, saved);
    }
  });
});

describe('a registry that the role may not log in to', () => {
  it('shows the least policy to attach', async () => {
    const cloud = await startCloud({ role: { lacks: ['ecr:GetAuthorizationToken'] } });
    const error = await failureOf(authIn(cloud).registry(ecrRegistry));
    expect(error).toMatchObject({ code: 'ECR_TOKEN_REFUSED', exitCode: 3, peer: { code: 'AccessDenied' } });
    expect(isError(error, 'ECR_TOKEN_REFUSED') && error.data).toMatchObject({ identity: roleArn, badKey: false });
    const policy = JSON.parse(isError(error, 'ECR_TOKEN_REFUSED') ? error.data.policy : '{}');
    expect(policy.Statement[0]).toMatchObject({ Action: 'ecr:GetAuthorizationToken', Resource: '*' });
    expect(callsOf(cloud).GetAuthorizationToken).toBe(1);
  });

  it('ECR Public is refused before anything is asked', async () => {
    const cloud = await startCloud();
    const error = await failureOf(authIn(cloud).registry(registryAt('public.ecr.aws', 'ecr')));
    expect(error).toMatchObject({ code: 'ECR_PUBLIC_UNSUPPORTED', exitCode: 2 });
    expect(callsOf(cloud)).toEqual({});
  });

  it('an answer without a password is no login', async () => {
    for (const answer of [{}, { authorizationData: [] }, { authorizationData: [{ authorizationToken: 'QVdT' }] }]) {
      const cloud = await startCloud({
        awsFault: ({ headers }) => (headers['x-amz-target'] === undefined ? undefined : json(200, answer)),
      });
      const error = await failureOf(authIn(cloud).registry(ecrRegistry));
      expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', data: { service: 'ECR' } });
    }
  });
});
