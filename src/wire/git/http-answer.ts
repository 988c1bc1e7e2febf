import { WireFailure } from '../failure.ts';
import { type HttpResponse, readBody } from '../http.ts';
import { answerFailure } from '../retry.ts';
import type { GitDataError } from './failure.ts';
import type { ByteReader } from './pack/bytes.ts';

/** Whether a credential for the first may be sent to the second: never to another host, nor back to plain HTTP. */
export function sameHost(first: URL, second: URL): boolean {
  if (first.origin === second.origin) return true;
  const upgraded = first.protocol === 'http:' && second.protocol === 'https:';
  return upgraded && first.hostname === second.hostname && first.port === '' && second.port === '';
}

/** The repository's URL behind a redirect of one of its paths, or undefined when that isn't what this is. */
export function movedTo(response: HttpResponse, from: string, path: string): string | undefined {
  const { location } = response.headers;
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined || !URL.canParse(location, from)) {
    return undefined;
  }
  const to = new URL(location, from);
  const downgraded = from.startsWith('https:') && to.protocol !== 'https:';
  if (downgraded || !/^https?:$/.test(to.protocol)) return undefined;
  const place = `${to.origin}${to.pathname}${to.search}`;
  return place.endsWith(`/${path}`) ? place.slice(0, -path.length - 1) : undefined;
}

/** An answer with an error status, with what it says in plain text. */
export async function statusFailure(response: HttpResponse, now: number): Promise<WireFailure> {
  const { status, headers } = response;
  // A page meant for browsers says nothing that fits into an error.
  const readable = headers['content-type']?.startsWith('text/plain') === true;
  const body = readable ? await readBody(response, 64 * 1024).catch(() => undefined) : undefined;
  response.body.destroy();
  const text = body?.toString('utf8').trim() || undefined;
  return answerFailure(response, now, { code: String(status), text });
}

/** Wrong data as a failure of the answer that it came in. */
export function dataFailure(error: GitDataError, url: string): WireFailure {
  return new WireFailure(error.kind, url, { message: `${url}: ${error.message}`, cause: error });
}

/** Reads the little that may be left, so that the connection stays usable; else gives it up. Never rejects. */
export async function passOver(from: ByteReader, { body }: HttpResponse, withinMs?: number): Promise<void> {
  const start = from.offset;
  const timer = withinMs === undefined ? undefined : setTimeout(() => body.destroy(), withinMs);
  try {
    while ((await from.chunk()) !== undefined) if (from.offset - start > 16 * 1024) body.destroy();
  } catch {
    body.destroy();
  } finally {
    clearTimeout(timer);
  }
}
