import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../wire/world.ts';
import type { ApiAnswer, ApiRequest } from '../api.ts';
import { callerOf, type Sessions, whyNot } from './caller.ts';

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

interface Ecr {
  readonly answer: (request: ApiRequest) => ApiAnswer;
  /** Whether a registry may let these in: `AWS` with a password given out here and still good. */
  readonly verify: (username: string, password: string) => boolean;
}

const target = 'AmazonEC2ContainerRegistry_V20150921.';
const passwordMs = 12 * 3_600_000;

/** ECR's JSON API, for signed requests of known sessions: a registry's password, and what a repository is like. */
export function createEcr(options: {
  readonly account: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly sessions: Sessions;
  readonly repositories: readonly EcrRepository[] | undefined;
}): Ecr {
  const { account, clock, sessions, repositories } = options;
  const passwords = new Map<string, number>();

  const answer = (request: ApiRequest): ApiAnswer => {
    const caller = callerOf(request, sessions, clock);
    if (!('session' in caller)) return refuse(caller.json, caller.message);
    const operation = (request.headers['x-amz-target'] ?? '').slice(target.length);
    const perform = aboutRepository[operation];
    if (perform === undefined && operation !== 'GetAuthorizationToken') {
      return refuse('UnknownOperationException', `The sandbox doesn't know ${operation}.`);
    }
    const denied = whyNot(caller.session, `ecr:${operation}`, '*');
    if (denied !== undefined) return refuse('AccessDeniedException', denied);
    if (perform === undefined) return amzJson(200, authorization(caller.region));
    const asked = JSON.parse(request.body.toString()) as Asked;
    const name = asked.repositoryName ?? asked.repositoryNames?.[0] ?? '';
    const repository = repositories === undefined ? { name } : repositories.find((one) => one.name === name);
    if (repository === undefined) {
      const message = `The repository with name '${name}' does not exist in the registry with id '${account}'`;
      return refuse('RepositoryNotFoundException', message);
    }
    return perform(repository, account, asked);
  };

  const authorization = (region: string): unknown => {
    const password = randomBytes(600).toString('base64');
    const expiresAt = clock.now() + passwordMs;
    passwords.set(password, expiresAt);
    const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
    const proxyEndpoint = `https://${account}.dkr.ecr.${region}.amazonaws.com`;
    return { authorizationData: [{ authorizationToken, expiresAt: expiresAt / 1_000, proxyEndpoint }] };
  };

  return {
    answer,
    verify: (username, password) => username === 'AWS' && (passwords.get(password) ?? 0) > clock.now(),
  };
}

interface Asked {
  readonly repositoryName?: string;
  readonly repositoryNames?: readonly string[];
  readonly maxResults?: number;
  readonly nextToken?: string;
}

type Perform = (repository: EcrRepository, account: string, asked: Asked) => ApiAnswer;

const aboutRepository: Readonly<Record<string, Perform>> = {
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

function refuse(type: string, message: string): ApiAnswer {
  return amzJson(400, { __type: type, message });
}

function amzJson(status: number, value: unknown): ApiAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: JSON.stringify(value) };
}
