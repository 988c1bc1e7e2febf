import { TagboatError } from '../../errors.ts';
import { peerOf, WireFailure } from '../../wire/failure.ts';

/** What was asked of which Argo CD, and as whom. */
export interface ArgoCdRequest {
  readonly server: string;
  readonly with: string;
  readonly application?: string | undefined;
  readonly doing?: 'get' | 'sync';
}

/** The error that a failure on the wire means to whoever asked Argo CD. Anything else comes back as it is. */
export function argocdError(failure: unknown, asked: ArgoCdRequest): unknown {
  if (!(failure instanceof WireFailure)) return failure;
  const { server, with: label, application, doing = 'get' } = asked;
  const context = { cause: failure, peer: peerOf(failure) };
  switch (failure.kind) {
    case 'proxy':
      if (failure.peerCode === '407') return new TagboatError('ARGOCD_PROXY_REFUSED', { server }, context);
      return new TagboatError('ARGOCD_UNREACHABLE', { server }, context);
    case 'unreachable':
      return new TagboatError('ARGOCD_UNREACHABLE', { server }, context);
    case 'tls':
      return new TagboatError('ARGOCD_UNTRUSTED', { server }, context);
    case 'timeout':
      return new TagboatError('ARGOCD_TIMEOUT', { server }, context);
    case 'cut':
      return new TagboatError('ARGOCD_CUT', { server }, context);
    case 'malformed':
    case 'tooLarge':
      return new TagboatError('ARGOCD_MALFORMED', { server, what: failure.message }, context);
    case 'status':
      break;
  }
  const status = failure.status ?? 0;
  // A proxy that nobody named answers in its place.
  if (status === 407) return new TagboatError('ARGOCD_PROXY_REFUSED', { server }, context);
  if (status === 401) return new TagboatError('ARGOCD_AUTH_REFUSED', { server, with: label }, context);
  if (status === 403) return new TagboatError('ARGOCD_FORBIDDEN', { server, with: label, application, doing }, context);
  if (status === 404 && application !== undefined) {
    return new TagboatError('APPLICATION_NOT_FOUND', { server, application, nearest: undefined }, context);
  }
  if (status === 404) return new TagboatError('ARGOCD_MALFORMED', { server, what: failure.message }, context);
  if (failure.retryable) return new TagboatError('ARGOCD_SERVER_ERROR', { server, status }, context);
  const act = doing === 'sync' ? `sync ${application}` : 'answer';
  return new TagboatError('ARGOCD_REFUSED', { server, status, doing: act }, context);
}

/** Whether asking again later may do: nothing that only a change of configuration mends. */
export function mayPass(failure: unknown): boolean {
  if (!(failure instanceof WireFailure)) return false;
  if (failure.kind === 'status') return failure.retryable || failure.status === 404;
  return failure.kind === 'proxy' ? failure.retryable : failure.kind !== 'tls';
}
