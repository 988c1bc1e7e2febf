import type { Http } from '../../http.ts';
import type { Patient } from '../../retry.ts';
import type { Secret } from '../../secret.ts';

/** What a request does to a repository. */
export interface TokenScope {
  readonly repository: string;
  readonly access: 'pull' | 'push';
}

export interface Credential {
  readonly username: string;
  readonly password: Secret;
}

export interface AuthOptions extends Patient {
  readonly http: Http;
  /** The registry's own origin: `https://ghcr.io`. */
  readonly origin: string;
  readonly credential: () => Promise<Credential | undefined>;
  readonly mask: (secret: string) => void;
  readonly maxTries?: number | undefined;
}

/** User name and password as Basic wants them (RFC 7617). */
export function basicOf({ username, password }: Credential): string {
  return Buffer.from(`${username}:${password.reveal()}`).toString('base64');
}
