import type { WireFailure } from '../failure.ts';
import { jsonIn, listAt, optionalText, textAt } from '../fields.ts';
import { type Http, type HttpResponse, readBody } from '../http.ts';
import { answerFailure } from '../retry.ts';
import type { Secret } from '../secret.ts';

export interface GraphqlApi {
  readonly url: string;
  readonly authorization: Secret;
}

export interface GraphqlOptions {
  readonly signal: AbortSignal;
  readonly idleMs: number;
  /** The clock's time, for answers that name one. */
  readonly now: number;
  /** Bytes of an answer. Default 1 MiB. */
  readonly limit?: number;
}

/** What was answered with 200: data, errors, or something else. */
export interface GraphqlAnswer {
  readonly value: unknown;
  /** As it came, for what can't be understood. */
  readonly text: string;
  readonly url: string;
}

/** One request to GitHub's GraphQL API. Throws WireFailure, for a rate limit too, which it tells with 200 as well. */
export async function askGraphql(
  http: Http,
  api: GraphqlApi,
  asked: { readonly query: string; readonly variables: Readonly<Record<string, unknown>> },
  { signal, idleMs, now, limit = 1024 * 1024 }: GraphqlOptions,
): Promise<GraphqlAnswer> {
  const response = await http({
    url: api.url,
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: api.authorization.reveal(),
      'content-type': 'application/json',
    },
    body: JSON.stringify(asked),
    signal,
    idleMs,
  });
  const text = (await readBody(response, limit)).toString('utf8');
  const value = jsonIn(text);
  if (response.status !== 200) throw answerFailure(response, now, { text: optionalText(value, 'message') });
  const limited = limitIn(value, response, now);
  if (limited !== undefined) throw limited;
  return { value, text, url: response.url };
}

/** A rate limit that GraphQL tells with 200, where REST says 403. Pure. */
export function limitIn(
  value: unknown,
  answer: Pick<HttpResponse, 'headers' | 'url'>,
  now: number,
): WireFailure | undefined {
  const error = listAt(value, 'errors').find((one) => textAt(one, 'type') === 'RATE_LIMITED');
  if (error === undefined) return undefined;
  return answerFailure({ ...answer, status: 429 }, now, { code: 'RATE_LIMITED', text: textAt(error, 'message') });
}

/** The first error of an answer: GitHub's own code and words. */
export function errorIn(value: unknown): { readonly code: string | undefined; readonly text: string } | undefined {
  const [error] = listAt(value, 'errors');
  const text = optionalText(error, 'message');
  return text === undefined ? undefined : { code: optionalText(error, 'type'), text };
}
