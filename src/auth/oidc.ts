import type { TokenUse } from '../errors/keyless.ts';
import { TagboatError } from '../errors.ts';
import { peerOf, WireFailure, wrongAnswer } from '../wire/failure.ts';
import { at, jsonIn } from '../wire/fields.ts';
import { readBody } from '../wire/http.ts';
import { answerFailure, retry } from '../wire/retry.ts';
import type { Secret } from '../wire/secret.ts';
import { beginning } from '../wire/text/shorten.ts';
import type { World } from '../wire/world.ts';
import { givenToken } from './given-token.ts';
import { type IdToken, readIdToken } from './id-token.ts';
import type { Keeper } from './keeper.ts';

/**
 * A token of the job for this audience: from GitHub's OIDC endpoint, or the one that the CI made before it began, or from
 * Buildkite's agent. Throws OIDC_UNAVAILABLE where the job may not ask for one, OIDC_REFUSED when it asked in vain,
 * OIDC_AUDIENCE_OTHER for a token that was made for somebody else, OIDC_TOKEN_UNUSABLE.
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
    const given = (await givenToken(world, keeper, audience, wanted)) ?? (await fromBuildkite(world, keeper, audience));
    if (given !== undefined) return given;
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
    const data = { host: new URL(base).host, why: error.message };
    throw new TagboatError('OIDC_REFUSED', data, { peer: peerOf(error), cause: error });
  }
}

/** Buildkite's agent asks for the job ("OpenID Connect in Buildkite"); undefined where there is none. */
async function fromBuildkite(world: World, keeper: Keeper, audience: string): Promise<IdToken | undefined> {
  if (world.env.BUILDKITE !== 'true') return undefined;
  const done = await world.exec({
    program: 'buildkite-agent',
    args: ['oidc', 'request-token', '--audience', audience],
    signal: world.signal,
    timeoutMs: 60_000,
    keep: 64 * 1024,
  });
  if (done.missing) return undefined;
  const token = readIdToken(keeper, done.stdout.trim(), 'OIDC token', audience);
  if (done.code === 0 && token !== undefined) return token;
  const text = beginning(keeper.clean(done.stderr), 2_000);
  const why = `the agent ended with ${done.signal ?? done.code}`;
  throw new TagboatError('OIDC_REFUSED', { host: 'buildkite-agent', why }, { peer: { text, retryable: false } });
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
    throw answerFailure(response, world.clock.now(), { text: keeper.clean(body) });
  }
  const value = valueIn(body);
  if (value === undefined) {
    throw wrongAnswer(response.url, 'answered without a token');
  }
  const token = readIdToken(keeper, value, 'OIDC token', audience);
  if (token === undefined) {
    throw wrongAnswer(response.url, 'answered with something else');
  }
  return token;
}

/** The token in `{"value": "…"}`. */
function valueIn(body: string): string | undefined {
  const value = at(jsonIn(body), 'value');
  return typeof value === 'string' && value !== '' ? value : undefined;
}
