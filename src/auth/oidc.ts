import type { TokenUse } from '../errors/auth.ts';
import { TagboatError } from '../errors.ts';
import { peerOf, WireFailure } from '../wire/failure.ts';
import { readBody } from '../wire/http.ts';
import { isPassingStatus, retry, retryAfterMs } from '../wire/retry.ts';
import type { Secret } from '../wire/secret.ts';
import { tokenClaims } from '../wire/text/token.ts';
import type { World } from '../wire/world.ts';
import type { Keeper } from './keeper.ts';

/** What a job's token says about itself. Claims may be shown; the token never. */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly repository: string | undefined;
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
}

export interface IdToken {
  readonly token: Secret;
  readonly claims: Claims;
}

/**
 * A token from GitHub's OIDC endpoint for this audience, or the one that the CI made for the job before it began, as
 * GitLab does (`TAGBOAT_ID_TOKEN`). Throws OIDC_UNAVAILABLE where the job may not ask for one, OIDC_REFUSED when it asked
 * in vain, OIDC_AUDIENCE_OTHER for a token that was made for somebody else.
 */
export async function fetchIdToken(
  world: World,
  keeper: Keeper,
  audience: string,
  wanted: TokenUse = 'aws',
): Promise<IdToken> {
  const base = world.env.ACTIONS_ID_TOKEN_REQUEST_URL;
  const bearer = world.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
  if (!base || !bearer || !URL.canParse(base)) {
    const given = world.env.TAGBOAT_ID_TOKEN?.trim();
    if (given) return givenToken(keeper, given, audience);
    throw new TagboatError('OIDC_UNAVAILABLE', {
      inActions: world.env.GITHUB_ACTIONS === 'true',
      event: world.env.GITHUB_EVENT_NAME,
      wanted,
    });
  }
  const requestToken = keeper.keep(bearer, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
  try {
    return await retry(() => ask(world, keeper, new URL(base), requestToken, audience), world);
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    throw new TagboatError(
      'OIDC_REFUSED',
      { host: new URL(base).host, why: error.message },
      { peer: peerOf(error), cause: error },
    );
  }
}

function givenToken(keeper: Keeper, given: string, audience: string): IdToken {
  const token = keeper.keep(given, 'TAGBOAT_ID_TOKEN');
  const claims = claimsIn(given, audience);
  if (claims?.aud !== audience) throw new TagboatError('OIDC_AUDIENCE_OTHER', { audience, aud: claims?.aud });
  return { token, claims };
}

async function ask(world: World, keeper: Keeper, url: URL, requestToken: Secret, audience: string): Promise<IdToken> {
  url.searchParams.set('audience', audience);
  const response = await world.http({
    url,
    headers: { accept: 'application/json', authorization: `bearer ${requestToken.reveal()}` },
    signal: world.signal,
    idleMs: 20_000,
  });
  const body = (await readBody(response, 256 * 1024)).toString('utf8');
  if (response.status !== 200) {
    const wait = retryAfterMs(response.headers, world.clock.now());
    throw new WireFailure('status', response.url, {
      status: response.status,
      peerText: keeper.clean(body),
      retryable: isPassingStatus(response.status),
      retryAfterMs: wait,
    });
  }
  const value = valueIn(body);
  if (value === undefined) {
    throw new WireFailure('malformed', response.url, { message: `${response.url} answered without a token` });
  }
  const token = keeper.keep(value, 'OIDC token');
  const claims = claimsIn(value);
  if (claims === undefined) {
    throw new WireFailure('malformed', response.url, { message: `${response.url} answered with something else` });
  }
  return { token, claims };
}

/** The token in `{"value": "…"}`. */
function valueIn(body: string): string | undefined {
  try {
    const { value } = JSON.parse(body) as { value?: unknown };
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    // V8's message quotes the body, which may be the token: it goes nowhere.
    return undefined;
  }
}

/**
 * The claims of a token, unverified: they are for people to read. STS does the verifying. Of several audiences, it is the
 * wanted one where that is among them.
 */
function claimsIn(token: string, wanted?: string): Claims | undefined {
  const claims = tokenClaims(token) ?? {};
  const { iss, sub } = claims;
  const audiences = [claims.aud].flat();
  const aud = audiences.find((one) => one === wanted) ?? audiences[0];
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof aud !== 'string') return undefined;
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  return {
    iss,
    sub,
    aud,
    repository: text('repository'),
    repositoryId: text('repository_id'),
    ownerId: text('repository_owner_id'),
  };
}
