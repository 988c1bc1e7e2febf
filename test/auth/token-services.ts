import { generateKeyPairSync } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type Auth, createAuth } from '../../src/auth/auth.ts';
import type { AzurePlan, CloudPlans, GooglePlan } from '../../src/plan.ts';
import { type ApiAnswer, type ApiFault, type ApiRequest, json, serveApi } from '../../src/sandbox/api.ts';
import { readJwt } from '../../src/sandbox/jwt.ts';
import { createHttp } from '../../src/wire/http/client.ts';
import type { Http } from '../../src/wire/http.ts';
import type { Env } from '../../src/wire/world.ts';
import { type TestWorld, testWorld } from '../support/world.ts';
import { type Cloud, mainSub } from './cloud.ts';

const provider = 'projects/123456789012/locations/global/workloadIdentityPools/builds/providers/github';
export const google: GooglePlan = {
  workloadIdentityProvider: provider,
  serviceAccount: undefined,
  audience: `https://iam.googleapis.com/${provider}`,
};
export const account = 'deliver@acme.iam.gserviceaccount.com';
export const azure: AzurePlan = {
  clientId: '6731de76-14a6-49ae-97bc-6eba6914391e',
  tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
  audience: 'api://AzureADTokenExchange',
};
export const acr = 'acme.azurecr.io';

/** Tokens that the services give. */
export const given = {
  federated: 'ya29.planted-federated',
  account: 'ya29.planted-account',
  key: 'ya29.planted-key',
  machine: 'ya29.planted-machine',
  entra: 'eyJ0eXAi.planted-entra.x',
  acr: `eyJ0eXAi.${Buffer.from('{"exp":4102444800}').toString('base64url')}.planted-acr`,
};

/** A service account's key file, made here. */
export const keyFile = {
  type: 'service_account',
  client_email: account,
  token_uri: 'https://oauth2.googleapis.com/token',
  private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
};

export interface Accepting {
  /** The sub that Google's condition and Azure's federated credential have. */
  readonly sub?: string;
  readonly issuer?: string;
  /** Whether the provider's identities may act as the service account. */
  readonly lends?: boolean;
  readonly fault?: ApiFault;
}

