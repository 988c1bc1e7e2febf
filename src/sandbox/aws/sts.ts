import { randomBytes } from 'node:crypto';
import type { Clock } from '../../wire/world.ts';
import type { ApiAnswer, ApiRequest } from '../api.ts';
import { isSignedBy, type Jwt, keyFrom, readJwt } from '../jwt.ts';
import { callerOf, type Sessions, type StsSession } from './caller.ts';
import { QueryRefusal, queryAnswer, refusalAnswer } from './query.ts';
import { isTrusted, type TrustPolicy } from './trust.ts';

export interface Role {
  readonly arn: string;
  readonly trust: TrustPolicy;
  /** The role's MaxSessionDuration, seconds. Default 3600. */
  readonly maxSessionSeconds?: number;
  /** What its policies don't allow of all that is done here: `ecr:PutImage`, `iam:GetRole`. Default: nothing. */
  readonly lacks?: readonly string[];
}

/** An IAM OIDC provider: a token issuer the account knows. */
export interface Provider {
  /** The tokens' `iss`, exactly. */
  readonly issuer: string;
  /** The provider's client ids: what `aud` may be. */
  readonly audiences: readonly string[];
}

interface StsOptions {
  readonly account: string;
  readonly roles: readonly Role[];
  readonly providers: readonly Provider[];
  readonly clock: Pick<Clock, 'now'>;
  readonly sessions: Sessions;
  readonly grant: (session: StsSession) => void;
}

const xmlns = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS's query API: AssumeRoleWithWebIdentity, with the checks the real one makes, and GetCallerIdentity. */
export function createSts(options: StsOptions): (request: ApiRequest) => Promise<ApiAnswer> {
  return async (request) => {
    const form = new URLSearchParams(request.body.toString());
    try {
      const action = form.get('Action') ?? '';
      if (action === 'GetCallerIdentity') return identify(request, options);
      if (action !== 'AssumeRoleWithWebIdentity') {
        const message = `Could not find operation ${action} for version ${form.get('Version')}`;
        throw new QueryRefusal('InvalidAction', message);
      }
      return queryAnswer(xmlns, action, sessionXml(await assume(form, options)));
    } catch (error) {
      if (error instanceof QueryRefusal) return refusalAnswer(xmlns, error);
      throw error;
    }
  };
}

async function assume(form: URLSearchParams, options: StsOptions): Promise<StsSession & { name: string }> {
  const { clock, account } = options;
  const name = form.get('RoleSessionName') ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) {
    const message = `1 validation error detected: Value '${name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`;
    throw new QueryRefusal('ValidationError', message);
  }
  const token = form.get('WebIdentityToken') ?? '';
  const jwt = readJwt(token);
  if (jwt === undefined) throw new QueryRefusal('InvalidIdentityToken', 'The ID Token provided is not a valid JWT.');
  const provider = await verified(jwt, options);

  const arn = form.get('RoleArn') ?? '';
  const role = options.roles.find((known) => known.arn === arn);
  const host = provider.issuer.replace(/^https?:\/\//, '');
  const federated = `arn:aws:iam::${account}:oidc-provider/${host}`;
  if (role === undefined || !isTrusted(role.trust, { provider: federated, host, claims: jwt.claims })) {
    throw new QueryRefusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
  }

  const seconds = Number(form.get('DurationSeconds') ?? 3_600);
  if (!(seconds >= 900 && seconds <= 43_200)) {
    throw new QueryRefusal('ValidationError', `Value '${seconds}' at 'durationSeconds' is out of 900 to 43200`);
  }
  if (seconds > (role.maxSessionSeconds ?? 3_600)) {
    const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
    throw new QueryRefusal('ValidationError', message);
  }
  const session: StsSession = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    token: randomBytes(180).toString('base64'),
    expiresAt: clock.now() + seconds * 1_000,
    arn: `arn:aws:sts::${account}:assumed-role/${arn.split('/').at(-1)}/${name}`,
    lacks: role.lacks ?? [],
  };
  options.grant(session);
  return { ...session, name };
}

/** The provider that stands behind the token, its signature, audience and time checked. */
async function verified(jwt: Jwt, options: StsOptions): Promise<Provider> {
  const { iss, aud, exp } = jwt.claims;
  const provider = options.providers.find(({ issuer }) => issuer === iss);
  if (provider === undefined) {
    throw new QueryRefusal('InvalidIdentityToken', `No OpenIDConnect provider found in your account for ${iss}`);
  }
  const key = keyFrom(await jwksOf(provider.issuer), jwt.header.kid);
  if (key === undefined || !isSignedBy(jwt, key)) {
    const message = "Couldn't verify the token's signature with the identity provider's keys";
    throw new QueryRefusal('InvalidIdentityToken', message);
  }
  if (typeof aud !== 'string' || !provider.audiences.includes(aud)) {
    throw new QueryRefusal('InvalidIdentityToken', 'Incorrect token audience');
  }
  const now = Math.floor(options.clock.now() / 1_000);
  if (typeof exp !== 'number' || exp <= now) {
    const message = `Token expired: current date/time ${now} is after expiration ${exp}`;
    throw new QueryRefusal('ExpiredTokenException', message);
  }
  return provider;
}

async function jwksOf(issuer: string): Promise<unknown> {
  try {
    const document = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
      jwks_uri: string;
    };
    return await (await fetch(document.jwks_uri)).json();
  } catch {
    throw new QueryRefusal('IDPCommunicationError', "Couldn't retrieve verification key from your identity provider");
  }
}

function identify(request: ApiRequest, { account, clock, sessions }: StsOptions): ApiAnswer {
  const caller = callerOf(request, sessions, clock);
  if (!('session' in caller)) throw new QueryRefusal(caller.query, caller.message, 403);
  const { arn } = caller.session;
  const who = `<Arn>${arn}</Arn><UserId>AROA3XFRBF23EXAMPLE</UserId><Account>${account}</Account>`;
  return queryAnswer(xmlns, 'GetCallerIdentity', who);
}

function sessionXml(session: StsSession & { name: string }): string {
  return `
<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${session.secretAccessKey}</SecretAccessKey><SessionToken>${session.token}</SessionToken><Expiration>${new Date(session.expiresAt).toISOString()}</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA3XFRBF23EXAMPLE:${session.name}</AssumedRoleId><Arn>${session.arn}</Arn></AssumedRoleUser>
`;
}
