import type { Claims } from '../oidc.ts';

/** What an image push needs on each repository, and the token that comes before it. For the documentation. */
export const pushPolicy = {
  Version: '2012-10-17',
  Statement: [
    { Sid: 'LogIn', Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    {
      Sid: 'Push',
      Effect: 'Allow',
      Action: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      Resource: 'arn:aws:ecr:REGION:ACCOUNT:repository/NAME',
    },
  ],
} as const;

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

/** A trust policy that accepts exactly this token for this role. */
export function trustPolicy(role: string, claims: Pick<Claims, 'iss' | 'aud' | 'sub'>) {
  const { partition, account } = readRoleArn(role) ?? { partition: 'aws', account: 'ACCOUNT' };
  const provider = providerName(claims.iss);
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow' as const,
        Principal: { Federated: `arn:${partition}:iam::${account}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${provider}:aud`]: claims.aud, [`${provider}:sub`]: claims.sub } },
      },
    ],
  };
}

/**
 * What to know about this `sub` before pasting it. Repositories made, renamed or transferred after 15 July 2026 (or
 * opted in) have the immutable form, with ids beside the names; older ones change to it when that happens to them.
 */
export function subNotes(claims: Claims): string[] {
  const { sub, repository, repositoryId, ownerId } = claims;
  if (/^repo:[^/:@]+@\d+\/[^/:@]+@\d+:/.test(sub)) {
    const plain = sub.replace(/^repo:([^/:@]+)@\d+\/([^/:@]+)@\d+:/, 'repo:$1/$2:');
    return [`This repository has the immutable form of sub; a policy with the old form (${plain}) no longer fits it.`];
  }
  if (repository !== undefined && sub.startsWith(`repo:${repository}:`) && repositoryId && ownerId) {
    const [owner, name] = repository.split('/');
    const immutable = sub.replace(`repo:${repository}:`, `repo:${owner}@${ownerId}/${name}@${repositoryId}:`);
    return [
      `Once the repository is renamed, transferred or opted in, sub becomes ${immutable}; list both to be ready.`,
    ];
  }
  return ['This sub follows a template of your organisation or repository, so a policy must be written for that.'];
}
