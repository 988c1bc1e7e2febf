import { pushPolicy } from '../../../auth/aws/policies.ts';
import { gitHubProvider } from '../../../auth/iam/claims.ts';
import { policyLettingIn } from '../../../auth/iam/right-policy.ts';

/** What an account needs for the deliveries of one app repo. */
export interface AwsNeeds {
  readonly account: string;
  readonly region: string;
  readonly role: string;
  /** The app repo, owner/name, and the branches that deliver. */
  readonly app: string;
  readonly branches: readonly string[];
  readonly repositories: readonly string[];
}

export const issuer = `https://${gitHubProvider}`;
export const audience = 'sts.amazonaws.com';

/**
 * Who may assume the role: jobs of these branches, as GitHub's token names them, and nobody else. Tokens of repositories
 * made or renamed since July 2026 have the ids of owner and repository beside their names, which nobody tells here; a
 * name with "@" after it can be no other one.
 */
export function trustOf({ account, app, branches }: AwsNeeds) {
  const repos = [app, app.replace('/', '@*/').concat('@*')];
  const subs = branches.flatMap((branch) =>
    repos.map((repo) => `repo:${repo}:ref:refs/heads/${branch.replaceAll(':', '%3A')}`),
  );
  return policyLettingIn({ partition: 'aws', account, provider: gitHubProvider, audiences: [audience], subs });
}

/** What the role may do: log in, and push to these repositories. */
export function rightsOf({ account, region, repositories }: AwsNeeds) {
  const [login, push] = pushPolicy.Statement;
  const Resource = repositories.map((name) => `arn:aws:ecr:${region}:${account}:repository/${name}`);
  return { Version: pushPolicy.Version, Statement: [login, { ...push, Resource }] };
}

/** Tags never move but those of the build cache, which is written anew with every build. */
export const movingTags = 'cache-*';

/**
 * What ECR cleans away. An image goes by the first rule that one of its tags meets, and rules count images: caches and
 * lists of inputs have rules of their own, so that they are never counted among what was released. Each image that
 * Tagboat built has one tag fp-…, so counting these counts different images, however many commits share one.
 */
export const lifecycle = {
  rules: [
    rule(1, 'Build caches that no build wrote for a month', { tagPrefixList: ['cache-'], ...days(30) }),
    rule(2, 'Lists of inputs beyond those of the images that stay', { tagPrefixList: ['inputs-'], ...count(500) }),
    rule(3, 'All but the last 500 different images', { tagPrefixList: ['fp-'], ...count(500) }),
    rule(4, 'What has no tag any more', days(14)),
  ],
};

interface Selection {
  readonly tagStatus: 'tagged' | 'untagged';
  readonly tagPrefixList?: readonly string[];
  readonly countType: 'sinceImagePushed' | 'imageCountMoreThan';
  readonly countUnit?: 'days';
  readonly countNumber: number;
}

function rule(rulePriority: number, description: string, selection: Omit<Selection, 'tagStatus'>) {
  const tagStatus = selection.tagPrefixList === undefined ? 'untagged' : 'tagged';
  const whole: Selection = { tagStatus, ...selection };
  return { rulePriority, description, selection: whole, action: { type: 'expire' } };
}

function days(countNumber: number) {
  return { countType: 'sinceImagePushed', countUnit: 'days', countNumber } as const;
}

function count(countNumber: number) {
  return { countType: 'imageCountMoreThan', countNumber } as const;
}
