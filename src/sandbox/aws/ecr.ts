import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../wire/world.ts';
import type { ApiAnswer, ApiRequest } from '../api.ts';
import { isSignedWith, readSignature } from './signature.ts';
import type { StsSession } from './sts.ts';

interface Ecr {
  readonly answer: (request: ApiRequest) => ApiAnswer;
  /** Whether a registry may let these in: `AWS` with a password given out here and still good. */
  readonly verify: (username: string, password: string) => boolean;
}

const target = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
const passwordMs = 12 * 3_600_000;

/** ECR's JSON API: GetAuthorizationToken, for signed requests of known sessions. */
export function createEcr(options: {
  readonly account: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly session: (accessKeyId: string) => StsSession | undefined;
}): Ecr {
  const { account, clock } = options;
  const passwords = new Map<string, number>();

  const answer = (request: ApiRequest): ApiAnswer => {
    const signed = readSignature(request.headers.authorization);
    if (signed === undefined) return refuse('MissingAuthenticationTokenException', 'Missing Authentication Token');
    const session = options.session(signed.accessKeyId);
    if (session === undefined || request.headers['x-amz-security-token'] !== session.token) {
      return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.');
    }
    if (session.expiresAt <= clock.now()) {
      return refuse('ExpiredTokenException', 'The security token included in the request is expired');
    }
    if (!isSignedWith(request, signed, session.secretAccessKey)) {
      return refuse(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided.',
      );
    }
    if (request.headers['x-amz-target'] !== target) {
      return refuse('UnknownOperationException', 'The sandbox only knows GetAuthorizationToken.');
    }
    if (!session.ecr) {
      return refuse(
        'AccessDeniedException',
        `User: ${session.arn} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action`,
      );
    }
    const password = randomBytes(600).toString('base64');
    const expiresAt = clock.now() + passwordMs;
    passwords.set(password, expiresAt);
    return amzJson(200, {
      authorizationData: [
        {
          authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
          expiresAt: expiresAt / 1_000,
          proxyEndpoint: `https://${account}.dkr.ecr.${signed.region}.amazonaws.com`,
        },
      ],
    });
  };

  return {
    answer,
    verify: (username, password) => username === 'AWS' && (passwords.get(password) ?? 0) > clock.now(),
  };
}

function refuse(type: string, message: string): ApiAnswer {
  return amzJson(400, { __type: type, message });
}

function amzJson(status: number, value: unknown): ApiAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: JSON.stringify(value) };
}
