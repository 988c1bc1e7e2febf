import { readFile } from 'node:fs/promises';
import type { TokenUse } from '../errors/keyless.ts';
import { TagboatError } from '../errors.ts';
import type { World } from '../wire/world.ts';
import { type IdToken, readIdToken } from './id-token.ts';
import type { Keeper } from './keeper.ts';

/** Variables in which a CI gives the job its token: ours, with a name after it where a job has several, then those of CIs. */
const ours = /^TAGBOAT_ID_TOKEN(?:_(?!FILE$)\w+)?$/;
const ofCis = ['SIGSTORE_ID_TOKEN', 'CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN', 'BITBUCKET_STEP_OIDC_TOKEN'];

/** Variables that name a file with the token; a cloud's own are for that cloud. */
const fileOf: Readonly<Partial<Record<TokenUse, string>>> = {
  aws: 'AWS_WEB_IDENTITY_TOKEN_FILE',
  azure: 'AZURE_FEDERATED_TOKEN_FILE',
};

/**
 * The token that was made for the job before it began, by a variable or a file: of several the one for this audience.
 * Undefined where there is none. Throws OIDC_AUDIENCE_OTHER, and OIDC_TOKEN_UNUSABLE for one that has ended or is none.
 */
export async function givenToken(
  { env, clock }: Pick<World, 'env' | 'clock'>,
  keeper: Keeper,
  audience: string,
  wanted: TokenUse,
): Promise<IdToken | undefined> {
  const unusable = (from: string, why: string) => new TagboatError('OIDC_TOKEN_UNUSABLE', { from, why });
  let first: TagboatError | undefined;
  const judge = (from: string, text: string): IdToken | undefined => {
    const found = readIdToken(keeper, text, from, audience);
    const { aud, expiresAt = Number.POSITIVE_INFINITY } = found?.claims ?? {};
    if (found !== undefined && aud === audience && expiresAt > clock.now()) return found;
    if (aud === undefined) first ??= unusable(from, 'it is no token with claims');
    else if (aud !== audience) first ??= new TagboatError('OIDC_AUDIENCE_OTHER', { audience, aud, from, wanted });
    else first = unusable(from, `it ended at ${new Date(expiresAt).toISOString()}`);
    return undefined;
  };
  for (const name of [
    ...Object.keys(env)
      .filter((one) => ours.test(one))
      .sort(),
    ...ofCis,
  ]) {
    const text = env[name]?.trim();
    const found = text ? judge(name, text) : undefined;
    if (found !== undefined) return found;
  }
  for (const name of ['TAGBOAT_ID_TOKEN_FILE', fileOf[wanted]]) {
    const file = name === undefined ? undefined : env[name];
    if (!name || !file) continue;
    try {
      const found = judge(name, (await readFile(file, 'utf8')).trim());
      if (found !== undefined) return found;
    } catch (error) {
      first ??= unusable(name, `its file can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    }
  }
  if (first !== undefined) throw first;
  return undefined;
}