/** Google's and Microsoft's token services, as their documentation has them; what is not sent as it says is a 400 of no kind. */
export async function startTokenServices(
  cloud: Pick<Cloud, 'github' | 'env' | 'clock'>,
  accepting: Accepting = {},
): Promise<{
  readonly http: Http;
  readonly authIn: (changed: Env, plans: Partial<CloudPlans>) => Auth & { readonly world: TestWorld };
  readonly requests: readonly ApiRequest[];
}> {
  const { sub = mainSub, issuer = cloud.github.issuer, lends = true } = accepting;
  const wrong = (what: string): ApiAnswer => json(400, { said: `not as documented: ${what}` });

  // cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token; the fields' names are RFC 8693's.
  const sts = (request: ApiRequest): ApiAnswer => {
    const form = Object.fromEntries(new URLSearchParams(request.body.toString()));
    const { subject_token: token = '', ...others } = form;
    const documented = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: `//iam.googleapis.com/${provider}`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    };
    if (request.method !== 'POST' || request.headers.authorization !== undefined) return wrong('the request');
    if (form.audience !== documented.audience)
      return json(400, { error: 'invalid_target', error_description: 'The target service is invalid.' });
    if (JSON.stringify(Object.entries(others).sort()) !== JSON.stringify(Object.entries(documented).sort()))
      return wrong('the form');
    const claims = readJwt(token)?.claims ?? {};
    if (claims.aud !== google.audience || claims.iss !== issuer)
      return json(400, {
        error: 'invalid_grant',
        error_description: `The audience in ID Token [${claims.aud}] does not match.`,
      });
    if (claims.sub !== sub) {
      const error_description = 'The given credential is rejected by the attribute condition.';
      return json(400, { error: 'unauthorized_client', error_description });
    }
    const issued = { issued_token_type: documented.requested_token_type, token_type: 'Bearer', expires_in: 3599 };
    return json(200, { access_token: given.federated, ...issued });
  };

  // cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
  const credentials = ({ headers, body }: ApiRequest): ApiAnswer => {
    const { scope, lifetime } = JSON.parse(body.toString());
    if (headers.authorization !== `Bearer ${given.federated}` || lifetime !== '3600s') return wrong('the request');
    if (String(scope) !== 'https://www.googleapis.com/auth/cloud-platform') return wrong('the scope');
    const refused = {
      code: 403,
      message: "Permission 'iam.serviceAccounts.getAccessToken' denied.",
      status: 'PERMISSION_DENIED',
    };
    if (!lends) return json(403, { error: refused });
    const expireTime = new Date(cloud.clock.now() + 3_600_000).toISOString();
    return json(200, { accessToken: given.account, expireTime });
  };

  // developers.google.com/identity/protocols/oauth2/service-account#httprest
  const oauth = ({ body }: ApiRequest): ApiAnswer => {
    const form = new URLSearchParams(body.toString());
    const claims = readJwt(form.get('assertion') ?? '')?.claims;
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return wrong('the grant');
    if (claims?.iss !== account || claims?.aud !== 'https://oauth2.googleapis.com/token') return wrong('the assertion');
    return json(200, { access_token: given.key, token_type: 'Bearer', expires_in: 3599 });
  };

  // cloud.google.com/compute/docs/metadata/querying-metadata
  const metadata = ({ headers }: ApiRequest): ApiAnswer => {
    if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
    return json(200, { access_token: given.machine, token_type: 'Bearer', expires_in: 3599 });
  };

  // learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, "access token request with a federated credential"
  const entra = ({ body, method }: ApiRequest): ApiAnswer => {
    const form = new URLSearchParams(body.toString());
    const documented = {
      client_id: azure.clientId,
      scope: 'https://containerregistry.azure.net/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      grant_type: 'client_credentials',
    };
    const refuse = (number: number, words: string) =>
      json(401, { error: 'invalid_client', error_description: `AADSTS${number}: ${words}`, error_codes: [number] });
    if (method !== 'POST') return wrong('the method');
    if (form.get('client_id') !== azure.clientId) return refuse(700016, 'Application was not found in the directory.');
    for (const [name, value] of Object.entries(documented)) if (form.get(name) !== value) return wrong(name);
    const claims = readJwt(form.get('client_assertion') ?? '')?.claims ?? {};
    const said = 'No matching federated identity record found for presented assertion';
    if (claims.iss !== issuer) return refuse(700211, `${said} issuer '${claims.iss}'.`);
    if (claims.aud !== azure.audience) return refuse(700212, `${said} audience '${claims.aud}'.`);
    if (claims.sub !== sub) return refuse(700213, `${said} subject '${claims.sub}'.`);
    return json(200, { token_type: 'Bearer', expires_in: 3599, access_token: given.entra });
  };

  // azure.github.io/acr/AAD-OAuth.html, "Calling POST /oauth2/exchange to get an ACR refresh token"
  const exchange = ({ body, method }: ApiRequest): ApiAnswer => {
    const form = Object.fromEntries(new URLSearchParams(body.toString()));
    const documented = { grant_type: 'access_token', service: acr, tenant: azure.tenantId, access_token: given.entra };
    if (method !== 'POST' || JSON.stringify(form) !== JSON.stringify(documented)) return wrong('the form');
    return json(200, { refresh_token: given.acr });
  };

  const services: Readonly<Record<string, (request: ApiRequest) => ApiAnswer>> = {
    'sts.googleapis.com/v1/token': sts,
    [`iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken`]: credentials,
    'oauth2.googleapis.com/token': oauth,
    'metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token': metadata,
    [`login.microsoftonline.com/${azure.tenantId}/oauth2/v2.0/token`]: entra,
    [`${acr}/oauth2/exchange`]: exchange,
  };
  const api = await serveApi(
    (request) => services[decodeURIComponent(request.path).slice(1)]?.(request) ?? { status: 404 },
    accepting.fault,
  );
  onTestFinished(() => api.close());
  const own = createHttp();
  onTestFinished(() => own.close());

  // Their names lead to the stand-ins here, loopback's to whoever is there.
  const http: Http = (request) => {
    const url = new URL(request.url);
    if (url.hostname === '127.0.0.1') return own(request);
    return own({ ...request, url: `${api.url}/${url.host}${url.pathname}${url.search}` });
  };
  return {
    http,
    requests: api.requests,
    authIn: (changed, plans) => {
      const world = testWorld({
        clock: cloud.clock,
        env: { ...cloud.env, HOME: '/nonexistent', ...changed },
        http,
      });
      return { ...createAuth(world, world.emit, plans), world };
    },
  };
}
