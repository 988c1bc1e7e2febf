/** One answer of Argo CD's API. */
export interface ArgocdReply {
  readonly status: number;
  readonly body: unknown;
}

/** Asks Argo CD's REST API, with no patience for anything but JSON. */
export async function callArgocd(
  url: string,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<ArgocdReply> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  return { status: response.status, body: await response.json() };
}
