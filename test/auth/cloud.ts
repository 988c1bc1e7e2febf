import { onTestFinished } from 'vitest';
import { type Auth, createAuth } from '../../src/auth/auth.ts';
import type { AwsPlan, RegistryPlan } from '../../src/plan.ts';
import type { ApiFault } from '../../src/sandbox/api.ts';
import type { TrustPolicy } from '../../src/sandbox/aws/trust.ts';
import { type Aws, type AwsOptions, startAws } from '../support/aws/aws.ts';
import type { Role } from '../support/aws/iam.ts';
import { type GitHub, type GitHubOptions, startGitHub } from '../support/github/github.ts';
import { type HandClock, jumpingClock, type TestWorld, testWorld } from '../support/world.ts';

export const roleArn = 'arn:aws:iam::123456789012:role/deliver';
export const mainSub = 'repo:acme/app-repo:ref:refs/heads/main';

/** The registry of most tests here: its name says nothing, so the login must be said. */
export const ecrRegistry: RegistryPlan = { host: '127.0.0.1:5000', prefix: '', login: 'ecr', insecure: true };

export function registryAt(host: string, login: RegistryPlan['login'] = 'auto'): RegistryPlan {
  return { host, prefix: '', login, insecure: false };
}

/** A trust policy that accepts this sub (or these), for STS as audience. */
export function trusting(issuer: string, sub: string | string[]): TrustPolicy {
  const host = issuer.replace('http://', '');
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com', [`${host}:sub`]: sub } },
      },
    ],
  };
}

export interface Cloud {
  readonly clock: HandClock;
  readonly github: GitHub;
  readonly aws: Aws;
  /** The job's variables, AWS's and GitHub's. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface CloudOptions {
  readonly github?: Omit<GitHubOptions, 'clock'>;
  readonly aws?: Partial<Pick<AwsOptions, 'users' | 'region'>>;
  readonly awsFault?: ApiFault;
  /** What isn't given is the role `deliver`. */
  readonly role?: Partial<Omit<Role, 'trust'>>;
  /** Default: pushes to main of acme/app-repo. */
  readonly trust?: (issuer: string) => TrustPolicy;
  readonly audiences?: readonly string[];
}

/** GitHub and AWS on loopback, with one clock. They end with the test. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  // Near the real time, because the AWS SDK corrects its own clock by the Date headers it sees.
  const clock = jumpingClock(Date.now());
  const github = await startGitHub({ ...options.github, clock });
  onTestFinished(() => github.close());
  const trust = options.trust?.(github.issuer) ?? trusting(github.issuer, mainSub);
  const aws = await startAws({
    ...options.aws,
    clock,
    providers: [{ issuer: github.issuer, audiences: options.audiences ?? ['sts.amazonaws.com'] }],
    roles: [{ arn: roleArn, ...options.role, trust }],
    ...(options.awsFault === undefined ? {} : { fault: options.awsFault }),
  });
  onTestFinished(() => aws.close());
  return { clock, github, aws, env: { PATH: process.env.PATH, ...github.env, ...aws.env } };
}

/** The auth stage in this cloud, with some variables changed. */
export function authIn(
  cloud: Cloud,
  changed: Readonly<Record<string, string | undefined>> = {},
  plan: Partial<AwsPlan> | 'none' = {},
  clock: HandClock = cloud.clock,
): Auth & { readonly world: TestWorld } {
  const world = testWorld({ clock, env: { ...cloud.env, ...changed } });
  const aws = { role: roleArn, region: undefined, sessionSeconds: 3_600, audience: 'sts.amazonaws.com' };
  const auth = createAuth(world, world.emit, { aws: plan === 'none' ? undefined : { ...aws, ...plan } });
  return { ...auth, world };
}

/** What a promise was rejected with. Fails when it wasn't. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol('nothing');
  const outcome = await work.then(
    () => nothing,
    (error: unknown) => error,
  );
  if (outcome === nothing) throw new Error('it succeeded');
  return outcome;
}

/** How often each API call was made: `AssumeRoleWithWebIdentity`, `GetAuthorizationToken`, `idtoken`, …. */
export function callsOf(cloud: Cloud): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const request of cloud.aws.requests) {
    const target = request.headers['x-amz-target']?.split('.')[1];
    count(target ?? new URLSearchParams(request.body.toString()).get('Action') ?? 'unknown');
  }
  for (const request of cloud.github.requests) {
    const path = request.path.replace('/api/v3', '');
    if (!path.startsWith('/.well-known')) count(path.startsWith('/_apis') ? 'idtoken' : `${request.method} ${path}`);
  }
  return counts;
}
