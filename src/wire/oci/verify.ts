import { Transform } from 'node:stream';
import { shownUrl, WireFailure } from '../failure.ts';
import { finishDigest, startDigest } from './digest.ts';
import { OciFailure } from './failure.ts';
import type { OciRepository } from './transport.ts';
import type { Descriptor } from './types.ts';

/** Where content comes from, for the failure. */
export interface ContentSource {
  readonly url: string;
  readonly host: string;
  readonly repository: string;
}

/** What came from a URL, for a repository. */
export function contentFrom(url: URL, { transport, name }: OciRepository): ContentSource {
  return { url: shownUrl(url), host: transport.host, repository: name };
}

/** Passes bytes on and fails at the first one too many, or at the end, unless size and digest are these. */
export function verifier(expected: Pick<Descriptor, 'digest' | 'size'>, origin: ContentSource): Transform {
  const hash = startDigest();
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.byteLength;
      hash.update(chunk);
      if (size > expected.size) done(mismatch(expected.digest, origin, `more than ${expected.size} bytes`));
      else done(null, chunk);
    },
    flush(done) {
      const digest = finishDigest(hash);
      if (size === expected.size && digest === expected.digest) done();
      else done(mismatch(expected.digest, origin, `${size} bytes with ${digest}`));
    },
  });
}

/** Content that isn't what it was said to be. */
export function mismatch(digest: Descriptor['digest'], origin: ContentSource, got: string): OciFailure {
  const failure = new WireFailure('malformed', origin.url, { message: `${digest} came as ${got}`, retryable: false });
  return new OciFailure(failure, { ...origin, finding: { is: 'mismatch', digest } });
}

/** An answer that is none of a registry's. */
export function unusable({ url, host, repository }: ContentSource, what: string): OciFailure {
  return new OciFailure(new WireFailure('malformed', url, { message: `${host} ${what}` }), { host, repository });
}
