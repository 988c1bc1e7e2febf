import { createHmac } from 'node:crypto';
import { shownUrl, WireFailure } from '../failure.ts';
import { type HttpResponse, readBody } from '../http.ts';
import { isPassingStatus, retry, retryAfterMs } from '../retry.ts';
import type { Secret } from '../secret.ts';
import type { World } from '../world.ts';

export interface Hook {
  /** All of it is a secret: who has it may post. */
  readonly url: Secret;
  /** Signs by standardwebhooks.com: what begins with `whsec_` is base64, anything else is the key as it stands. */
  readonly key: Secret | undefined;
}

/** Milliseconds in which no try ends later. */
const withinMs = 10_000;
const idleMs = 5_000;

/**
 * Posts a message, with the same id at each try. Throws WireFailure, which names the host alone, and the signal's reason.
 */
export async function sendToHook(
  world: Pick<World, 'http' | 'clock' | 'random' | 'notice'>,
  hook: Hook,
  { id, body }: { readonly id: string; readonly body: string },
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(hook.url.reveal());
  const once = async (): Promise<void> => {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': id,
      ...signed(hook.key, id, Math.floor(world.clock.now() / 1_000), body),
    };
    const response = await world
      .http({ method: 'POST', url, headers, body, signal, idleMs })
      .catch((error: unknown) => Promise.reject(withoutPath(error, url)));
    await accepted(response, url, world.clock.now()).catch((error: unknown) => Promise.reject(withoutPath(error, url)));
  };
  await retry(once, { ...world, signal }, { withinMs });
}

async function accepted(response: HttpResponse, url: URL, now: number): Promise<void> {
  const { status, headers } = response;
  const peerText = (await readBody(response, 64 * 1_024, idleMs)).toString('utf8');
  if (status >= 200 && status < 300) return;
  const about = { status, peerText, retryable: isPassingStatus(status), retryAfterMs: retryAfterMs(headers, now) };
  throw new WireFailure('status', shownUrl(url), about);
}

/** The same failure by the host's name: the path is the secret. */
function withoutPath(error: unknown, url: URL): unknown {
  if (!(error instanceof WireFailure)) return error;
  const { kind, status, peerCode, peerText, retryable, retryAfterMs: waitMs } = error;
  const message = error.message.replaceAll(shownUrl(url), url.host);
  return new WireFailure(kind, url.host, { message, status, peerCode, peerText, retryable, retryAfterMs: waitMs });
}

/** standardwebhooks.com: the id, the time and the body, by HMAC-SHA256. */
function signed(key: Secret | undefined, id: string, seconds: number, body: string): Record<string, string> {
  if (key === undefined) return {};
  const secret = key.reveal();
  const bytes = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', bytes).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}
