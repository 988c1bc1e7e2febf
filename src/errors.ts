import { argocdErrors } from './errors/argocd.ts';
import { authErrors } from './errors/auth.ts';
import { buildErrors } from './errors/build.ts';
import type { Entry, ExitCode } from './errors/codes.ts';
import { configErrors } from './errors/config.ts';
import { configFileErrors } from './errors/config-file.ts';
import { configRepoErrors } from './errors/config-repo.ts';
import { entryErrors, machineLimits } from './errors/entry.ts';
import { keylessErrors } from './errors/keyless.ts';
import { orderErrors } from './errors/order.ts';
import { registryErrors } from './errors/registry.ts';

const catalogue = {
  ...entryErrors,
  ...configErrors,
  ...keylessErrors,
  ...authErrors,
  ...buildErrors,
  ...registryErrors,
  ...configFileErrors,
  ...configRepoErrors,
  ...argocdErrors,
  ...orderErrors,
};

type Catalogue = typeof catalogue;
export type ErrorCode = keyof Catalogue;
type ErrorData<C extends ErrorCode> = Catalogue[C] extends Entry<infer D> ? D : never;

/** Where in a file (or on the command line) the mistake is. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The source line itself, for the caret. Never a line that could hold a secret. */
  readonly text?: string;
}

/** What the other side said, in its own words: shown, never decided on. */
export interface Peer {
  /** The peer's own code: an HTTP status, an OCI or AWS error code, git's `ng` reason. */
  readonly code?: string | undefined;
  readonly text?: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable?: boolean;
  /** Seconds for which it wants to be left alone. */
  readonly waitSeconds?: number | undefined;
  /** When its limit of requests is over, where it told that: ISO 8601 in UTC. */
  readonly until?: string | undefined;
}

interface ErrorContext {
  readonly place?: Place | undefined;
  readonly peer?: Peer | undefined;
  readonly cause?: unknown;
}

/** An error as it stands in events and `--json`: plain values only. */
export interface ErrorReport {
  readonly code: ErrorCode | 'BUG';
  readonly message: string;
  readonly hint: string;
  readonly exitCode: ExitCode;
  /** Names of what it is about, whom it hit first: an image, its repository, a delivery, an application. */
  readonly about?: readonly string[] | undefined;
  readonly place?: Place | undefined;
  readonly peer?: Peer | undefined;
}

/** The one error class: a stable code, the data behind it, what to do, and the exit code. */
export class TagboatError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TagboatError';
  readonly code: C;
  readonly data: ErrorData<C>;
  readonly hint: string;
  readonly exitCode: ExitCode;
  readonly place: Place | undefined;
  readonly peer: Peer | undefined;

  constructor(code: C, data: ErrorData<C>, context: ErrorContext = {}) {
    // The catalogue types each entry by its own data; indexing it by a type parameter loses that pairing.
    const words = catalogue[code] as unknown as Entry<ErrorData<C>>;
    super(words.message(data), context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.data = data;
    this.hint = words.hint(data);
    this.exitCode = words.exit;
    this.place = context.place;
    this.peer = context.peer;
  }
}

/** What is wrong with a command line; `command`: whose help says how it is meant. */
export function usageError(problem: string, command?: string): TagboatError<'USAGE'> {
  return new TagboatError('USAGE', { problem, command });
}

/** Narrows to one code: `isError(e, 'CONFIG_PATH_MISSING')`. Without a code, to any error of ours. */
export function isError<C extends ErrorCode>(error: unknown, code?: C): error is TagboatError<C> {
  return error instanceof TagboatError && (code === undefined || error.code === code);
}

/** What is read, or undefined where an error of ours says why it can't be. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isError(error)) return undefined;
    throw error;
  }
}

/** Any thrown value as a report, with the name of what it hit where that is known. What isn't ours is a bug (exit 1), told with its message and no stack. */
export function reportOf(error: unknown, hit?: string): ErrorReport {
  if (isError(error)) {
    const { image, repository, application } = (error.data ?? {}) as Readonly<Record<string, unknown>>;
    const about = [hit, image, repository, application].filter((name) => typeof name === 'string' && name !== '');
    const { code, message, hint, exitCode, place, peer } = error;
    const names = about.length === 0 ? undefined : ([...new Set(about)] as string[]);
    return { code, message, hint, exitCode, about: names, place, peer };
  }
  const what = machineLimits[String((error as { code?: unknown } | null | undefined)?.code)];
  if (what !== undefined) return reportOf(new TagboatError('MACHINE_LIMIT', { what }, { cause: error }), hit);
  return {
    code: 'BUG',
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is a fault in Tagboat. Run again with TAGBOAT_DEBUG=1 and report what it prints.',
    exitCode: 1,
  };
}

/** The section of the reference that is about a code, as GitHub shows it. */
export function helpUrl(code: ErrorReport['code']): string {
  return `https://github.com/tagboat/tagboat/blob/v1/docs/reference/errors.md#${code.toLowerCase()}`;
}

/** Every code with its words, for the documentation. */
export function errorWords(): readonly (readonly [ErrorCode, Entry<never>])[] {
  return Object.entries(catalogue) as unknown as readonly (readonly [ErrorCode, Entry<never>])[];
}
