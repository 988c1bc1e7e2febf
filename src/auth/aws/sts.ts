import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { TagboatError } from '../../errors.ts';
import type { AwsPlan } from '../../plan.ts';
import { peerOf, WireFailure } from '../../wire/failure.ts';
import { isRetryable, retry } from '../../wire/retry.ts';
import type { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { subNotes, trustPolicy } from '../iam/right-policy.ts';
import type { IdToken } from '../id-token.ts';
import type { Keeper } from '../keeper.ts';
import type { Leased } from '../lease.ts';
import { fetchIdToken } from '../oidc.ts';
import { awsCall } from './sdk.ts';

/** Access keys for as long as a session lasts. */
export interface AwsSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
}

/** A trust policy changed seconds ago isn't everywhere in IAM yet: one more try then, no more. */
const deniedWaitMs = 2_000;

/** STS couldn't fetch the issuer's keys. It passes at times; when it lasts, the issuer isn't reachable from AWS. */
const idpSilent = 'IDPCommunicationError';
const mostSilences = 5;

/** The role's session for a fresh OIDC token. Throws OIDC_*, AWS_UNREACHABLE, AWS_ROLE_REFUSED with a right policy. */
export async function assumeRole(
  world: World,
  keeper: Keeper,
  plan: AwsPlan & { readonly role: string },
  region: string,
): Promise<Leased<AwsSession>> {
  const idToken = await fetchIdToken(world, keeper, plan.audience);
  const call = awsCall(world, keeper, 'STS', { region });
  // This one operation is unsigned: whatever keys the environment holds, they play no part in it.
  const client = new STSClient(call.config);
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: plan.role,
    RoleSessionName: sessionName(world.env.GITHUB_RUN_ID ?? world.env.CI_JOB_ID),
    WebIdentityToken: idToken.token.reveal(),
    DurationSeconds: plan.sessionSeconds,
  });
  let denials = 0;
  let silences = 0;
  try {
    const { Credentials: keys } = await retry(
      async () => {
        try {
          return await client.send(command);
        } catch (error) {
          throw waitingIfDenied(call.failureOf(error));
        }
      },
      world,
      {
        worth: (error) => {
          if (isDenied(error)) return ++denials === 1;
          return isRetryable(error) && (!isSilent(error) || ++silences < mostSilences);
        },
      },
    );
    if (!keys?.AccessKeyId || !keys.SecretAccessKey || !keys.SessionToken || keys.Expiration === undefined) {
      throw new WireFailure('malformed', 'STS', { message: 'STS answered without credentials' });
    }
    keeper.keep(keys.AccessKeyId, 'AWS access key id');
    return {
      value: {
        accessKeyId: keys.AccessKeyId,
        secretAccessKey: keeper.keep(keys.SecretAccessKey, 'AWS secret access key'),
        sessionToken: keeper.keep(keys.SessionToken, 'AWS session token'),
      },
      expiresAt: keys.Expiration.getTime(),
    };
  } catch (error) {
    throw error instanceof WireFailure ? refusal(error, plan, region, idToken) : error;
  } finally {
    client.destroy();
  }
}

/** `tagboat-<run id>`, in the characters that STS allows: 2 to 64 of [\w+=,.@-]. */
export function sessionName(runId: string | undefined): string {
  const id = (runId ?? '').replace(/[^\w+=,.@-]/g, '-');
  return (id === '' ? 'tagboat' : `tagboat-${id}`).slice(0, 64);
}

function isDenied(error: unknown): boolean {
  return error instanceof WireFailure && error.peerCode === 'AccessDenied';
}

function isSilent(error: unknown): boolean {
  return error instanceof WireFailure && error.peerCode === idpSilent;
}

function waitingIfDenied(failure: WireFailure): WireFailure {
  if (!isDenied(failure)) return failure;
  const { kind, url, message, status, peerCode, peerText } = failure;
  const about = { message, status, peerCode, peerText, retryable: false, retryAfterMs: deniedWaitMs };
  return new WireFailure(kind, url, about);
}

function refusal(
  failure: WireFailure,
  plan: AwsPlan & { readonly role: string },
  region: string,
  { claims }: IdToken,
): TagboatError {
  const context = { peer: peerOf(failure), cause: failure };
  const { peerCode: code } = failure;
  // Without a code of AWS's own, or with one about itself, it wasn't a refusal: nobody there judged the token.
  const judged = failure.kind === 'status' && code !== undefined && (!failure.retryable || code === idpSilent);
  if (!judged) {
    return new TagboatError('AWS_UNREACHABLE', { service: 'STS', url: failure.url, why: failure.message }, context);
  }
  const { iss: issuer, sub, aud } = claims;
  const data = {
    ...{ role: plan.role, code, region, seconds: plan.sessionSeconds, issuer, sub, aud, notes: subNotes(claims) },
    policy: JSON.stringify(trustPolicy(plan.role, claims), null, 2),
  };
  return new TagboatError('AWS_ROLE_REFUSED', data, context);
}
