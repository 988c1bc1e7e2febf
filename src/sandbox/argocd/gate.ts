import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isSignedBy, keyFrom, readJwt } from '../jwt.ts';

/** What a token may do with applications. */
export interface Rights {
  readonly get: boolean;
  readonly sync?: boolean;
}

/** A connector of Dex that takes somebody else's tokens. */
export interface Connector {
  readonly id: string;
  readonly issuer: string;
  /** By the tokens' `sub`. */
  readonly subjects: Readonly<Record<string, Rights>>;
}

export interface ArgoCdGateOptions {
  /** By token. Without any, and without a connector, everybody may do everything. */
  readonly tokens?: Readonly<Record<string, Rights>>;
  readonly connector?: Connector;
  readonly webhookSecret?: string;
}

/** Who is let in, and to what. */
export interface ArgoCdGate {
  /** Undefined for a token that means nothing here. */
  rights(authorization: string | undefined): Rights | undefined;
  /** Dex's token endpoint, RFC 8693: its answer's status and JSON. */
  exchange(form: URLSearchParams): Promise<{ readonly status: number; readonly value: unknown }>;
  isSigned(body: Buffer, headers: Readonly<Record<string, string | string[] | undefined>>): boolean;
}

/** `audience`: the server's own URL, which its connector's tokens must be for. */
export function createArgoCdGate(options: ArgoCdGateOptions, audience: () => string): ArgoCdGate {
  const issued = new Map<string, Rights>();
  const open = options.tokens === undefined && options.connector === undefined;
  return {
    rights: (authorization) => {
      if (open) return { get: true, sync: true };
      const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
      return options.tokens?.[token] ?? issued.get(token);
    },
    exchange: async (form) => {
      const refused = (error: string, description: string) => ({
        status: 400,
        value: { error, error_description: description },
      });
      const { connector } = options;
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange') {
        return refused('unsupported_grant_type', 'unsupported grant type');
      }
      if (connector === undefined || form.get('connector_id') !== connector.id) {
        return refused('invalid_request', 'Requested connector does not exist.');
      }
      const claims = await verified(form.get('subject_token') ?? '', connector, audience());
      const rights = typeof claims?.sub === 'string' ? connector.subjects[claims.sub] : undefined;
      if (claims === undefined) return { status: 401, value: { error: 'access_denied', error_description: '' } };
      const token = randomBytes(32).toString('base64url');
      // Dex vouches for whoever its connector knows; what they may do is Argo CD's to say.
      issued.set(token, rights ?? { get: false });
      const type = 'urn:ietf:params:oauth:token-type:id_token';
      return {
        status: 200,
        value: { access_token: token, issued_token_type: type, token_type: 'bearer', expires_in: 86_399 },
      };
    },
    isSigned: (body, headers) => {
      if (options.webhookSecret === undefined) return true;
      const expected = `sha256=${createHmac('sha256', options.webhookSecret).update(body).digest('hex')}`;
      const given = String(headers['x-hub-signature-256'] ?? '');
      return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
    },
  };
}

async function verified(
  token: string,
  connector: Connector,
  audience: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const jwt = readJwt(token);
  if (jwt === undefined || jwt.claims.iss !== connector.issuer || jwt.claims.aud !== audience) return undefined;
  const jwks: unknown = await fetch(`${connector.issuer}/.well-known/jwks`).then((response) => response.json());
  const key = keyFrom(jwks, jwt.header.kid);
  const ended = typeof jwt.claims.exp !== 'number' || jwt.claims.exp * 1_000 < Date.now();
  return key === undefined || !isSignedBy(jwt, key) || ended ? undefined : jwt.claims;
}
