import { isObject } from '../fields.ts';

/** The claims in a token (RFC 7519), unverified; undefined where it is none that can be read. */
export function tokenClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload] = /^\s*[\w-]+\.([\w-]+)\.[\w-]*\s*$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isObject(claims) ? claims : undefined;
  } catch {
    // V8's message quotes what it read, which is of a token: it goes nowhere.
    return undefined;
  }
}
