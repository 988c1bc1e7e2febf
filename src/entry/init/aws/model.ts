import { partitionOf } from '../../../auth/aws/ecr-host.ts';
import { pushPolicy } from '../../../auth/aws/policies.ts';
import { gitHubProvider } from '../../../auth/iam/claims.ts';
import { policyLettingIn, providerName } from '../../../auth/iam/right-policy.ts';

/** What an account needs for the deliveries of one app repo. */
export interface AwsNeeds {
  readonly account: string;
  readonly region: string;
  readonly role: string;
  /** Whose jobs assume the role, and the host that the app repo is on, with the folder that a GitLab lies in. */
  readonly ci: 'github' | 'gitlab';
  readonly host: string;
  /** The app repo's path there, owner/name or group/…/project, and the branches that deliver. */
  readonly app: string;
  readonly branches: readonly string[];
  readonly repositories: readonly string[];
}

export const audience = 'sts.amazonaws.com';

/**
 * Who signs the jobs' tokens. A GitLab does so itself. For GitHub it is one address for github.com, another for each
 * enterprise on ghe.com, and a path of a server that an enterprise runs.
 */
export function issuerOf({ ci, host }: Pick<AwsNeeds, 'ci' | 'host'>): string {
  const isOwn = isSite(host) && host !== `${ci}.com`;
  if (ci === 'gitlab') return `https://${isOwn ? host : 'gitlab.com'}`;
  if (isOwn && host.endsWith('.ghe.com')) return `https://token.actions.${host}`;
  return isOwn ? `https://${host}/_services/token` : `https://${gitHubProvider}`;
}

/** Whether it is a host's name; one without a dot is an alias of somebody's SSH config. */
export function isSite(host: string): boolean {
  return host.includes('.');
}

/** The ARN of the account's provider for them. */
export function providerArn(needs: AwsNeeds): string {
  const { partition } = partitionOf(needs.region);
  return `arn:${partition}:iam::${needs.account}:oidc-provider/${providerName(issuerOf(needs))}`;
}

/** The provider's name for people. */
export const providerOwner = { github: 'GitHub Actions', gitlab: 'GitLab' } as const;

/** Who may assume the role: jobs of these branches, as their tokens name them, and nobody else. */
export function trustOf(needs: AwsNeeds) {
  const { account, ci, app, branches } = needs;
  const provider = providerName(issuerOf(needs));
  const subs = branches.flatMap((branch) => (ci === 'gitlab' ? [gitLabSub(app, branch)] : gitHubSubs(app, branch)));
  const { partition } = partitionOf(needs.region);
  return policyLettingIn({ partition, account, provider, audiences: [audience], subs });
}

function gitLabSub(project: string, branch: string): string {
  return `project_path:${project}:ref_type:branch:ref:${branch}`;
}

/**
 * Tokens of repositories made or renamed since July 2026 have the ids of owner and repository beside their names, which
 * nobody tells here; a name with "@" after it can be no other one.
 */
function gitHubSubs(app: string, branch: string): string[] {
  return [app, app.replace('/', '@*/').concat('@*')].map(
    (repo) => `repo:${repo}:ref:refs/heads/${branch.replaceAll(':', '%3A')}`,
  );
}

/** What the role may do: log in, and push to these repositories. */
export function rightsOf({ account, region, repositories }: AwsNeeds) {
  const [login, push] = pushPolicy.Statement;
  const Resource = repositories.map(
    (name) => `arn:${partitionOf(region).partition}:ecr:${region}:${account}:repository/${name}`,
  );
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
