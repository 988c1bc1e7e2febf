import { type Peer, TagboatError } from '../../errors.ts';
import { peerOf, type WireFailure } from '../failure.ts';
import { type Answerer, OciFailure } from './failure.ts';

/** What was being done when a registry failed. What the failure itself knows goes before. */
export interface AtRegistry {
  readonly host: string;
  readonly repository?: string | undefined;
  readonly doing: 'pull' | 'push';
  /** The tag or digest asked for. */
  readonly reference?: string;
  /** Whether there were credentials to send. Default true. */
  readonly login?: boolean;
  /** Whether it is ECR. */
  readonly ecr?: boolean;
}

/** A registry's failure as the error that ends a run, by its kind, status and the spec's codes alone. */
export function registryError(failure: WireFailure, about: AtRegistry): TagboatError {
  const { codes, finding, answerer, ...at } = factsOf(failure, about);
  const context = { peer: peerOf(failure), cause: failure };
  if (finding?.is === 'tagHeld') {
    return new TagboatError('TAG_IMMUTABLE', { ...at, tag: finding.tag, held: finding.digest }, context);
  }
  if (finding?.is === 'tagRefused') {
    const { tag, there } = finding;
    // A new image has no tags yet; what is there under others is refused one more by ECR for their number alone.
    if (about.ecr === true && there !== undefined) {
      return new TagboatError('TAG_LIMIT', { ...at, tag, digest: there }, context);
    }
    return new TagboatError('TAG_REFUSED', { ...at, tag }, context);
  }
  if (finding?.is === 'mismatch') return new TagboatError('BLOB_MISMATCH', { ...at, digest: finding.digest }, context);
  switch (failure.kind) {
    case 'unreachable':
      return new TagboatError('REGISTRY_UNREACHABLE', at, context);
    case 'proxy':
      if (failure.peerCode === '407') return new TagboatError('REGISTRY_PROXY_REFUSED', at, context);
      return new TagboatError('REGISTRY_UNREACHABLE', at, context);
    case 'tls':
      return new TagboatError('REGISTRY_UNTRUSTED', at, context);
    case 'timeout':
      return new TagboatError('REGISTRY_TIMEOUT', at, context);
    case 'cut':
      return new TagboatError('REGISTRY_CUT', at, context);
    case 'malformed':
    case 'tooLarge':
      return new TagboatError('REGISTRY_MALFORMED', { ...at, what: failure.message }, context);
    case 'status':
      return statusError(failure.status ?? 0, failure, { codes, answerer }, { ...about, ...at }, context);
  }
}

function statusError(
  status: number,
  failure: WireFailure,
  { codes, answerer }: { readonly codes: readonly string[]; readonly answerer: Answerer },
  about: AtRegistry & { repository: string | undefined },
  context: { peer: Peer; cause: unknown },
): TagboatError {
  const at = { host: about.host, repository: about.repository };
  // What another server says is no word of the registry's about our rights or its images.
  const by = answerer === 'registry' ? undefined : failure.url;
  const refused = () => new TagboatError('REGISTRY_REFUSED', { ...at, status, code: codes[0], by }, context);
  // A proxy that nobody named answers in the registry's place.
  if (status === 407) return new TagboatError('REGISTRY_PROXY_REFUSED', at, context);
  if (answerer === 'redirect' && status < 500 && status !== 429) return refused();
  if (status === 401) return new TagboatError('REGISTRY_AUTH_REFUSED', { ...at, login: about.login ?? true }, context);
  if (status === 403) return new TagboatError('REGISTRY_FORBIDDEN', { ...at, doing: about.doing }, context);
  if (status === 404 && answerer === 'registry') {
    if (codes.includes('BLOB_UNKNOWN')) return new TagboatError('BLOB_NOT_FOUND', at, context);
    if (codes.includes('NAME_UNKNOWN')) return new TagboatError('REPOSITORY_NOT_FOUND', at, context);
    // Without a code, what was asked for isn't there, whatever the reason.
    if (codes.includes('MANIFEST_UNKNOWN') || (codes.length === 0 && about.doing === 'pull')) {
      return new TagboatError('MANIFEST_NOT_FOUND', { ...at, reference: about.reference ?? 'of that name' }, context);
    }
  }
  if (status === 429) {
    const { retryAfterMs } = failure;
    const seconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000);
    return new TagboatError('REGISTRY_RATE_LIMITED', { ...at, seconds }, context);
  }
  if (status === 507) return new TagboatError('REGISTRY_STORAGE_FULL', at, context);
  if (status >= 500) return new TagboatError('REGISTRY_SERVER_ERROR', { ...at, status }, context);
  return refused();
}

function factsOf(failure: WireFailure, about: AtRegistry) {
  const known = failure instanceof OciFailure ? failure : undefined;
  return {
    host: about.host,
    repository: known?.repository ?? about.repository,
    codes: known?.codes ?? [],
    finding: known?.finding,
    answerer: known?.answerer ?? ('registry' as const),
  };
}
