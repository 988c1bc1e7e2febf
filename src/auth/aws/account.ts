import {
  DescribeRepositoriesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { reportOf } from '../../errors.ts';
import { WireFailure } from '../../wire/failure.ts';
import { retry } from '../../wire/retry.ts';
import type { World } from '../../wire/world.ts';
import { type RoleArn, readRoleArn } from '../iam/right-policy.ts';
import type { Keeper } from '../keeper.ts';
import { credentialsFor, isChainEmpty } from './ecr.ts';
import type { EcrHost } from './ecr-host.ts';
import { createIam } from './iam.ts';
import { pushPolicy } from './policies.ts';
import { askRole, type RoleAnswer, type Told } from './role.ts';
import { awsCall } from './sdk.ts';
import type { AwsSession } from './sts.ts';

/** What to ask an account about. */
export interface AccountQuestion {
  /** The role's ARN. */
  readonly role: string | undefined;
  readonly region: string;
  readonly repositories: readonly { readonly about: EcrHost | undefined; readonly name: string }[];
}

/** What AWS tells of a role and of repositories, as far as these credentials may ask. Undefined is what wasn't told. */
export interface AccountFacts extends RoleAnswer {
  /** The role's own session asked; else whatever keys this machine has. */
  readonly byRole: boolean;
  readonly repositories: ReadonlyMap<string, RepositoryFacts | 'missing'>;
  /** Calls that gave nothing, and why. */
  readonly untold: readonly { readonly call: string; readonly why: string }[];
}

export interface RepositoryFacts {
  readonly mutability: string;
  readonly exclusions: readonly string[];
  readonly lifecycle: string | undefined;
  /** How many tags each digest has; undefined where there are more than were read. */
  readonly tags: ReadonlyMap<string, number> | undefined;
}

/** A repository's tags are read as far as this, a thousand at a time. */
const mostPages = 10;

/** Asks everything at once, by a session of the role or else by this machine's keys. What AWS refuses is told beside the facts. */
export async function askAccount(
  world: World,
  keeper: Keeper,
  { role, region, repositories }: AccountQuestion,
  session: AwsSession | undefined,
): Promise<AccountFacts> {
  const untold: { call: string; why: string }[] = [];
  const tell = (call: string, why: string): void => void untold.push({ call, why });
  const byRole = session !== undefined;
  const arn = role === undefined ? undefined : readRoleArn(role);
  const { config, failureOf } = awsCall(world, keeper, 'STS', { region });
  const credentials = credentialsFor(world, config, session);
  const sts = new STSClient({ ...config, credentials });

  const told: Told = async (call, ask, absent) => {
    const once = () => ask().catch((error) => Promise.reject(isChainEmpty(error) ? error : failureOf(error)));
    try {
      return await retry(once, world, { tries: 3 });
    } catch (error) {
      world.signal.throwIfAborted();
      const code = error instanceof WireFailure ? error.peerCode : undefined;
      if (absent !== undefined && code === absent) return 'missing';
      const why = isChainEmpty(error) ? 'there are no AWS credentials here' : (code ?? reportOf(error).message);
      tell(call, why);
      return undefined;
    }
  };

  const ofRole = async (): Promise<RoleAnswer> => {
    const none = { role: undefined, providers: [], lacking: [] };
    if (role === undefined || arn === undefined) return none;
    const iam = createIam(world, keeper, arn.partition, { credentials, sha256: sts.config.sha256 });
    const ask = () => askRole(iam, { role, arn, calls: callsOf(arn), now: world.clock.now() }, told, tell);
    if (byRole) return ask();
    // A name says nothing without its account: another one may have a role of the same name.
    const who = await told('sts:GetCallerIdentity', () => sts.send(new GetCallerIdentityCommand({})));
    if (typeof who !== 'object') return none;
    if (who.Account === arn.account) return ask();
    const why = `these credentials are of account ${who.Account}, and the role is in ${arn.account}`;
    tell('iam:GetRole', why);
    return none;
  };
  const [login, push] = pushPolicy.Statement;
  const callsOf = ({ account, partition }: RoleArn) => [
    { actions: [login.Action], resource: '*', region },
    ...repositories.map(({ about, name }) => {
      const place = about?.region ?? region;
      const resource = `arn:${partition}:ecr:${place}:${about?.account ?? account}:repository/${name}`;
      return { actions: push.Action, resource, region: place };
    }),
  ];
  try {
    const [found, described] = await Promise.all([
      ofRole(),
      Promise.all(
        repositories.map(async ({ about, name }) => {
          const place = { region: about?.region ?? region, fips: about?.fips, dualstack: about?.dualstack };
          const client = new ECRClient({ ...awsCall(world, keeper, 'ECR', place).config, credentials });
          const facts = await askRepository(client, { name, account: about?.account }, told);
          client.destroy();
          return facts === undefined ? [] : [[name, facts] as const];
        }),
      ),
    ]);
    return { ...found, byRole, repositories: new Map(described.flat()), untold };
  } finally {
    sts.destroy();
  }
}

async function askRepository(
  client: ECRClient,
  { name, account }: { readonly name: string; readonly account: string | undefined },
  told: Told,
): Promise<RepositoryFacts | 'missing' | undefined> {
  const repository = { registryId: account, repositoryName: name };
  const listTags = async (): Promise<RepositoryFacts['tags']> => {
    const tags = new Map<string, number>();
    let nextToken: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const filter = { tagStatus: 'TAGGED' } as const;
      const answer = await client.send(new ListImagesCommand({ ...repository, filter, maxResults: 1_000, nextToken }));
      for (const { imageDigest = '' } of answer.imageIds ?? []) tags.set(imageDigest, (tags.get(imageDigest) ?? 0) + 1);
      nextToken = answer.nextToken;
      if (nextToken === undefined) return tags;
    }
    return undefined;
  };
  const described = await told(
    'ecr:DescribeRepositories',
    () => client.send(new DescribeRepositoriesCommand({ registryId: account, repositoryNames: [name] })),
    'RepositoryNotFound',
  );
  if (described === 'missing') return described;
  const [lifecycle, tags] = await Promise.all([
    told(
      'ecr:GetLifecyclePolicy',
      () => client.send(new GetLifecyclePolicyCommand(repository)),
      'LifecyclePolicyNotFound',
    ),
    told('ecr:ListImages', listTags),
  ]);
  const about = described?.repositories?.[0];
  return {
    mutability: about?.imageTagMutability ?? 'MUTABLE',
    exclusions: (about?.imageTagMutabilityExclusionFilters ?? []).flatMap(({ filter }) => filter ?? []),
    lifecycle: typeof lifecycle === 'object' ? lifecycle.lifecyclePolicyText : undefined,
    tags: tags === 'missing' ? undefined : tags,
  };
}
