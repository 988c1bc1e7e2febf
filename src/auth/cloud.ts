import { TagboatError } from '../errors.ts';
import { peerOf, WireFailure } from '../wire/failure.ts';
import { at, jsonIn, numberAt, optionalText } from '../wire/fields.ts';
import { type HttpRequest, readBody } from '../wire/http.ts';
import { answerFailure, retry } from '../wire/retry.ts';
import type { World } from '../wire/world.ts';
import type { Keeper } from './keeper.ts';

interface CloudAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** JSON, read. */
  readonly body: unknown;
}

const largest = 1024 * 1024;

/**
 * One request for a token, of ours or of a cloud's library: over the world's http, so that proxy, CA and Ctrl-C work as
 * everywhere else, and tried again while that may help. Throws WireFailure, with the cloud's own code where it refused.
 */
export async function askCloud(
  world: World,
  keeper: Keeper,
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>,
): Promise<CloudAnswer> {
  return retry(async () => {
    const response = await world.http({ ...request, signal: world.signal, idleMs: 20_000 });
    const text = (await readBody(response, largest)).toString('utf8');
    const { status, url } = response;
    const body = jsonIn(text);
    if (status >= 200 && status < 300) {
      if (body === undefined) throw new WireFailure('malformed', url, { peerText: keeper.clean(text) });
      // A library hands a token of one step to the next by itself: it is a secret from here on.
      for (const name of ['access_token', 'accessToken', 'refresh_token', 'id_token']) {
        const token = at(body, name);
        if (typeof token === 'string') keeper.keep(token, name);
      }
      const headers = Object.entries(response.headers).map(([name, value = '']) => [name, value]);
      return { status, headers: Object.fromEntries(headers), body };
    }
    const { code, words = text } = refusalIn(body);
    const message = `${url} answered ${status}${code === undefined ? '' : ` ${code}`}`;
    throw answerFailure(response, world.clock.now(), { message, code, text: keeper.clean(words) });
  }, world);
}

/**
 * The code and the words of a refusal: OAuth's (RFC 6749 §5.2), with Entra's numbers where it has them, those of Google's
 * APIs (google.rpc.Status), and a registry's.
 */
function refusalIn(body: unknown): { readonly code?: string | undefined; readonly words?: string | undefined } {
  const [numbers, errors] = [at(body, 'error_codes'), at(body, 'errors')];
  const number = Array.isArray(numbers) && typeof numbers[0] === 'number' ? `AADSTS${numbers[0]}` : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return {
    code:
      number ??
      optionalText(body, 'error') ??
      optionalText(body, 'error', 'status') ??
      optionalText(first, 'code') ??
      (numberAt(body, 'error', 'code') || undefined)?.toString(),
    words:
      optionalText(body, 'error_description') ??
      optionalText(body, 'error', 'message') ??
      optionalText(first, 'message'),
  };
}

/** What a failed exchange becomes where the cloud judged nothing: it can't be reached, or answers with something else. */
export function cloudAway(cloud: 'Google' | 'Azure', failure: WireFailure): TagboatError | undefined {
  if (failure.kind === 'status' && failure.peerCode !== undefined && !failure.retryable) return undefined;
  const data = { cloud, url: failure.url, why: failure.message };
  return new TagboatError('CLOUD_UNREACHABLE', data, { peer: peerOf(failure), cause: failure });
}
