import type { Clock } from '../../wire/world.ts';
import type { ApiRequest } from '../api.ts';
import { isSignedWith, readSignature } from './signature.ts';

/** Access keys that this world gave out or was told of. */
export interface StsSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined for a user's long-lived keys. */
  readonly token: string | undefined;
  /** Milliseconds since the epoch, or Infinity. */
  readonly expiresAt: number;
  /** Who this is, as AWS writes it. */
  readonly arn: string;
  /** Actions that its policies don't allow: `ecr:PutImage`. */
  readonly lacks: readonly string[];
}

/** Why AWS doesn't take a request as somebody's, by the names of its two protocols, and in its words. */
interface Stranger {
  readonly json: string;
  readonly query: string;
  readonly message: string;
}

/** Finds the keys behind an id. */
export type Sessions = (accessKeyId: string) => StsSession | undefined;

/** Who signed a request, and for which region. */
export function callerOf(
  request: ApiRequest,
  sessions: Sessions,
  clock: Pick<Clock, 'now'>,
): { readonly session: StsSession; readonly region: string } | Stranger {
  const signed = readSignature(request.headers.authorization);
  if (signed === undefined) {
    const message = 'Missing Authentication Token';
    return { json: 'MissingAuthenticationTokenException', query: 'MissingAuthenticationToken', message };
  }
  const session = sessions(signed.accessKeyId);
  if (session === undefined || request.headers['x-amz-security-token'] !== session.token) {
    const message = 'The security token included in the request is invalid.';
    return { json: 'UnrecognizedClientException', query: 'InvalidClientTokenId', message };
  }
  if (session.expiresAt <= clock.now()) {
    const message = 'The security token included in the request is expired';
    return { json: 'ExpiredTokenException', query: 'ExpiredToken', message };
  }
  if (!isSignedWith(request, signed, session.secretAccessKey)) {
    const message = 'The request signature we calculated does not match the signature you provided.';
    return { json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', message };
  }
  return { session, region: signed.region };
}

/** AWS's words for what a caller's policies don't allow, or undefined where they do. */
export function whyNot({ arn, lacks }: StsSession, action: string, resource: string): string | undefined {
  if (!lacks.includes(action)) return undefined;
  return `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
}
