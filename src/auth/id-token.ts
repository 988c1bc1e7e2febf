import type { Secret } from '../wire/secret.ts';
import { tokenClaims } from '../wire/text/token.ts';
import type { Keeper } from './keeper.ts';

/** What a job's token says about itself. Claims may be shown; the token never. */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly repository: string | undefined;
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  /** What else of it conditions of clouds are written about, as far as it is there. */
  readonly others?: Readonly<Record<string, string>> | undefined;
  /** When it ends, milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

const telling = ['repository', 'ref', 'environment', 'job_workflow_ref', 'project_path', 'ref_type', 'ref_protected'];

export interface IdToken {
  readonly token: Secret;
  readonly claims: Claims;
}

/**
 * A token with its claims, unverified: they are for people to read, and the peer does the verifying. Of several audiences
 * it is the wanted one where that is among them. Undefined for what is no token.
 */
export function readIdToken(keeper: Keeper, text: string, label: string, wanted?: string): IdToken | undefined {
  const token = keeper.keep(text, label);
  const claims = tokenClaims(text) ?? {};
  const { iss, sub, exp } = claims;
  const audiences = [claims.aud].flat();
  const aud = audiences.find((one) => one === wanted) ?? audiences[0];
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof aud !== 'string') return undefined;
  const claim = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  return {
    token,
    claims: {
      iss,
      sub,
      aud,
      repository: claim('repository'),
      repositoryId: claim('repository_id'),
      ownerId: claim('repository_owner_id'),
      others: Object.fromEntries(
        telling.flatMap((name) => {
          const value = claim(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      expiresAt: typeof exp === 'number' ? exp * 1_000 : undefined,
    },
  };
}
