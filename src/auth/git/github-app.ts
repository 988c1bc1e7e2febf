import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { TagboatError } from '../../errors.ts';
import { peerOf, WireFailure, wrongAnswer } from '../../wire/failure.ts';
import { fetchOver, octokitFailure } from '../../wire/github/octokit.ts';
import { retry } from '../../wire/retry.ts';
import { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import type { Keeper } from '../keeper.ts';
import type { Leased } from '../lease.ts';

/** A GitHub App's id (or client id) and key, from the environment. */
interface AppIdentity {
  readonly id: string;
  readonly key: KeyObject;
}

/** One repository on one GitHub. */
interface AppTarget {
  readonly api: string;
  readonly owner: string;
  readonly name: string;
}

/** A GitHub App at work: tokens for single repositories, and their end. */
export interface GitHubApp {
  readonly id: string;
  /** A token for this repository alone that may write its contents. Throws GITHUB_APP_* or GITHUB_UNREACHABLE. */
  token(target: AppTarget): Promise<Leased<Secret>>;
  /** Ends every token given out. Answers why, for each one that couldn't be ended. */
  revoke(): Promise<string[]>;
}

/** At most ten minutes in the future by GitHub's clock; half a minute is left for clocks that differ. */
const jwtSeconds = 570;

/**
 * `TAGBOAT_APP_ID` and `TAGBOAT_APP_PRIVATE_KEY`. Undefined when neither is set; throws GITHUB_APP_INCOMPLETE when
 * one is, GITHUB_APP_KEY_INVALID when the key can't be used.
 */
export function appIn(world: World, keeper: Keeper): AppIdentity | undefined {
  const id = world.env.TAGBOAT_APP_ID?.trim();
  const text = world.env.TAGBOAT_APP_PRIVATE_KEY;
  if (text) keeper.keep(text, 'TAGBOAT_APP_PRIVATE_KEY');
  if (!id && !text) return undefined;
  if (!id || !text) {
    throw new TagboatError('GITHUB_APP_INCOMPLETE', { missing: id ? 'TAGBOAT_APP_PRIVATE_KEY' : 'TAGBOAT_APP_ID' });
  }
  const pem = pemOf(text);
  keeper.keep(pem.reveal(), pem.label);
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem.reveal());
  } catch {
    // OpenSSL's reason says nothing that a person could act on.
  }
  if (key?.asymmetricKeyType !== 'rsa') throw new TagboatError('GITHUB_APP_KEY_INVALID', { app: id });
  return { id, key };
}

