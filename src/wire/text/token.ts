import { isObject, jsonIn } from '../fields.ts';

/** The claims in a token (RFC 7519), unverified; undefined where it is none that can be read. */
export function tokenClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload] = /^\s*[\w-]+\.([\w-]+)\.[\w-]*\s*$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  const claims = jsonIn(Buffer.from(payload, 'base64url').toString('utf8'));
  return isObject(claims) ? claims : undefined;
}
