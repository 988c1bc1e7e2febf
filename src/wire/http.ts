import type { Readable } from 'node:stream';
import { WireFailure } from './failure.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent chunked unless `content-length` is among the headers, and can't be sent twice. */
  readonly body?: Uint8Array | string | Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte in either direction before giving up. Default 60,000. */
  readonly idleMs?: number | undefined;
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

/** The whole body, at most `limit` bytes. Throws WireFailure `tooLarge` beyond it, having read no more. */
export async function readBody(response: HttpResponse, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limit) {
      response.body.destroy();
      throw new WireFailure('tooLarge', response.url, { message: `${response.url} sent more than ${limit} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
