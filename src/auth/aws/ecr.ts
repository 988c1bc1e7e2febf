import { ECRClient, type ECRClientConfig, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { TagboatError } from '../../errors.ts';
import type { RegistryCredential } from '../../plan.ts';
import { peerOf, WireFailure } from '../../wire/failure.ts';
import { isRetryable, retry } from '../../wire/retry.ts';
import type { World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';
import type { Leased } from '../lease.ts';
import { containerKeys } from './container.ts';
import type { EcrHost } from './ecr-host.ts';
import { pushPolicy } from './policies.ts';
import { type AwsCall, awsCall } from './sdk.ts';
import type { AwsSession } from './sts.ts';

interface EcrLogin {
  readonly host: string;
  readonly region: string;
  readonly about: EcrHost | undefined;
  /** The role's session and when it ends, or undefined for the ordinary credential chain. */
  readonly session: (Leased<AwsSession> & { readonly role: string }) | undefined;
}

/** Codes that say the signature, the key or the session is no good, rather than what it may do. */
const unknownKey = new Set(['UnrecognizedClient', 'InvalidSignature', 'InvalidClientTokenId', 'ExpiredToken']);

/** A session that is seconds old isn't known everywhere in AWS yet. */
function isNotYetKnown(error: unknown): boolean {
  return error instanceof WireFailure && ['UnrecognizedClient', 'InvalidClientTokenId'].includes(error.peerCode ?? '');
}

/** A registry password from ECR. Throws ECR_TOKEN_REFUSED, AWS_CREDENTIALS_MISSING or AWS_UNREACHABLE. */
export async function ecrToken(world: World, keeper: Keeper, login: EcrLogin): Promise<Leased<RegistryCredential>> {
  const { region, about, session } = login;
  const call = awsCall(world, keeper, 'ECR', { region, fips: about?.fips, dualstack: about?.dualstack });
  const client = new ECRClient({ ...call.config, credentials: credentialsFor(world, call.config, session?.value) });
  try {
    const ask = async () => {
      try {
        return await client.send(new GetAuthorizationTokenCommand({}));
      } catch (error) {
        throw isChainEmpty(error) ? missing(login, error, keeper) : call.failureOf(error);
      }
    };
    const worth = (error: unknown): boolean => isRetryable(error) || (session !== undefined && isNotYetKnown(error));
    const answer = await retry(ask, world, { worth });
    const data = answer.authorizationData?.[0];
    const [, username, password] = /^([^:]+):(.+)$/s.exec(decoded(data?.authorizationToken)) ?? [];
    if (!data?.authorizationToken || username === undefined || password === undefined) {
      throw new WireFailure('malformed', 'ECR', { message: 'ECR answered without a token' });
    }
    keeper.keep(data.authorizationToken, 'ECR password');
    return {
      value: { username, password: keeper.keep(password, 'ECR password') },
      // The password outlives the session that asked for it, but a fresh one costs three requests and no doubt.
      expiresAt: Math.min(data.expiresAt?.getTime() ?? 0, session?.expiresAt ?? Number.POSITIVE_INFINITY),
    };
  } catch (error) {
    throw error instanceof WireFailure ? refusal(error, login) : error;
  } finally {
    client.destroy();
  }
}

/** A session's keys, or those standing in the environment unless a profile is named, or whatever the SDK's own chain finds. */
export function credentialsFor(
  world: World,
  { requestHandler }: AwsCall['config'],
  session: AwsSession | undefined,
): NonNullable<ECRClientConfig['credentials']> {
  if (session !== undefined) {
    const { accessKeyId, secretAccessKey, sessionToken } = session;
    return { accessKeyId, secretAccessKey: secretAccessKey.reveal(), sessionToken: sessionToken.reveal() };
  }
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = world.env;
  if (!AWS_PROFILE && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    const keys = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    return AWS_SESSION_TOKEN ? { ...keys, sessionToken: AWS_SESSION_TOKEN } : keys;
  }
  // What the chain asks by itself (SSO, other roles) goes by our http too: it would know neither proxy nor CA.
  const chain = defaultProvider({ clientConfig: { requestHandler, maxAttempts: 1 } });
  return async () => (await containerKeys(world)) ?? chain();
}

/** The SDK's chain names its own end; nothing was sent then. */
export function isChainEmpty(error: unknown): boolean {
  return error instanceof Error && error.name === 'CredentialsProviderError';
}

function missing(login: EcrLogin, error: unknown, keeper: Keeper): TagboatError {
  const text = keeper.clean(error instanceof Error ? error.message : String(error));
  return new TagboatError('AWS_CREDENTIALS_MISSING', { host: login.host }, { peer: { text, retryable: false } });
}

function refusal(failure: WireFailure, login: EcrLogin): TagboatError {
  const context = { peer: peerOf(failure), cause: failure };
  const { peerCode: code } = failure;
  if (code === undefined || failure.kind !== 'status' || failure.retryable) {
    return new TagboatError('AWS_UNREACHABLE', { service: 'ECR', url: failure.url, why: failure.message }, context);
  }
  const { host, region, session } = login;
  const policy = JSON.stringify({ Version: pushPolicy.Version, Statement: [pushPolicy.Statement[0]] }, null, 2);
  const data = { host, region, code, identity: session?.role, badKey: unknownKey.has(code), policy };
  return new TagboatError('ECR_TOKEN_REFUSED', data, context);
}

function decoded(token: string | undefined): string {
  return Buffer.from(token ?? '', 'base64').toString('utf8');
}
