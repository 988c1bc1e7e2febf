import { readBody } from '../../http.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type AuthOptions, basicOf, type Credential, type TokenScope } from './credential.ts';
import { fetchToken, type Token } from './token.ts';

/** The `Authorization` of one registry, learned from its challenges. */
export interface OciAuth {
  /** The header for a request with these scopes; undefined where none is known to be needed. */
  header(scopes: readonly TokenScope[]): Promise<string | undefined>;
  /** Takes in a challenge. Answers whether a new header would differ from the refused one. */
  challenged(header: string | undefined, refused: string | undefined): boolean;
}

type Mode =
  | { readonly is: 'unknown' }
  | { readonly is: 'open' }
  | { readonly is: 'basic' }
  | { readonly is: 'bearer'; readonly realm: string; readonly service: string | undefined };

/** Asks `/v2/` once which way in there is; then Basic, or tokens by scope until shortly before they end. */
export function createOciAuth(options: AuthOptions): OciAuth {
  const { clock, mask } = options;
  let mode: Mode = { is: 'unknown' };
  let asking: Promise<void> | undefined;
  let credential: Promise<Credential | undefined> | undefined;
  let tokens: Token[] = [];
  const fetching = new Map<string, Promise<Token>>();

  const known = (): Promise<Credential | undefined> => {
    credential ??= options.credential();
    // A login that failed once may be asked for again by the next request.
    credential.catch(() => {
      credential = undefined;
    });
    return credential;
  };

  const ask = async (): Promise<void> => {
    const { http, signal, origin } = options;
    const response = await http({ url: `${origin}/v2/`, signal });
    await readBody(response, 65_536).catch(() => undefined);
    // Any other answer tells nothing about the way in: the request itself will show.
    if (mode.is === 'unknown') mode = { is: 'open' };
    if (response.status === 401) adopt(response.headers['www-authenticate']);
  };

  const adopt = (header: string | undefined): void => {
    const challenges = parseChallenges(header ?? '');
    const bearer = challenges.find(({ scheme, params }) => scheme === 'bearer' && params.realm !== undefined);
    if (bearer !== undefined) mode = bearerOf(bearer);
    else if (challenges.some(({ scheme }) => scheme === 'basic')) mode = { is: 'basic' };
  };

  const token = async (realm: string, service: string | undefined, scopes: readonly TokenScope[]): Promise<Token> => {
    const fit = tokens.find((one) => one.renewAt > clock.now() && covers(one.scopes, scopes));
    if (fit !== undefined) return fit;
    const key = JSON.stringify(scopes);
    const running = fetching.get(key);
    if (running !== undefined) return running;
    const fetched = known()
      .then((who) => fetchToken({ ...options, realm, service, scopes, credential: who }))
      .then((one) => {
        tokens = [...tokens.filter((old) => old.renewAt > clock.now()), one];
        return one;
      })
      .catch((error: unknown) => {
        // Refused: whoever asks next asks with the login as it is by then.
        credential = undefined;
        throw error;
      })
      .finally(() => fetching.delete(key));
    fetching.set(key, fetched);
    return fetched;
  };

  return {
    header: async (scopes) => {
      if (mode.is === 'unknown') {
        asking ??= ask().finally(() => {
          asking = undefined;
        });
        await asking;
      }
      if (mode.is === 'bearer') return `Bearer ${(await token(mode.realm, mode.service, scopes)).value.reveal()}`;
      const who = mode.is === 'basic' ? await known() : undefined;
      if (who === undefined) return undefined;
      const basic = basicOf(who);
      mask(basic);
      return `Basic ${basic}`;
    },
    challenged: (header, refused) => {
      adopt(header);
      if (mode.is === 'bearer') {
        // Ended early or revoked: the same scopes get a fresh one.
        tokens = tokens.filter((one) => `Bearer ${one.value.reveal()}` !== refused);
        return true;
      }
      // The caller's credentials may have been renewed meanwhile. Requests that went out together without any are all
      // refused, and each has to be sent again, though only the first of them teaches the way in.
      credential = undefined;
      return mode.is === 'basic';
    },
  };
}

function bearerOf({ params }: Challenge): Mode {
  return { is: 'bearer', realm: params.realm ?? '', service: params.service };
}

function covers(had: readonly TokenScope[], wanted: readonly TokenScope[]): boolean {
  return wanted.every((want) =>
    had.some((has) => has.repository === want.repository && (has.access === 'push' || want.access === 'pull')),
  );
}
