import { createHash, type Hash } from 'node:crypto';
import type { Digest } from './types.ts';

/** Whether this is `sha256:` and 64 lower-case hex digits. Other algorithms can't be verified here, so they aren't. */
export function isDigest(text: string | undefined): text is Digest {
  return text !== undefined && /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return finishDigest(startDigest().update(bytes));
}

/** A hash to feed piece by piece; `finishDigest` ends it. */
export function startDigest(): Hash {
  return createHash('sha256');
}

/** The digest of all that was fed. The hash can't be used afterwards. */
export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}
