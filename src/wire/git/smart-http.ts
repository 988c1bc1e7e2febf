import { shownUrl, WireFailure } from '../failure.ts';
import { limited } from '../grace.ts';
import type { HttpResponse } from '../http.ts';
import { retry } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { beginning } from '../text/shorten.ts';
import type { Tell, World } from '../world.ts';
import { GitDataError, GitNo, GitRefusal } from './failure.ts';
import { dataFailure, movedTo, passOver, sameHost, statusFailure } from './http-answer.ts';
import { ByteReader } from './pack/bytes.ts';

export type Service = 'git-upload-pack' | 'git-receive-pack';

/** Where a repository is, and how long it is waited for. */
export interface RemoteOptions {
  /** Smart-HTTP URL without userinfo. */
  readonly url: string;
  /** The whole `Authorization` header. */
  readonly authorization: Secret | undefined;
  /** Milliseconds without a byte before giving up. */
  readonly idleMs: number;
  /** Nothing is asked or read beyond this time (`clock.now()`), however slowly it drips. */
  readonly deadline: number;
  /** What passes is tried again until this time, and always for two seconds. Default: until the deadline. */
  readonly patientUntil?: number | undefined;
  /** Tells a person once what is unusual about this host. */
  readonly notice: Tell;
}

interface GitHttpOptions extends RemoteOptions, Pick<World, 'http' | 'clock' | 'random' | 'signal'> {
  /** Given the headers of each answer of git's. */
  readonly heard: (headers: HttpResponse['headers']) => void;
}

interface ServiceCall {
  readonly service: Service;
  readonly body: string | Buffer;
  readonly version2: boolean;
  /**
   * A read may be repeated, and its answer is read to its end, so that the connection can be used again. A push is sent
   * once: whether a lost one was taken isn't known here. Nor is its end waited for: housekeeping on the server and
   * post-receive hooks come after the report.
   */
  readonly kind: 'read' | 'push';
  readonly signal?: AbortSignal;
}

/** Smart HTTP (gitprotocol-http) with one repository. Throws WireFailure; GitRefusal where git says no. */
interface GitHttp {
  /** The repository's URL as far as it is known: another one after a redirect. */
  readonly url: () => string;
  /** Asks a service what it can do. */
  advertisement<T>(service: Service, read: (from: ByteReader) => Promise<T>): Promise<T>;
  /** Sends commands. */
  call<T>(call: ServiceCall, read: (from: ByteReader) => Promise<T>): Promise<T>;
}

interface Sending {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly body?: string | Buffer | undefined;
  readonly signal: AbortSignal;
  readonly kind: ServiceCall['kind'];
}

const leastPatienceMs = 2_000;

/** A request waits this long, in milliseconds, for the connection of the push before it: a new one takes longer. */
const lingerMs = 250;
/** What is left of an answer that was read is there within this time, in milliseconds, or its connection is given up. */
const restMs = 1_000;

const version2Header = { 'git-protocol': 'version=2' };

export function createGitHttp(options: GitHttpOptions): GitHttp {
  const { clock, signal } = options;
  const origin = new URL(options.url);
  let base = options.url.replace(/\/+$/, '');
  // Redirects are followed until the first answer, as git does by default: later ones could split one delivery in two.
  let settled = false;
  /** What goes on behind a push's report. Mostly it is over in a moment, and its connection can be used again. */
  let ending: Promise<void> | undefined;

  const connectionFree = async (): Promise<void> => {
    if (ending === undefined) return;
    const over = new AbortController();
    const lingered = clock.sleep(lingerMs, over.signal).catch(() => undefined);
    await Promise.race([ending, lingered]);
    over.abort();
    ending = undefined;
  };

  const send = async (sending: Sending): Promise<HttpResponse> => {
    for (let hops = 0; ; hops++) {
      const target = `${base}/${sending.path}`;
      const trusted = sameHost(origin, new URL(target));
      const response = await options.http({
        url: target,
        method: sending.method,
        headers: {
          // GitHub serves git only to user agents that begin so.
          'user-agent': 'git/tagboat',
          accept: sending.accept,
          ...sending.headers,
          ...(trusted && options.authorization !== undefined ? { authorization: options.authorization.reveal() } : {}),
        },
        signal: sending.signal,
        idleMs: options.idleMs,
        // Hooks say a word now and then; the deadline is what ends it.
        trickles: true,
        body: sending.body,
      });
      if (response.status >= 200 && response.status < 300) {
        if (response.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === sending.accept) {
          settled = true;
          options.heard(response.headers);
          return response;
        }
        response.body.destroy();
        const type = response.headers['content-type'] ?? 'nothing';
        const message = `${response.url} answered with ${beginning(type, 100)} instead of ${sending.accept}`;
        throw new WireFailure('malformed', response.url, { message });
      }
      const moved = settled || hops >= 5 ? undefined : movedTo(response, target, sending.path);
      if (moved === undefined) throw await statusFailure(response, clock.now());
      response.body.destroy();
      base = moved;
      const left = options.authorization !== undefined && !sameHost(origin, new URL(moved));
      options.notice(
        `${shownUrl(origin)} redirects to ${shownUrl(moved)}${left ? ', where its token is not sent' : ''}.`,
      );
    }
  };

  const exchange = async <T>(sending: Sending, read: (from: ByteReader) => Promise<T>): Promise<T> => {
    await connectionFree();
    const limit = limited(sending.signal, options.deadline - clock.now(), `${base}/${sending.path}`);
    let rest: Promise<void> | undefined;
    try {
      const response = await send({ ...sending, signal: limit.signal });
      const from = new ByteReader(response.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>);
      const passRest = (): void => {
        rest = passOver(from, response, sending.kind === 'read' ? restMs : undefined);
      };
      try {
        const result = await read(from);
        passRest();
        return result;
      } catch (error) {
        if (error instanceof GitNo) passRest();
        else response.body.destroy();
        if (error instanceof GitNo) throw new GitRefusal(response.url, error.words);
        throw error instanceof GitDataError ? dataFailure(error, response.url) : error;
      }
    } finally {
      const over = (rest ?? Promise.resolve()).finally(limit.over);
      // Hooks may go on for long behind a push's report.
      if (sending.kind === 'push') ending = over;
      else await over;
    }
  };

  /** Tries again what may pass. */
  const patient = <T>(work: () => Promise<T>): Promise<T> => {
    const { deadline, patientUntil = deadline } = options;
    return retry(work, options, { until: Math.min(deadline, Math.max(clock.now() + leastPatienceMs, patientUntil)) });
  };

  return {
    url: () => base,
    advertisement: (service, read) =>
      patient(() =>
        exchange(
          {
            path: `info/refs?service=${service}`,
            method: 'GET',
            // Pushes are version 0 and 1 alone.
            headers: service === 'git-upload-pack' ? version2Header : {},
            accept: `application/x-${service}-advertisement`,
            signal,
            kind: 'read',
          },
          read,
        ),
      ),
    call: ({ service, body, version2, kind, signal: own }, read) => {
      const sending: Sending = {
        path: service,
        method: 'POST',
        headers: { 'content-type': `application/x-${service}-request`, ...(version2 ? version2Header : {}) },
        accept: `application/x-${service}-result`,
        body,
        signal: own ?? signal,
        kind,
      };
      return kind === 'read' ? patient(() => exchange(sending, read)) : exchange(sending, read);
    },
  };
}
