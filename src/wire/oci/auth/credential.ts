import type { Http } from '../../http.ts';
import type { Secret } from '../../secret.ts';
import type { Clock } from '../../world.ts';

/** What a request does to a repository. */
export interface TokenScope {
  readonly repository: string;
  readonly access: 'pull' | 'push';
}

export interface Credential {
  readonly username: string;
  readonly password: Secret;
}

export interface AuthOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** The registry's own origin: `https://ghcr.io`. */
  readonly origin: string;
  readonly credential: () => Promise<Credential | undefined>;
  readonly mask: (secret: string) => void;
  readonly maxTries: number;
}

/** User name and password as Basic wants them (RFC 7617). */
export function basicOf({ username, password }: Credential): string {
  return Buffer.from(`${username}:${password.reveal()}`).toString('base64');
}
