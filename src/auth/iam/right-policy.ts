import type { Claims } from '../id-token.ts';

/** A role's name, taken apart. */
export interface RoleArn {
  readonly partition: string;
  readonly account: string;
}

/** `arn:aws:iam::123456789012:role/deliver`, or undefined when it is none. */
export function readRoleArn(arn: string): RoleArn | undefined {
  const [, partition, account] = /^arn:(aws[\w-]*):iam::(\d{12}):role\/.+$/.exec(arn) ?? [];
  return partition === undefined || account === undefined ? undefined : { partition, account };
}

/** The issuer as IAM names it: without its scheme. */
export function providerName(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

/** What a trust policy is to let in. */
export interface TrustWanted {
  readonly partition: string;
  readonly account: string;
  readonly provider: string;
  readonly audiences: readonly string[];
  readonly subs: readonly string[];
}

/** The smallest policy that lets these in: exact where nothing is a pattern. */
export function policyLettingIn({ partition, account, provider, audiences, subs }: TrustWanted) {
  const one = (values: readonly string[]) => (values.length === 1 ? (values[0] ?? '') : values);
  const aud = { [`${provider}:aud`]: one(audiences) };
  const sub = { [`${provider}:sub`]: one(subs) };
  const Condition = subs.some((text) => /[*?]/.test(text))
    ? { StringEquals: aud, StringLike: sub }
    : { StringEquals: { ...aud, ...sub } };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow' as const,
        Principal: { Federated: `arn:${partition}:iam::${account}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition,
      },
    ],
  };
}

/** A trust policy that accepts exactly this token for this role. */
export function trustPolicy(role: string, { iss, aud, sub }: Pick<Claims, 'iss' | 'aud' | 'sub'>) {
  const { partition, account } = readRoleArn(role) ?? { partition: 'aws', account: 'ACCOUNT' };
  return policyLettingIn({ partition, account, provider: providerName(iss), audiences: [aud], subs: [sub] });
}

/**
 * What to know about this `sub` before pasting it. Repositories made, renamed or transferred after 15 July 2026 (or
 * opted in) have the immutable form, with ids beside the names; older ones change to it when that happens to them.
 */
export function subNotes(claims: Claims): string[] {
  const { sub, repository, repositoryId, ownerId } = claims;
  // Every token of GitHub has it, and no other CI's.
  if (repository === undefined) return [];
  if (/^repo:[^/:@]+@\d+\/[^/:@]+@\d+:/.test(sub)) {
    const plain = sub.replace(/^repo:([^/:@]+)@\d+\/([^/:@]+)@\d+:/, 'repo:$1/$2:');
    return [`This repository has the immutable form of sub; a policy with the old form (${plain}) no longer fits it.`];
  }
  if (sub.startsWith(`repo:${repository}:`) && repositoryId && ownerId) {
    const [owner, name] = repository.split('/');
    const immutable = sub.replace(`repo:${repository}:`, `repo:${owner}@${ownerId}/${name}@${repositoryId}:`);
    return [
      `Once the repository is renamed, transferred or opted in, sub becomes ${immutable}; list both to be ready.`,
    ];
  }
  return ['This sub follows a template of your organisation or repository, so a policy must be written for that.'];
}
