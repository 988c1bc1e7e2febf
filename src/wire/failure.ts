import type { Peer } from '../errors.ts';
import { beginning } from './text/shorten.ts';

/** Why no usable answer came: what happened on the wire, before any meaning. */
export type FailureKind =
  /** No connection: name unknown, refused, unreachable. */
  | 'unreachable'
  /** The TLS handshake failed: the certificate isn't trusted, or isn't this host's. */
  | 'tls'
  /** A proxy on the way said no, or wants to know who we are. `peerCode` is its status. */
  | 'proxy'
  /** Connected, but nothing came for the allowed time. */
  | 'timeout'
  /** The connection ended in the middle of a request or an answer. */
  | 'cut'
  /** The answer breaks the protocol: wrong content type, bad framing, an id that doesn't match. */
  | 'malformed'
  /** The answer is larger than the caller allows. */
  | 'tooLarge'
  /** A well-formed answer with an error status. */
  | 'status';

const words: Readonly<Record<FailureKind, string>> = {
  unreachable: "can't be reached",
  tls: "has a certificate that isn't trusted",
  proxy: "isn't let through by the proxy",
  timeout: 'stayed silent',
  cut: 'broke off',
  malformed: 'answered with something else',
  tooLarge: 'answered with too much',
  status: 'refused',
};

/** A failed exchange with a peer. Stages turn it into a TagboatError of their own; only `kind` and `status` decide. */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  readonly kind: FailureKind;
  /** Origin and path, never the query or userinfo. */
  readonly url: string;
  readonly status: number | undefined;
  /** The peer's own code (`ECONNRESET`, `MANIFEST_UNKNOWN`) and words, at most 2,000 characters. */
  readonly peerCode: string | undefined;
  readonly peerText: string | undefined;
  /** True when the same request may succeed later and repeating it is safe to consider. */
  readonly retryable: boolean;
  /** Milliseconds the peer asked us to wait (`Retry-After`, or until its rate limit's next allowance). */
  readonly retryAfterMs: number | undefined;
  /** There where the request was one too many: then nothing of it was done. */
  readonly limit: RateLimit | undefined;

  constructor(
    kind: FailureKind,
    url: string,
    about: {
      message?: string | undefined;
      status?: number | undefined;
      peerCode?: string | undefined;
      peerText?: string | undefined;
      retryable?: boolean | undefined;
      retryAfterMs?: number | undefined;
      limit?: RateLimit | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(
      about.message ?? `${url} ${about.status === undefined ? words[kind] : `answered ${about.status}`}`,
      about.cause === undefined ? undefined : { cause: about.cause },
    );
    this.kind = kind;
    this.url = url;
    this.status = about.status;
    this.peerCode = about.peerCode;
    this.peerText = about.peerText === undefined ? undefined : beginning(about.peerText, 2_000);
    this.retryable = about.retryable ?? (kind === 'unreachable' || kind === 'timeout' || kind === 'cut');
    this.retryAfterMs = about.retryAfterMs;
    this.limit = about.limit;
  }
}

/** A host's limit of requests, reached. */
export interface RateLimit {
  /** When it takes requests again, as far as it told. Milliseconds since the epoch. */
  readonly until: number | undefined;
}

/** What the other side said, for the error that it becomes. */
export function peerOf({ peerCode, status, peerText, retryable, retryAfterMs, limit }: WireFailure): Peer {
  const waitSeconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000);
  return {
    code: peerCode ?? status?.toString(),
    text: peerText || undefined,
    retryable,
    waitSeconds,
    until: timeOf(limit),
  };
}

/** When a limit is over, in UTC: `2026-01-31T14:05:09Z`. */
export function timeOf(limit: RateLimit | undefined): string | undefined {
  // Numbers beyond what a date can be aren't times that anybody waits for.
  const { until } = limit ?? {};
  return until === undefined || !(until <= 8.64e15) ? undefined : new Date(until).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A URL fit for messages: no userinfo, no query, no fragment. */
export function shownUrl(url: string | URL): string {
  try {
    const u = new URL(url);
    return `${u.protocol}//${u.host}${u.pathname}`;
  } catch {
    return '(not a URL)';
  }
}

/** What was answered isn't what was asked for; `why` goes on after the URL. */
export function wrongAnswer(url: string, why: string): WireFailure {
  return new WireFailure('malformed', url, { message: `${url} ${why}` });
}
