import { shownUrl, WireFailure, wrongAnswer } from '../../failure.ts';
import { type HttpRequest, readBody } from '../../http.ts';
import { isPassingStatus, retry, retryAfterMs } from '../../retry.ts';
import { Secret } from '../../secret.ts';
import { OciFailure, readRefusal } from '../failure.ts';
import { isLoopback } from '../reference.ts';
import { type AuthOptions, basicOf, type Credential, type TokenScope } from './credential.ts';

/** A Bearer token with what it is good for. */
export interface Token {
  readonly value: Secret;
  readonly scopes: readonly TokenScope[];
  /** When to get another one: shortly before it ends. */
  readonly renewAt: number;
}

interface TokenRequest extends Omit<AuthOptions, 'credential'> {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly TokenScope[];
  readonly credential: Credential | undefined;
}

/**
 * Gets a token for these scopes: by GET, with Basic where there are credentials (distribution's token protocol), or by
 * POST for an identity token, which has the user name `<token>` (its OAuth2 protocol).
 */
export async function fetchToken(options: TokenRequest): Promise<Token> {
  const { clock, http, signal, scopes, mask } = options;
  const request = requestFor(options);
  const about = {
    host: new URL(options.origin).host,
    repository: scopes[0]?.repository,
    answerer: 'tokenServer' as const,
  };
  return retry(
    async () => {
      const asked = clock.now();
      const response = await http({ ...request, signal });
      const body = String(await readBody(response, 1024 * 1024));
      if (response.status !== 200) {
        const { codes, text } = readRefusal(response.headers['content-type'], body);
        const failure = new WireFailure('status', response.url, {
          status: response.status,
          retryable: isPassingStatus(response.status),
          retryAfterMs: retryAfterMs(response.headers, clock.now()),
        });
        throw new OciFailure(failure, { ...about, codes, text });
      }
      const { value, seconds } = readToken(body, response.url);
      mask(value);
      // A token for a minute is renewed after 45 s, one for an hour half a minute before its end.
      const life = seconds * 1_000;
      return { value: new Secret(value, 'registry token'), scopes, renewAt: asked + life - Math.min(30_000, life / 4) };
    },
    options,
    { tries: options.maxTries },
  ).catch((error: unknown) => {
    // Asked often enough: who waits for the token would have it all again for each try of its own.
    throw error instanceof WireFailure ? new OciFailure(error, { ...about, retryable: false }) : error;
  });
}

function requestFor(options: TokenRequest): HttpRequest {
  const url = safeRealm(options.realm, options.origin);
  const { credential, service } = options;
  const scopes = options.scopes.map(
    ({ repository, access }) => `repository:${repository}:${access === 'push' ? 'pull,push' : 'pull'}`,
  );
  if (credential?.username === '<token>') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'tagboat', scope: scopes.join(' ') });
    if (service !== undefined) form.set('service', service);
    form.set('refresh_token', credential.password.reveal());
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
    };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credential === undefined) return { url, headers: { accept: 'application/json' } };
  const basic = basicOf(credential);
  options.mask(basic);
  return { url, headers: { accept: 'application/json', authorization: `Basic ${basic}` } };
}

/**
 * The challenge names who gets the credentials. Over TLS that is the registry's word; over plain HTTP it would be
 * anybody's, so only a registry that is itself asked by plain HTTP may name itself or this machine.
 */
function safeRealm(realm: string, origin: string): URL {
  const registry = new URL(origin);
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const plain = registry.protocol === 'http:' && url?.protocol === 'http:';
  if (
    url?.protocol === 'https:' ||
    (url !== undefined && plain && (url.host === registry.host || isLoopback(url.host)))
  ) {
    return url;
  }
  throw new WireFailure('malformed', shownUrl(realm), {
    message: `${registry.host} wants credentials sent to ${shownUrl(realm)}, which is not https`,
  });
}

/** Tokens without `expires_in` live 60 s (distribution's token protocol). */
function readToken(body: string, url: string): { value: string; seconds: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw wrongAnswer(url, 'did not answer in JSON');
  }
  const { token, access_token, expires_in } = (answer ?? {}) as Record<string, unknown>;
  const value = typeof token === 'string' && token !== '' ? token : access_token;
  // Anything else could not stand in a header.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw wrongAnswer(url, 'gave no token');
  }
  return { value, seconds: typeof expires_in === 'number' && expires_in > 0 ? expires_in : 60 };
}
