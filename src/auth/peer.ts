import type { Peer } from '../errors.ts';
import type { WireFailure } from '../wire/failure.ts';

/** What the other side said, for an error of ours. */
export function peerOf(failure: WireFailure): Peer {
  const { peerCode, peerText: text, status, retryable } = failure;
  return { code: peerCode ?? status?.toString(), text, retryable };
}
