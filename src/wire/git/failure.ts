import { type FailureKind, WireFailure } from '../failure.ts';

/** Bytes that aren't what git's formats say. The remote turns it into a WireFailure of the same kind with its URL. */
export class GitDataError extends Error {
  override readonly name = 'GitDataError';
  /** `cut`: they end too early. `tooLarge`: well-formed so far, but more than the caller takes. */
  readonly kind: Extract<FailureKind, 'malformed' | 'cut' | 'tooLarge'>;
  /** Bytes of the object that is too large, where that is known. */
  readonly size: number | undefined;

  constructor(kind: GitDataError['kind'], message: string, size?: number) {
    super(message);
    this.kind = kind;
    this.size = size;
  }
}

/** Git's answer to a request that it doesn't take. `words` are its own, if it said any. */
export class GitNo extends Error {
  override readonly name = 'GitNo';
  readonly words: string | undefined;

  constructor(words: string | undefined) {
    super(words ?? 'no answer');
    this.words = words;
  }
}

/** A well-formed HTTP answer in which git itself says no, or says nothing at all (it does so before version 2.41). */
export class GitRefusal extends WireFailure {
  constructor(url: string, words: string | undefined) {
    super('status', url, {
      message: `${url} refused the request${words === undefined ? ' without a word' : ''}`,
      status: 200,
      peerCode: 'ERR',
      peerText: words,
    });
  }
}

/**
 * Whether a host won't answer a question as it was put, be it in git's words or by a status. A simpler question may do.
 * Who may not ask (401, 403, 404) and who comes at a bad moment is told so by other statuses.
 */
export function isNo(error: unknown): error is WireFailure {
  if (error instanceof GitRefusal) return true;
  return error instanceof WireFailure && [400, 405, 406, 415, 422, 500, 501].includes(error.status ?? 0);
}

/** An answer to this remote's request that isn't what was asked for. */
export function malformed({ url }: { readonly url: () => string }, message: string, cause?: unknown): WireFailure {
  return new WireFailure('malformed', url(), { message, cause });
}

/** What `work` makes of data that turns out wrong only after the answer was over. Throws WireFailure. */
export async function asWireFailure<T>(remote: { readonly url: () => string }, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GitDataError ? malformed(remote, error.message, error) : error;
  }
}
