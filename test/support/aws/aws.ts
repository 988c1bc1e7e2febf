import { type Aws, type AwsOptions as SandboxOptions, startAws as startSandbox } from '../../../src/sandbox/aws/aws.ts';
import { createIam, type Role } from './iam.ts';
import { aboutRepositories, type EcrRepository } from './repositories.ts';

export type { Aws };

export interface AwsOptions extends Omit<SandboxOptions, 'ecr' | 'beside'> {
  readonly roles: readonly Role[];
  /** ECR's repositories. Without them, any name is there, as ECR makes it when nothing is said. */
  readonly repositories?: readonly EcrRepository[];
}

/** The sandbox's AWS, with as much of IAM and ECR as tells whether a role and repositories are right. */
export function startAws({ repositories, ...options }: AwsOptions): Promise<Aws> {
  const { account = '123456789012', clock = { now: Date.now }, roles, providers } = options;
  return startSandbox({
    ...options,
    ecr: aboutRepositories(account, repositories),
    beside: (request, sessions) => createIam({ account, clock, sessions, roles, providers })(request),
  });
}
