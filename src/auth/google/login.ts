import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { GooglePlan, RegistryCredential } from '../../plan.ts';
import { peerOf, WireFailure } from '../../wire/failure.ts';
import { isObject, jsonIn, numberAt, textAt } from '../../wire/fields.ts';
import type { Env, World } from '../../wire/world.ts';
import { askCloud, cloudAway } from '../cloud.ts';
import type { IdToken } from '../id-token.ts';
import type { Keeper } from '../keeper.ts';
import type { Leased } from '../lease.ts';
import { fetchIdToken } from '../oidc.ts';
import type { AccessToken } from './library.ts';

/** Artifact Registry, and the hosts of the Container Registry that it took over. */
export function isGoogleHost(host: string): boolean {
  return /^(?:[a-z0-9-]+\.)?(?:pkg\.dev|gcr\.io)$/.test(host.toLowerCase());
}

/**
 * A registry password from Google: an access token for this job's OIDC token, of the pool or of a service account
 * (cloud.google.com/iam/docs/workload-identity-federation-with-other-providers), under the user name that is documented
 * for access tokens (cloud.google.com/artifact-registry/docs/docker/authentication#token). Throws OIDC_*,
 * GOOGLE_TOKEN_REFUSED, CLOUD_UNREACHABLE.
 */
export async function googleToken(world: World, keeper: Keeper, plan: GooglePlan): Promise<Leased<RegistryCredential>> {
  const idToken = await fetchIdToken(world, keeper, plan.audience, 'google');
  const { federated } = await import('./library.ts');
  try {
    return passwordOf(keeper, await federated(world, keeper, plan, idToken.token));
  } catch (error) {
    throw error instanceof WireFailure ? refusal(error, plan, idToken) : error;
  }
}

/**
 * The same by application default credentials: the file that GOOGLE_APPLICATION_CREDENTIALS names, gcloud's own, and where
 * `machine` is, the machine's. Undefined where there are none. Throws GOOGLE_CREDENTIALS_UNUSABLE, CLOUD_UNREACHABLE.
 */
export async function googleDefault(
  world: World,
  keeper: Keeper,
  machine: boolean,
): Promise<(Leased<RegistryCredential> & { readonly from: string }) | undefined> {
  const named = world.env.GOOGLE_APPLICATION_CREDENTIALS;
  const from = named || (await gcloudFile(world.env));
  if (from === undefined) {
    if (!machine && !world.env.GCE_METADATA_HOST) return undefined;
    return { ...passwordOf(keeper, await machineToken(world, keeper)), from: 'the metadata server' };
  }
  const text = await readFile(from, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  const file = typeof text === 'string' ? jsonIn(text) : undefined;
  if (!isObject(file)) {
    const why = typeof text === 'string' ? "it isn't JSON" : `it can't be read (${text.code ?? 'unknown'})`;
    throw new TagboatError('GOOGLE_CREDENTIALS_UNUSABLE', { file: from, why });
  }
  for (const name of ['private_key', 'refresh_token', 'client_secret']) keeper.keep(textAt(file, name), name);
  const { byFile } = await import('./library.ts');
  try {
    return { ...passwordOf(keeper, await byFile(world, keeper, file)), from };
  } catch (error) {
    world.signal.throwIfAborted();
    if (error instanceof WireFailure) {
      const away = cloudAway('Google', error);
      if (away !== undefined) throw away;
    }
    const why = error instanceof Error ? keeper.clean(error.message) : 'unknown';
    const peer = error instanceof WireFailure ? peerOf(error) : undefined;
    throw new TagboatError('GOOGLE_CREDENTIALS_UNUSABLE', { file: from, why }, { peer, cause: error });
  }
}

function passwordOf(keeper: Keeper, { token, expiresAt }: AccessToken): Leased<RegistryCredential> {
  const password = keeper.keep(token, 'Google access token');
  keeper.basic('oauth2accesstoken', password, 'Google access token');
  return { value: { username: 'oauth2accesstoken', password }, expiresAt };
}

async function gcloudFile({ CLOUDSDK_CONFIG, HOME }: Env): Promise<string | undefined> {
  const folder = CLOUDSDK_CONFIG || (HOME ? join(HOME, '.config', 'gcloud') : undefined);
  if (folder === undefined) return undefined;
  const file = join(folder, 'application_default_credentials.json');
  return readFile(file).then(
    () => file,
    () => undefined,
  );
}

/** cloud.google.com/compute/docs/metadata/overview: the header says that no page in a browser asks. */
async function machineToken(world: World, keeper: Keeper): Promise<AccessToken> {
  const host = world.env.GCE_METADATA_HOST || 'metadata.google.internal';
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  try {
    const { body } = await askCloud(world, keeper, { url, headers: { 'metadata-flavor': 'Google' } });
    const token = textAt(body, 'access_token');
    if (token === '') throw new WireFailure('malformed', url);
    return { token, expiresAt: world.clock.now() + numberAt(body, 'expires_in') * 1_000 };
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    const why = 'neither GOOGLE_APPLICATION_CREDENTIALS nor gcloud has a file, and the metadata server gave nothing';
    throw new TagboatError('GOOGLE_CREDENTIALS_UNUSABLE', { file: host, why }, { peer: peerOf(error), cause: error });
  }
}

function refusal(failure: WireFailure, plan: GooglePlan, { claims }: IdToken): TagboatError {
  const away = cloudAway('Google', failure);
  if (away !== undefined) return away;
  const { workloadIdentityProvider: provider, serviceAccount } = plan;
  const data = {
    ...{ code: failure.peerCode ?? '', provider, serviceAccount },
    ...{ issuer: claims.iss, sub: claims.sub, aud: claims.aud, others: claims.others },
    // The account is asked for its token after the token service has accepted the job's.
    byAccount: failure.url.includes(':generateAccessToken'),
  };
  return new TagboatError('GOOGLE_TOKEN_REFUSED', data, { peer: peerOf(failure), cause: failure });
}
