import { TagboatError } from '../../errors.ts';
import type { AzurePlan, RegistryCredential } from '../../plan.ts';
import { peerOf, WireFailure, wrongAnswer } from '../../wire/failure.ts';
import { textAt } from '../../wire/fields.ts';
import { tokenClaims } from '../../wire/text/token.ts';
import type { World } from '../../wire/world.ts';
import { askCloud, cloudAway } from '../cloud.ts';
import type { IdToken } from '../id-token.ts';
import type { Keeper } from '../keeper.ts';
import type { Leased } from '../lease.ts';
import { fetchIdToken } from '../oidc.ts';

/** The clouds that have registries, and where each gives its tokens. */
const authorities: Readonly<Record<string, string>> = {
  'azurecr.io': 'https://login.microsoftonline.com',
  'azurecr.cn': 'https://login.partner.microsoftonline.cn',
  'azurecr.us': 'https://login.microsoftonline.us',
};

export function isAcrHost(host: string): boolean {
  return authorityOf(host) !== undefined;
}

function authorityOf(host: string): string | undefined {
  return authorities[/^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.(azurecr\.[a-z]+)$/.exec(host.toLowerCase())?.[1] ?? ''];
}

/** The user name that says that the password is a refresh token of the registry (azure.github.io/acr/AAD-OAuth.html). */
const username = '00000000-0000-0000-0000-000000000000';

/**
 * A registry password from Azure: Entra's token for this job's OIDC token, exchanged at the registry for a refresh token
 * of its own. Throws OIDC_*, AZURE_TOKEN_REFUSED, ACR_LOGIN_REFUSED, CLOUD_UNREACHABLE.
 */
export async function acrToken(
  world: World,
  keeper: Keeper,
  plan: AzurePlan,
  { host, insecure }: { readonly host: string; readonly insecure: boolean },
): Promise<Leased<RegistryCredential>> {
  const idToken = await fetchIdToken(world, keeper, plan.audience, 'azure');
  const { entraToken } = await import('./library.ts');
  // A loopback's name says nothing of its cloud.
  const authority = `${authorityOf(host) ?? authorities['azurecr.io']}/${plan.tenantId}`;
  const token = await entraToken(world, keeper, { ...plan, authority, assertion: idToken.token }).catch((error) => {
    throw error instanceof WireFailure ? refusal(error, plan, idToken) : error;
  });
  const form = { grant_type: 'access_token', service: host, tenant: plan.tenantId, access_token: token.reveal() };
  const url = `${insecure ? 'http' : 'https'}://${host}/oauth2/exchange`;
  try {
    const { body } = await askCloud(world, keeper, {
      ...{ method: 'POST', url, body: new URLSearchParams(form).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const refresh = textAt(body, 'refresh_token');
    if (refresh === '') throw wrongAnswer(url, 'answered without a token');
    const password = keeper.keep(refresh, 'ACR refresh token');
    keeper.basic(username, password, 'ACR refresh token');
    const exp = tokenClaims(refresh)?.exp;
    // It lives for three hours; one that doesn't say so is renewed after one.
    const expiresAt = typeof exp === 'number' ? exp * 1_000 : world.clock.now() + 3_600_000;
    return { value: { username, password }, expiresAt };
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    const away = cloudAway('Azure', error);
    if (away !== undefined) throw away;
    const data = { host, code: error.peerCode ?? '', clientId: plan.clientId };
    throw new TagboatError('ACR_LOGIN_REFUSED', data, { peer: peerOf(error), cause: error });
  }
}

function refusal(failure: WireFailure, { clientId, tenantId }: AzurePlan, { claims }: IdToken): TagboatError {
  const away = cloudAway('Azure', failure);
  if (away !== undefined) return away;
  const { iss: issuer, sub, aud } = claims;
  const data = { code: failure.peerCode ?? '', clientId, tenantId, issuer, sub, aud };
  return new TagboatError('AZURE_TOKEN_REFUSED', data, { peer: peerOf(failure), cause: failure });
}
