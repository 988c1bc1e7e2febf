import { Readable } from 'node:stream';
import type { Http } from '../../src/wire/http.ts';

/** A reader of bytes that somebody else made. */
export interface Subject {
  readonly name: string;
  /** Inputs that it takes, to make wrong ones of. */
  readonly inputs: readonly Buffer[];
  /** Makes checksums right again, so that what lies behind them is reached too. */
  readonly mend?: (bytes: Buffer) => Buffer;
  /** Reads them, and all that is worked out from them. */
  readonly read: (bytes: Buffer) => unknown;
  /** Whether it says that it may fail so. */
  readonly declared: (error: unknown) => boolean;
}

/** For readers that answer with nothing rather than fail. */
export const never = (): boolean => false;

export function text(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join(''));
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** An http that answers every request with these bytes. */
export function answering(body: Buffer): Http {
  return async () => ({ status: 200, headers: {}, body: Readable.from([body]), url: 'https://peer.test/' });
}
