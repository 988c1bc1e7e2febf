import {
  createHash,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';

/** An RSA key pair that signs tokens, and the public half as a JWKS shows it. */
interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JsonWebKey & { readonly kid: string };
}

/** A JSON Web Token taken apart; nothing in it is verified yet. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

/** A fresh 2048-bit key. Its id is a digest of the public key. */
export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const kid = createHash('sha256').update(spki).digest('base64url').slice(0, 27);
  return { privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid } };
}

const held = new Map<string, Promise<SigningKey>>();

/** The key of one holder in this process, always the same: making one takes longer than all else at a start. */
export function signingKeyOf(holder: 'issuer' | 'app'): Promise<SigningKey> {
  const key = held.get(holder) ?? createSigningKey();
  held.set(holder, key);
  return key;
}

/** The claims as a compact RS256 token (RFC 7515 §7.1). */
export function signJwt(key: SigningKey, claims: Readonly<Record<string, unknown>>): string {
  const signed = `${encode({ alg: 'RS256', kid: key.jwk.kid, typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

/** The token's parts, or undefined when it isn't a token. */
export function readJwt(token: string): Jwt | undefined {
  const [header, claims, signature, ...rest] = token.split('.');
  if (header === undefined || claims === undefined || !signature || rest.length > 0) return undefined;
  try {
    return {
      header: decode(header),
      claims: decode(claims),
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return undefined;
  }
}

/** Whether this key signed the token. Only RS256: a token must not choose how it is checked (alg confusion). */
export function isSignedBy(jwt: Jwt, key: KeyObject): boolean {
  return jwt.header.alg === 'RS256' && verify('sha256', Buffer.from(jwt.signed), key, jwt.signature);
}

/** The public key that a JWKS document shows under this id. */
export function keyFrom(jwks: unknown, kid: unknown): KeyObject | undefined {
  const keys = (jwks as { keys?: readonly (JsonWebKey & { kid?: string })[] } | undefined)?.keys ?? [];
  const jwk = keys.find((key) => key.kid === kid);
  return jwk === undefined ? undefined : createPublicKey({ key: jwk, format: 'jwk' });
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value as Record<string, unknown>;
}
