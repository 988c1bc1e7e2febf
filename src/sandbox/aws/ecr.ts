import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../wire/world.ts';
import type { ApiAnswer, ApiRequest } from '../api.ts';
import { callerOf, type Sessions, whyNot } from './caller.ts';

interface Ecr {
  readonly answer: (request: ApiRequest) => ApiAnswer;
  /** Whether a registry may let these in: `AWS` with a password given out here and still good. */
  readonly verify: (username: string, password: string) => boolean;
}

const target = 'AmazonEC2ContainerRegistry_V20150921.';
const passwordMs = 12 * 3_600_000;

/** An operation's answer to what it was asked. */
export type EcrOperation = (asked: unknown) => ApiAnswer;

/** ECR's JSON API, for signed requests of known sessions: a registry's password, and `others` by their names. */
export function createEcr(options: {
  readonly account: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly sessions: Sessions;
  readonly others: Readonly<Record<string, EcrOperation>>;
}): Ecr {
  const { account, clock, sessions, others } = options;
  const passwords = new Map<string, number>();

  const answer = (request: ApiRequest): ApiAnswer => {
    const caller = callerOf(request, sessions, clock);
    if (!('session' in caller)) return refuse(caller.json, caller.message);
    const operation = (request.headers['x-amz-target'] ?? '').slice(target.length);
    const perform = others[operation];
    if (perform === undefined && operation !== 'GetAuthorizationToken') {
      return refuse('UnknownOperationException', `The sandbox doesn't know ${operation}.`);
    }
    const denied = whyNot(caller.session, `ecr:${operation}`, '*');
    if (denied !== undefined) return refuse('AccessDeniedException', denied);
    if (perform === undefined) return amzJson(200, authorization(caller.region));
    return perform(JSON.parse(request.body.toString()));
  };

  const authorization = (region: string): unknown => {
    const password = randomBytes(600).toString('base64');
    const expiresAt = clock.now() + passwordMs;
    passwords.set(password, expiresAt);
    const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
    const proxyEndpoint = `https://${account}.dkr.ecr.${region}.amazonaws.com`;
    return { authorizationData: [{ authorizationToken, expiresAt: expiresAt / 1_000, proxyEndpoint }] };
  };

  return {
    answer,
    verify: (username, password) => username === 'AWS' && (passwords.get(password) ?? 0) > clock.now(),
  };
}

/** A refusal in the terms of AWS's JSON protocol. */
export function refuse(type: string, message: string): ApiAnswer {
  return amzJson(400, { __type: type, message });
}

/** An answer in AWS's JSON protocol. */
export function amzJson(status: number, value: unknown): ApiAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: JSON.stringify(value) };
}
