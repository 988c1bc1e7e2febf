import { TagboatError } from '../../errors.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { peerOf, timeOf, WireFailure } from '../../wire/failure.ts';
import { GitDataError, GitRefusal } from '../../wire/git/failure.ts';
import { SpoolFailure } from '../../wire/git/pack/spool.ts';

/** What was going on when the wire failed. */
export interface Doing {
  readonly delivery: Pick<DeliveryPlan, 'repo'>;
  readonly credential: GitCredential | undefined;
  readonly doing: 'read' | 'push';
}

/** What a failure on the wire means for a delivery. Anything else comes back as it is. */
export function explainGitFailure(failure: unknown, { delivery, credential, doing }: Doing): unknown {
  const { repo } = delivery;
  if (failure instanceof SpoolFailure) {
    return new TagboatError('TEMP_FOLDER_FULL', { folder: failure.folder }, { cause: failure });
  }
  if (!(failure instanceof WireFailure)) return failure;
  const context = { cause: failure, peer: peerOf(failure) };
  const who = { repo, with: credential?.label };
  switch (failure.kind) {
    case 'proxy':
      if (failure.peerCode === '407') return new TagboatError('GIT_PROXY_REFUSED', { repo }, context);
      return new TagboatError('GIT_UNREACHABLE', { repo }, context);
    case 'unreachable':
      return new TagboatError('GIT_UNREACHABLE', { repo }, context);
    case 'tls':
      return new TagboatError('GIT_TLS_FAILED', { repo }, context);
    case 'timeout':
      return new TagboatError('GIT_TIMEOUT', { repo, doing }, context);
    case 'cut':
      return new TagboatError('GIT_CUT', { repo, doing }, context);
    case 'tooLarge':
      return new TagboatError('GIT_ANSWER_TOO_LARGE', { repo, what: reasonOf(failure) }, context);
    case 'malformed':
      return new TagboatError('GIT_MALFORMED', { repo, what: reasonOf(failure) }, context);
    case 'status':
      break;
  }
  const status = failure.status ?? 0;
  if (failure instanceof GitRefusal) {
    // A repository's own service that says nothing at all is no git host either.
    if (failure.peerText === undefined)
      return new TagboatError('GIT_MALFORMED', { repo, what: 'its answer is empty' }, context);
    return new TagboatError('GIT_REFUSED', { repo, status }, context);
  }
  // Who is told when to come again lacks no right.
  if (failure.limit !== undefined) {
    return new TagboatError('GIT_RATE_LIMITED', { repo, status, until: timeOf(failure.limit) }, context);
  }
  // A proxy that nobody named answers in its place.
  if (status === 407) return new TagboatError('GIT_PROXY_REFUSED', { repo }, context);
  if (status === 401) return new TagboatError('GIT_AUTH_REFUSED', who, context);
  // What could be read is there: 404 to a push is a host's way of hiding what may not be written.
  const writing = doing === 'push' && !failure.url.endsWith('/git-upload-pack');
  if (status === 403 || (status === 404 && writing)) {
    return new TagboatError('GIT_FORBIDDEN', { ...who, doing: writing ? 'push' : 'read' }, context);
  }
  if (status === 404) return new TagboatError('REPO_NOT_FOUND', who, context);
  if (status >= 500) return new TagboatError('GIT_SERVER_ERROR', { repo, status }, context);
  return new TagboatError('GIT_REFUSED', { repo, status }, context);
}

/** Why, without the URL that the error names already. */
function reasonOf(failure: WireFailure): string {
  return failure.cause instanceof GitDataError ? failure.cause.message : failure.message;
}
