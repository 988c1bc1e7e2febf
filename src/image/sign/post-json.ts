import { WireFailure } from '../../wire/failure.ts';
import { jsonIn, textAt } from '../../wire/fields.ts';
import { readBody } from '../../wire/http.ts';
import { isPassingStatus, retry, retryAfterMs } from '../../wire/retry.ts';
import type { World } from '../../wire/world.ts';

const largest = 1024 * 1024;

/** What is answered to JSON, as JSON. Sigstore's services may be asked twice for the same. Throws WireFailure. */
export function postJson(world: World, url: string, body: unknown): Promise<unknown> {
  return retry(async () => {
    const response = await world.http({
      method: 'POST',
      url,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: world.signal,
      idleMs: 20_000,
    });
    const text = (await readBody(response, largest)).toString();
    const value = jsonIn(text);
    if (response.status >= 200 && response.status < 300 && value !== undefined) return value;
    throw new WireFailure(response.status < 300 ? 'malformed' : 'status', response.url, {
      status: response.status,
      peerCode: textAt(value, 'code') || undefined,
      peerText: textAt(value, 'message') || (text.includes('<') ? 'a page of HTML' : text.trim()),
      retryable: isPassingStatus(response.status),
      retryAfterMs: retryAfterMs(response.headers, world.clock.now()),
    });
  }, world);
}