export function createGitHubApp(world: World, keeper: Keeper, identity: AppIdentity): GitHubApp {
  const given: { readonly token: Secret; readonly api: string; readonly repo: string; readonly expiresAt: number }[] =
    [];

  /** RS256 over `iat`, `exp` and `iss`, as GitHub asks of an App. `skew`: seconds by which GitHub's clock is ahead. */
  const createJwt = async (appId: string | number, skew = 0) => {
    const now = Math.floor(world.clock.now() / 1_000) + skew;
    const claims = { iat: now - 30, exp: now - 30 + jwtSeconds, iss: String(appId) };
    const signed = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    const jwt = `${signed}.${sign('sha256', Buffer.from(signed), identity.key).toString('base64url')}`;
    keeper.keep(jwt, 'GitHub App JWT');
    return { jwt, expiresAt: new Date(claims.exp * 1_000).toISOString() };
  };

  const octokit = async (api: string) => {
    const [{ request }, { createAppAuth }] = await Promise.all([
      import('@octokit/request'),
      import('@octokit/auth-app'),
    ]);
    const quiet = { warn: () => undefined };
    const plain = request.defaults({ baseUrl: api, request: { fetch: fetchOver(world), log: quiet } });
    const auth = createAppAuth({ appId: identity.id, createJwt, request: plain, log: quiet as unknown as Console });
    // The hook signs each request as the App, once more when GitHub finds our clock wrong.
    return { plain, asApp: plain.defaults({ request: { hook: auth.hook } }) };
  };

  const token = async ({ api, owner, name }: AppTarget): Promise<Leased<Secret>> => {
    const repo = `${owner}/${name}`;
    const { asApp } = await octokit(api);
    const call = <T>(work: () => Promise<T>) =>
      retry(async () => {
        try {
          return await work();
        } catch (error) {
          throw octokitFailure(error, api, world, keeper.clean);
        }
      }, world);
    try {
      const found = await call(() => asApp('GET /repos/{owner}/{repo}/installation', { owner, repo: name }));
      // Octokit takes a redirect for a success.
      const status: number = found.status;
      if (status >= 300) throw new TagboatError('GITHUB_REPO_MOVED', { repo });
      const { id, permissions } = (found.data ?? {}) as Partial<typeof found.data>;
      if (typeof id !== 'number') throw unusable(api, 'an installation');
      const granted = permissions?.contents;
      if (granted !== 'write') throw new TagboatError('GITHUB_APP_PERMISSION', { app: identity.id, repo, granted });
      const made = await call(() =>
        asApp('POST /app/installations/{installation_id}/access_tokens', {
          installation_id: id,
          repositories: [name],
          // Least rights: those on pull requests only where the App has been given them.
          permissions: {
            contents: 'write',
            ...(permissions?.pull_requests === 'write' ? { pull_requests: 'write' as const } : {}),
          },
        }),
      );
      const { token: value, expires_at } = (made.data ?? {}) as Partial<typeof made.data>;
      const expiresAt = Date.parse(expires_at ?? '');
      if (typeof value !== 'string' || value === '' || Number.isNaN(expiresAt)) throw unusable(api, 'a token');
      const secret = keeper.keep(value, 'GitHub App token');
      given.push({ token: secret, api, repo, expiresAt });
      return { value: secret, expiresAt };
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      throw await refusal(error, repo, () => call(() => asApp('GET /app')));
    }
  };

  /** 404 means "no such App" as well as "not installed there": asking for the App itself tells which. */
  async function refusal(
    failure: WireFailure,
    repo: string,
    askApp: () => Promise<{ readonly data: { readonly html_url?: string } | null }>,
  ): Promise<unknown> {
    const about = { app: identity.id, api: failure.url, repo };
    const context = { peer: peerOf(failure), cause: failure };
    if (failure.kind !== 'status' || failure.retryable) {
      return new TagboatError('GITHUB_UNREACHABLE', { ...about, why: failure.message }, context);
    }
    if (failure.status !== 404) return new TagboatError('GITHUB_APP_REFUSED', about, context);
    try {
      const { data } = await askApp();
      return new TagboatError('GITHUB_APP_NOT_INSTALLED', { ...about, page: data?.html_url }, context);
    } catch (error) {
      if (!(error instanceof WireFailure)) return error;
      return new TagboatError('GITHUB_APP_REFUSED', about, { peer: peerOf(error), cause: error });
    }
  }

  const revoke = async (): Promise<string[]> => {
    const live = given.splice(0).filter(({ expiresAt }) => expiresAt > world.clock.now());
    const failures = await Promise.all(
      live.map(async ({ token: secret, api, repo }) => {
        try {
          await end(secret, api);
          return undefined;
        } catch (error) {
          return `${repo}: ${error instanceof Error ? keeper.clean(error.message) : 'unknown'}`;
        }
      }),
    );
    return failures.filter((failure) => failure !== undefined);
  };

  async function end(secret: Secret, api: string): Promise<void> {
    const { plain } = await octokit(api);
    // The run's own signal may be aborted already, and ending the token matters most then.
    const signal = AbortSignal.timeout(10_000);
    try {
      await plain('DELETE /installation/token', {
        headers: { authorization: `token ${secret.reveal()}` },
        request: { signal },
      });
    } catch (error) {
      // 401: the token is good for nothing any more, which is all that was wanted.
      if ((error as { status?: number }).status !== 401) throw error;
    }
  }

  return { id: identity.id, token, revoke };
}

function unusable(api: string, what: string): WireFailure {
  return wrongAnswer(api, `answered with something that is not ${what}`);
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The App's key as a Secret, from PEM as it is, with its line ends written `\n`, or as base64 of PEM. */
function pemOf(value: string): Secret {
  const text = value.trim().replaceAll('\\n', '\n');
  const decoded = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
  return new Secret(decoded.trim(), 'TAGBOAT_APP_PRIVATE_KEY');
}
