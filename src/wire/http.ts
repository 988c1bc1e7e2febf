import type { Readable } from 'node:stream';
import { WireFailure } from './failure.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent chunked unless `content-length` is among the headers, and can't be sent twice. */
  readonly body?: Uint8Array | string | Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds without a byte in either direction before giving up. Default 60,000. The head of the answer takes at most
   * twice as long, however it comes, and less than 1 KiB a second for as long is silence too.
   */
  readonly idleMs?: number | undefined;
  /** What is told comes as it happens, and may come slowly: the caller knows when it is late. */
  readonly trickles?: boolean | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Must be read to its end or destroyed, or the connection stays taken. Ends in a WireFailure when it is cut. */
  readonly body: Readable;
  /** Where the answer came from, without query or userinfo. */
  readonly url: string;
}

/** One exchange: no redirects, no retries, no meaning. Rejects with WireFailure (or the signal's reason). */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/** What is at most some megabytes is here by then, or never: a peer may send a byte a second. Milliseconds. */
const longestMs = 120_000;

/** The whole body, at most `limit` bytes within `withinMs`. Throws WireFailure: `tooLarge`, `timeout`. */
export async function readBody(response: HttpResponse, limit: number, withinMs: number = longestMs): Promise<Buffer> {
  const { body, url } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  const late = () => body.destroy(new WireFailure('timeout', url, { message: `${url} did not come to an end` }));
  const timer = setTimeout(late, withinMs);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > limit) {
        body.destroy();
        throw new WireFailure('tooLarge', url, { message: `${url} sent more than ${limit} bytes` });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  } finally {
    clearTimeout(timer);
  }
}
