import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ClaimSet, claimsIn, claimsOfJob, gitHubProvider } from '../../auth/iam/claims.ts';
import type { TrustRequest } from '../../auth/iam/evaluate.ts';
import { providerName, readRoleArn } from '../../auth/iam/right-policy.ts';
import { reviewTrust, type TrustReview } from '../../auth/iam/trust.ts';
import { TagboatError, usageError } from '../../errors.ts';
import { tokenClaims } from '../../wire/text/token.ts';
import type { Session } from '../run/session.ts';

export interface TrustOptions {
  readonly trustPolicy?: string | undefined;
  readonly claims?: string | undefined;
  readonly repo?: string | undefined;
  readonly ref?: string | undefined;
  readonly environment?: string | undefined;
  readonly role?: string | undefined;
  readonly audience?: string | undefined;
}

/** Judges a trust policy in a file, for the run that the options tell of. Throws USAGE, CONFIG_UNREADABLE. */
export async function reviewTrustFile(session: Session, file: string, options: TrustOptions): Promise<TrustReview> {
  const role = options.role === undefined ? undefined : readRoleArn(options.role);
  if (options.role !== undefined && role === undefined) {
    throw wrong("--role must be a role's ARN: arn:aws:iam::<12 digits>:role/<name>.");
  }
  const claims = await claimsOf(session, options);
  const text = await readNamed(session, file);
  const request: TrustRequest | undefined = claims && {
    provider: providerOf(claims),
    account: role?.account,
    partition: role?.partition,
    claims,
    now: session.world.clock.now(),
  };
  return reviewTrust(text, { file, request, account: role?.account, partition: role?.partition });
}

/** Who asks for the role: as told, in a file or by options; in a job, by its own token. */
async function claimsOf(session: Session, options: TrustOptions): Promise<ClaimSet | undefined> {
  const { claims: file, repo, ref, environment, audience = 'sts.amazonaws.com' } = options;
  if (file !== undefined && repo !== undefined) throw wrong('Give --claims or --repo, not both.');
  if (repo === undefined && (ref ?? environment) !== undefined) {
    throw wrong('--ref and --environment go with --repo OWNER/NAME, which says whose they are.');
  }
  if (file !== undefined) return claimsInFile(await readNamed(session, file), file);
  if (repo === undefined) return undefined;
  if (!/^[\w.-]+(?:@\d+)?\/[\w.-]+(?:@\d+)?$/.test(repo)) {
    throw wrong('--repo must be OWNER/NAME, or OWNER@ID/NAME@ID as newer repositories have it.');
  }
  return claimsOfJob({ repo, ref, environment, audience });
}

/** A JSON map of claims, or a token with them inside. */
function claimsInFile(text: string, file: string): ClaimSet {
  try {
    const found = claimsIn(tokenClaims(text) ?? JSON.parse(text));
    if (found?.sub !== undefined) return found;
  } catch {
    // What is quoted in V8's message may be a token: it goes nowhere.
  }
  throw wrong(`${file} holds no claims: a JSON map with iss, sub and aud is needed, or a token.`);
}

function providerOf({ iss }: ClaimSet): string {
  return typeof iss === 'string' ? providerName(iss) : gitHubProvider;
}

async function readNamed(session: Session, file: string): Promise<string> {
  return readFile(resolve(session.cwd, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? "it isn't there" : (error.code ?? error.message);
    throw new TagboatError('CONFIG_UNREADABLE', { file, reason }, { place: { file } });
  });
}

function wrong(problem: string): TagboatError {
  return usageError(problem, 'doctor');
}
