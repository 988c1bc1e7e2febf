import { createHmac } from 'node:crypto';
import { WireFailure } from '../failure.ts';
import { type Http, readBody } from '../http.ts';
import type { Secret } from '../secret.ts';

/** A push as GitHub tells it, as far as Argo CD's webhook reads it (util/webhook). */
export interface Push {
  /** The config repo's URL. */
  readonly repo: string;
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly files: readonly string[];
}

/** Tells Argo CD of a push by its webhook, signed where there is a secret: queued, no more. Throws WireFailure. */
export async function sendWebhook(
  http: Http,
  target: { readonly url: string; readonly secret: Secret | undefined; readonly signal: AbortSignal },
  push: Push,
): Promise<void> {
  const body = JSON.stringify(payloadOf(push));
  const sign = (hash: 'sha1' | 'sha256', secret: Secret) =>
    `${hash}=${createHmac(hash, secret.reveal()).update(body).digest('hex')}`;
  const url = `${target.url}/api/webhook`;
  const response = await http({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      // Which of the two is read depends on the version of the library behind it.
      ...(target.secret === undefined
        ? {}
        : { 'x-hub-signature': sign('sha1', target.secret), 'x-hub-signature-256': sign('sha256', target.secret) }),
    },
    body,
    signal: target.signal,
    idleMs: 15_000,
  });
  const text = (await readBody(response, 64 * 1024)).toString('utf8');
  if (response.status !== 200) {
    throw new WireFailure('status', url, {
      status: response.status,
      peerText: text,
      retryable: response.status === 503,
    });
  }
}

function payloadOf({ repo, branch, before, after, files }: Push): unknown {
  const plain = repo.replace(/\.git$/, '');
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    repository: { html_url: plain, clone_url: repo, default_branch: branch },
    commits: [{ id: after, added: [], modified: files, removed: [] }],
  };
}
