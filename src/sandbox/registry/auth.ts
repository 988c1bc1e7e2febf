import { randomBytes } from 'node:crypto';
import { collectBody, jsonAnswer, type RegistryAnswer, type RegistryCall, registryRefusal } from './answer.ts';

/** What a request wants to do: `pull`, `push`, `delete`. Without a repository it only asks whether it may come in. */
export interface RegistryAccess {
  readonly repository: string | undefined;
  readonly actions: readonly string[];
}

type RegistryDecision = 'allow' | 'challenge' | 'deny';

export interface RegistryGateOptions {
  readonly auth?: 'none' | 'basic' | 'bearer';
  /** Whether a user name and password are right. Default: all are. */
  readonly verify?: (username: string, password: string) => boolean | Promise<boolean>;
  /** Decides instead of everything else here. */
  readonly authorize?: (
    authorization: string | undefined,
    access: RegistryAccess,
  ) => RegistryDecision | Promise<RegistryDecision>;
  /** Bearer: whoever has no credentials may pull. */
  readonly anonymousPull?: boolean;
  /** Bearer: how long a token is good for. Default 300. */
  readonly tokenSeconds?: number;
  readonly now?: () => number;
}

/** Who may do what. */
export interface RegistryGate {
  decide(authorization: string | undefined, access: RegistryAccess): Promise<RegistryDecision>;
  /** The 401 with its challenge. */
  challenge(access: RegistryAccess, authorization: string | undefined, origin: string): RegistryAnswer;
  /** Bearer's token endpoint (distribution's token and OAuth2 protocols). */
  token(call: RegistryCall): Promise<RegistryAnswer>;
}

interface Grant {
  readonly expires: number;
  /** Repository to actions. */
  readonly scopes: ReadonlyMap<string, readonly string[]>;
}

const service = 'tagboat-sandbox';

/** A gate by these options. Tokens live in memory. */
export function createRegistryGate(options: RegistryGateOptions): RegistryGate {
  const { auth = 'none', verify = () => true, tokenSeconds = 300, now = Date.now } = options;
  const grants = new Map<string, Grant>();

  const decide = async (authorization: string | undefined, access: RegistryAccess): Promise<RegistryDecision> => {
    if (options.authorize !== undefined) return options.authorize(authorization, access);
    if (auth === 'none') return 'allow';
    if (auth === 'basic') {
      const given = basicOf(authorization);
      return given !== undefined && (await verify(given.username, given.password)) ? 'allow' : 'challenge';
    }
    const grant = grants.get(/^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '');
    if (grant === undefined || grant.expires <= now()) return 'challenge';
    const { repository, actions } = access;
    if (repository === undefined) return 'allow';
    const allowed = grant.scopes.get(repository) ?? [];
    // Clients that delete ask for `*`.
    return allowed.includes('*') || actions.every((action) => allowed.includes(action)) ? 'allow' : 'challenge';
  };

  const issue = (scopes: readonly string[], actions: (asked: string[]) => string[]): RegistryAnswer => {
    const granted = new Map<string, readonly string[]>();
    for (const scope of scopes) {
      const [, repository = '', asked = ''] = /^repository:(.+):([a-z,*]+)$/.exec(scope) ?? [];
      if (repository !== '') granted.set(repository, actions(asked.split(',')));
    }
    const token = randomBytes(32).toString('base64url');
    grants.set(token, { expires: now() + tokenSeconds * 1_000, scopes: granted });
    return jsonAnswer(200, {
      token,
      access_token: token,
      expires_in: tokenSeconds,
      issued_at: new Date(now()).toISOString(),
    });
  };

  return {
    decide,
    challenge: (access, authorization, origin) => {
      const scope =
        access.repository === undefined ? '' : `,scope="repository:${access.repository}:${access.actions.join(',')}"`;
      const error = authorization === undefined ? '' : ',error="invalid_token"';
      const value =
        auth === 'bearer'
          ? `Bearer realm="${origin}/token",service="${service}"${scope}${error}`
          : `Basic realm="${origin}/",service="${service}"`;
      return registryRefusal(401, 'UNAUTHORIZED', 'Authentication required.', { 'www-authenticate': value });
    },
    token: async (call) => {
      if (auth !== 'bearer') return registryRefusal(404, 'UNSUPPORTED', 'This registry gives no tokens.');
      const all = (asked: string[]) => asked;
      if (call.method === 'POST') {
        const form = new URLSearchParams((await collectBody(call.body, 65_536))?.toString() ?? '');
        const refresh = form.get('grant_type') === 'refresh_token';
        const username = refresh ? '<token>' : (form.get('username') ?? '');
        const password = form.get(refresh ? 'refresh_token' : 'password') ?? '';
        return (await verify(username, password))
          ? issue((form.get('scope') ?? '').split(' '), all)
          : registryRefusal(401, 'UNAUTHORIZED', 'The credentials are wrong.');
      }
      const scopes = call.url.searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
      const given = basicOf(call.headers.authorization);
      if (given === undefined && options.anonymousPull) {
        return issue(scopes, (asked) => asked.filter((action) => action === 'pull'));
      }
      return given !== undefined && (await verify(given.username, given.password))
        ? issue(scopes, all)
        : registryRefusal(401, 'UNAUTHORIZED', 'The credentials are wrong.');
    },
  };
}

function basicOf(authorization: string | undefined): { username: string; password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
