import { WireFailure, wrongAnswer } from '../failure.ts';
import { jsonIn, numberAt, textAt } from '../fields.ts';
import { type Http, readBody } from '../http.ts';
import { isPassingStatus } from '../retry.ts';
import type { Secret } from '../secret.ts';

/**
 * Argo CD's token for somebody else's: OAuth 2.0 token exchange (RFC 8693) at its Dex, as the public client of Argo
 * CD's CLI. Answers the token and its life in seconds, 0 where Dex doesn't tell. Throws WireFailure.
 */
export async function exchangeToken(
  http: Http,
  about: { readonly url: string; readonly connector: string; readonly subject: Secret; readonly signal: AbortSignal },
): Promise<{ readonly token: string; readonly seconds: number }> {
  const url = `${about.url}/api/dex/token`;
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    connector_id: about.connector,
    scope: 'openid email profile federated:id',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: about.subject.reveal(),
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  });
  const response = await http({
    method: 'POST',
    url,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      // The client's secret is empty.
      authorization: `Basic ${Buffer.from('argo-cd-cli:').toString('base64')}`,
    },
    body: form.toString(),
    signal: about.signal,
    idleMs: 20_000,
  });
  const text = (await readBody(response, 256 * 1024)).toString('utf8');
  const value = jsonIn(text);
  if (response.status !== 200) {
    throw new WireFailure('status', response.url, {
      status: response.status,
      peerCode: textAt(value, 'error') || String(response.status),
      peerText: textAt(value, 'error_description'),
      retryable: isPassingStatus(response.status),
    });
  }
  const token = textAt(value, 'access_token');
  if (token === '') throw wrongAnswer(response.url, 'answered without a token');
  return { token, seconds: numberAt(value, 'expires_in') };
}
