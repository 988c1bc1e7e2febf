import { setMaxListeners } from 'node:events';
import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { shownUrl, WireFailure } from '../failure.ts';
import type { HttpRequest, HttpResponse } from '../http.ts';

/** Sends one request and resolves with the head of its answer. Rejects with WireFailure, the signal's reason, or the source's own error. */
export function exchange(
  url: URL,
  request: HttpRequest,
  agent: Agent,
  about: { userAgent: string; proxied: boolean },
): Promise<HttpResponse> {
  const shown = shownUrl(url);
  const { body, signal, idleMs = 60_000 } = request;
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { 'user-agent': about.userAgent, ...request.headers };
    if (body !== undefined && !(body instanceof Readable)) {
      headers['content-length'] = String(Buffer.byteLength(body));
    }
    // Userinfo in the URL would be sent as a header by node; credentials come by header only, said by the caller.
    const target = new URL(url);
    target.username = '';
    target.password = '';
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    // As an option, not by setTimeout(): so it also counts while the connection is being made.
    const outgoing = send(target, { method: request.method ?? 'GET', headers, agent, timeout: idleMs });
    let answered: IncomingMessage | undefined;
    let broken: Error | undefined;

    const fail = (error: unknown): void => {
      broken ??= failureOf(error, shown, signal);
      // The answer first: when only the request is destroyed, an answer that is wholly here but not yet read
      // would end early as if it were complete.
      answered?.destroy(broken);
      outgoing.destroy(broken);
      reject(broken);
    };
    const timedOut = () => fail(new WireFailure('timeout', shown, { message: `${shown} was silent for ${idleMs} ms` }));
    const aborted = () => fail(signal?.reason);
    // Each request under way listens to the run's stop; ten of them are not the leak that Node warns of.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', aborted, { once: true });
    // Behind a proxy there is no socket, and so no idle time, until the proxy has answered.
    const connecting = about.proxied ? setTimeout(timedOut, idleMs) : undefined;
    let head: NodeJS.Timeout | undefined;
    let pace: NodeJS.Timeout | undefined;
    /** The head has a time of its own, from when nothing more is to be sent: byte for byte, it would never be silent. */
    const awaitHead = (): void => {
      head ??= setTimeout(timedOut, 2 * idleMs);
    };
    const over = () => {
      for (const timer of [connecting, head]) clearTimeout(timer);
      clearInterval(pace);
      signal?.removeEventListener('abort', aborted);
    };

    /** We are the slow ones: what came isn't taken, or nothing is there to be sent. */
    const isOursToMove = (): boolean => {
      const sending = body instanceof Readable && outgoing.socket?.connecting === false && !outgoing.writableEnded;
      return (answered !== undefined && answered.readableLength > 0) || (sending && outgoing.writableLength === 0);
    };
    outgoing.once('socket', (socket) => {
      clearTimeout(connecting);
      if (!(body instanceof Readable)) awaitHead();
      if (request.trickles !== true) pace = setInterval(paceOf(socket, idleMs, isOursToMove, timedOut), idleMs);
    });
    outgoing.once('finish', awaitHead);
    outgoing.on('proxyConnect', ({ statusCode }: { statusCode?: number }) => {
      // Otherwise the proxy's refusal would pass for the answer of the host behind it.
      if (statusCode !== undefined && statusCode !== 200) fail(refusedByProxy(shown, statusCode));
    });
    outgoing.on('timeout', () => {
      // Silence is the peer's fault only if it isn't us who are slow: to take what came, or to go on sending.
      if (isOursToMove()) outgoing.socket?.setTimeout(idleMs);
      else timedOut();
    });
    outgoing.on('error', (error) => {
      // A server that refuses an upload may stop reading it: what it said counts, not that it hung up.
      if (answered?.complete !== true) fail(error);
    });
    outgoing.once('close', () => {
      if (answered === undefined) over();
      if (body instanceof Readable) body.destroy();
    });
    outgoing.on('response', (incoming) => {
      answered = incoming;
      clearTimeout(head);
      if (about.proxied && incoming.statusCode === 407) return fail(refusedByProxy(shown, 407));
      const destroy = incoming.destroy.bind(incoming);
      incoming.destroy = (error) =>
        destroy(error === undefined ? undefined : (broken ?? failureOf(error, shown, signal)));
      // Node drops the error of an answer that nobody listens to; kept, it reaches whoever reads later.
      incoming.on('error', () => undefined);
      incoming.once('close', () => {
        over();
        // Answered before all was sent: the rest is of no use to anybody.
        if (!outgoing.writableFinished) outgoing.destroy();
      });
      resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: incoming, url: shown });
    });
    if (body instanceof Readable) {
      // The source's own failure stays what it is.
      body.once('error', (error) => {
        broken ??= error;
        fail(error);
      });
      body.once('close', () => {
        if (!body.readableEnded) outgoing.destroy();
      });
      // Not pipeline(): it would destroy the request at a failed write, and with it the answer that came before.
      body.pipe(outgoing);
    } else {
      outgoing.end(body);
    }
  });
}

/** Bytes a second below which a peer is as good as silent. */
const leastRate = 1_024;

/** To be asked once in `ms`: tells when a socket has moved too little meanwhile though we were waiting for it. */
function paceOf(socket: Socket, ms: number, isOursToMove: () => boolean, tooSlow: () => void): () => void {
  let moved = socket.bytesRead + socket.bytesWritten;
  // What is ours at the beginning or the end of the time may have been so all the time.
  let ours = true;
  return () => {
    const now = socket.bytesRead + socket.bytesWritten;
    const before = ours;
    ours = isOursToMove();
    if (!before && !ours && now - moved < (leastRate * ms) / 1_000) tooSlow();
    moved = now;
  };
}

function refusedByProxy(shown: string, status: number): WireFailure {
  const wants = status === 407 ? 'wants to know who asks for' : 'refused to connect to';
  return new WireFailure('proxy', shown, {
    message: `the proxy ${wants} ${shown}: ${status}`,
    peerCode: String(status),
    retryable: status >= 500,
  });
}

/** A message's headers, repeated ones joined. */
export function headersOf({ headers }: Pick<IncomingMessage, 'headers'>): Record<string, string | undefined> {
  const joined = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(', ') : value);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, joined(value)]));
}

const unreachable = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
]);
const cut = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ECONNABORTED']);

function failureOf(error: unknown, shown: string, signal: AbortSignal | undefined): Error {
  if (error instanceof WireFailure) return error;
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const about = { peerCode: code, peerText: message, cause: error };
  if (unreachable.has(code)) return new WireFailure('unreachable', shown, about);
  if (cut.has(code) || message === 'aborted') return new WireFailure('cut', shown, about);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return new WireFailure('tls', shown, about);
  if (code.startsWith('HPE_')) return new WireFailure('malformed', shown, about);
  return new WireFailure('cut', shown, { ...about, retryable: false });
}
