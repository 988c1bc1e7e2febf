import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Why a request isn't answered, as an HTTP status; undefined: it is. A page of another site can make a browser send
 * requests here, and by a name of its own that leads here (DNS rebinding) read the answers: so the host must be ours.
 */
export function refusal(
  { method, headers, path }: { readonly method: string; readonly headers: IncomingHttpHeaders; readonly path: string },
  { port, token }: { readonly port: number; readonly token: string },
): 401 | 403 | 405 | 415 | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? '')) return 403;
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) return 403;
  const site = headers['sec-fetch-site'];
  if (path.startsWith('/api/') && site !== undefined && site !== 'same-origin') return 403;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return 405;
  // The page itself says nothing of anybody: it has its token from its own address, which no server is sent.
  if (!path.startsWith('/api/')) return method === 'POST' ? 405 : undefined;
  if (!isSame(headers.authorization ?? '', `Bearer ${token}`)) return 401;
  if (method !== 'POST') return undefined;
  if (origin === undefined) return 403;
  return /^application\/json(;|$)/i.test(headers['content-type'] ?? '') ? undefined : 415;
}

/** Compared by hashes of one length, so that the time tells nothing. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
