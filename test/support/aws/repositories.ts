import type { ApiAnswer } from '../../../src/sandbox/api.ts';
import { amzJson, type EcrOperation, refuse } from '../../../src/sandbox/aws/ecr.ts';

/** A repository as ECR's own API tells of it: what is pushed to its registry isn't known here. */
export interface EcrRepository {
  readonly name: string;
  /** Default `MUTABLE`. */
  readonly mutability?: 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION';
  /** Patterns of tags for which the opposite holds. */
  readonly exclusions?: readonly string[];
  readonly lifecycle?: unknown;
  /** Tags by the digest of their image. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
}

interface Asked {
  readonly repositoryName?: string;
  readonly repositoryNames?: readonly string[];
  readonly maxResults?: number;
  readonly nextToken?: string;
}

type Perform = (repository: EcrRepository, account: string, asked: Asked) => ApiAnswer;

const operations: Readonly<Record<string, Perform>> = {
  DescribeRepositories: ({ name, mutability = 'MUTABLE', exclusions = [] }, account) =>
    amzJson(200, {
      repositories: [
        {
          repositoryArn: `arn:aws:ecr:ap-northeast-1:${account}:repository/${name}`,
          registryId: account,
          repositoryName: name,
          repositoryUri: `${account}.dkr.ecr.ap-northeast-1.amazonaws.com/${name}`,
          createdAt: 1_767_225_600,
          imageTagMutability: mutability,
          imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: 'WILDCARD', filter })),
          imageScanningConfiguration: { scanOnPush: false },
          encryptionConfiguration: { encryptionType: 'AES256' },
        },
      ],
    }),
  GetLifecyclePolicy: ({ name, lifecycle }, account) =>
    lifecycle === undefined
      ? refuse('LifecyclePolicyNotFoundException', `Lifecycle policy does not exist for the repository '${name}'`)
      : amzJson(200, {
          registryId: account,
          repositoryName: name,
          lifecyclePolicyText: JSON.stringify(lifecycle),
          lastEvaluatedAt: 1_767_225_600,
        }),
  ListImages: ({ tags = {} }, _, { maxResults = 100, nextToken = '0' }) => {
    const all = Object.entries(tags).flatMap(([imageDigest, names]) =>
      names.map((imageTag) => ({ imageDigest, imageTag })),
    );
    const end = Number(nextToken) + maxResults;
    const imageIds = all.slice(Number(nextToken), end);
    return amzJson(200, end < all.length ? { imageIds, nextToken: String(end) } : { imageIds });
  },
};

/** What ECR tells of its repositories. Undefined: any name is there, as ECR makes it when nothing is said. */
export function aboutRepositories(
  account: string,
  repositories: readonly EcrRepository[] | undefined,
): Readonly<Record<string, EcrOperation>> {
  const answering = (perform: Perform) => (value: unknown) => {
    const asked = value as Asked;
    const name = asked.repositoryName ?? asked.repositoryNames?.[0] ?? '';
    const repository = repositories === undefined ? { name } : repositories.find((one) => one.name === name);
    if (repository !== undefined) return perform(repository, account, asked);
    const message = `The repository with name '${name}' does not exist in the registry with id '${account}'`;
    return refuse('RepositoryNotFoundException', message);
  };
  return Object.fromEntries(Object.entries(operations).map(([name, perform]) => [name, answering(perform)]));
}
