import { type AuthClient, GoogleAuth, IdentityPoolClient } from 'google-auth-library';
import type { GooglePlan } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { HttpRequest } from '../../wire/http.ts';
import type { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { askCloud } from '../cloud.ts';
import type { Keeper } from '../keeper.ts';

/** An access token and when it ends, milliseconds since the epoch. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAt: number;
}

type Transporter = NonNullable<NonNullable<ConstructorParameters<typeof IdentityPoolClient>[0]>['transporter']>;

/** What the library hands to its transport, as far as it is used here. */
interface LibraryRequest {
  readonly url?: string | URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly data?: unknown;
}

const scope = 'https://www.googleapis.com/auth/cloud-platform';

/** Google's access token for a job's token. Throws WireFailure. */
export async function federated(
  world: World,
  keeper: Keeper,
  { workloadIdentityProvider, serviceAccount }: GooglePlan,
  token: Secret,
): Promise<AccessToken> {
  const account = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${serviceAccount}`;
  const client = new IdentityPoolClient({
    type: 'external_account',
    audience: `//iam.googleapis.com/${workloadIdentityProvider}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    subject_token_supplier: { getSubjectToken: async () => token.reveal() },
    ...(serviceAccount === undefined ? {} : { service_account_impersonation_url: `${account}:generateAccessToken` }),
    scopes: [scope],
    ...overOurs(world, keeper),
  });
  return tokenOf(client, world, keeper);
}

/** The same by a credentials file's content: a service account's key, an external account, gcloud's own login. */
export async function byFile(
  world: World,
  keeper: Keeper,
  file: Readonly<Record<string, unknown>>,
): Promise<AccessToken> {
  // Deprecated for files of others: this one is named by whoever runs the job, and names the addresses that get its token.
  const client = new GoogleAuth({ scopes: [scope] }).fromJSON(file as never, overOurs(world, keeper) as never);
  return tokenOf(client, world, keeper);
}

async function tokenOf(client: AuthClient, world: World, keeper: Keeper): Promise<AccessToken> {
  // The library gives its transport to everything but its own token exchange.
  const { stsCredential } = client as { stsCredential?: object };
  if (stsCredential !== undefined) Object.assign(stsCredential, overOurs(world, keeper));
  const { token } = await client.getAccessToken();
  if (!token) throw new WireFailure('malformed', 'Google', { message: 'Google answered without a token' });
  const hour = 3_600_000;
  return { token, expiresAt: client.credentials.expiry_date ?? world.clock.now() + hour };
}

/** The library's transport over ours. Its own interceptors, which may log what they see, are left out. */
function overOurs(world: World, keeper: Keeper): { transporter: Transporter; useAuthRequestParameters: false } {
  const request = async ({ url = '', method, headers, data }: LibraryRequest): Promise<unknown> => {
    const isForm = data instanceof URLSearchParams;
    const type = isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const answer = await askCloud(world, keeper, {
      method: (method ?? 'GET') as NonNullable<HttpRequest['method']>,
      url,
      headers: { ...type, ...Object.fromEntries(new Headers(headers)) },
      body: isForm || typeof data === 'string' ? String(data) : data === undefined ? undefined : JSON.stringify(data),
    });
    return { ...answer, data: answer.body };
  };
  return { transporter: { request, defaults: {} } as unknown as Transporter, useAuthRequestParameters: false };
}
