import type { Peer } from '../errors.ts';
import type { WireFailure } from '../wire/failure.ts';

/** What the other side said, for an error of ours. */
export function peerOf(failure: WireFailure): Peer {
  const code = failure.peerCode ?? failure.status?.toString();
  return {
    ...(code === undefined ? {} : { code }),
    ...(failure.peerText === undefined ? {} : { text: failure.peerText }),
    retryable: failure.retryable,
  };
}
