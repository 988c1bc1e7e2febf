import { WireFailure } from '../failure.ts';
import { type HttpRequest, readBody } from '../http.ts';
import { answerFailure } from '../retry.ts';
import type { World } from '../world.ts';

/** A `fetch` for Octokit over the world's http. Redirects are not followed: they are answers. */
export function fetchOver(world: Pick<World, 'http' | 'signal'>): (url: string, init?: FetchInit) => Promise<Response> {
  return async (url, init = {}) => {
    const response = await world.http({
      url,
      method: (init.method ?? 'GET') as NonNullable<HttpRequest['method']>,
      headers: { ...init.headers },
      body: init.body,
      signal: init.signal ?? world.signal,
      idleMs: 20_000,
    });
    const body = await readBody(response, 4 * 1024 * 1024);
    const headers = Object.entries(response.headers).filter((pair): pair is [string, string] => pair[1] !== undefined);
    // The Response constructor refuses any body, even an empty one, with these.
    const bare = [204, 205, 304].includes(response.status);
    return new Response(bare ? null : new Uint8Array(body), { status: response.status, headers });
  };
}

interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Anything an Octokit call threw, as a WireFailure. The signal's reason is thrown as it is. */
export function octokitFailure(
  error: unknown,
  url: string,
  world: Pick<World, 'clock' | 'signal'>,
  clean: (text: string) => string = (text) => text,
): WireFailure {
  world.signal.throwIfAborted();
  if (error instanceof WireFailure) return error;
  const thrown = error as {
    status?: number;
    message?: string;
    cause?: unknown;
    response?: { headers?: Readonly<Record<string, string | undefined>> };
  };
  // Octokit gives a failed connection the status 500 and keeps the real failure as the cause.
  if (thrown.cause instanceof WireFailure) return thrown.cause;
  const text = clean(thrown.message ?? String(error));
  const { status, response } = thrown;
  if (status === undefined || response === undefined) {
    return new WireFailure('malformed', url, { message: `${url} gave an answer that can't be read`, peerText: text });
  }
  return answerFailure({ status, headers: response.headers ?? {}, url }, world.clock.now(), { text });
}
