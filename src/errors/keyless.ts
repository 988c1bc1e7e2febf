import { entry, exitCodes } from './codes.ts';

const { credentials } = exitCodes;

/** What a job's token is wanted for. */
export type TokenUse = 'aws' | 'argocd' | 'signing';

const tokenUses: Readonly<Record<TokenUse, { readonly who: string; readonly elsewhere: string }>> = {
  aws: { who: 'AWS', elsewhere: 'Or leave out aws.role: the usual AWS credentials are used then.' },
  argocd: { who: 'Argo CD', elsewhere: 'Or use `auth: token` with ARGOCD_AUTH_TOKEN.' },
  signing: { who: 'Signing', elsewhere: 'Without one images are not signed by a job: leave out `sign`.' },
};

/** A job's own identity: getting its token, and having it refused. */
export const keylessErrors = {
  OIDC_UNAVAILABLE: entry<{ inActions: boolean; event: string | undefined; wanted: TokenUse }>(
    credentials,
    ({ wanted, inActions }) =>
      `${tokenUses[wanted].who} needs an OIDC token of this job, and ` +
      (inActions
        ? 'the job may not ask for one: ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set.'
        : 'there is none.'),
    ({ inActions, event, wanted }) => {
      if (!inActions) {
        return (
          'Give one in TAGBOAT_ID_TOKEN (a GitLab job by `id_tokens:`), or its file in TAGBOAT_ID_TOKEN_FILE. ' +
          tokenUses[wanted].elsewhere
        );
      }
      const lines = 'Add to the job: `permissions:` with `id-token: write` (and `contents: read` for the checkout).';
      const fork = ' Pull requests from forks never get one: deliver on push.';
      return event?.startsWith('pull_request') ? lines + fork : `${lines}${fork}`;
    },
  ),
  OIDC_REFUSED: entry<{ host: string; why: string }>(
    credentials,
    ({ host, why }) => `There was no OIDC token to be had: ${why} (asked at ${host}).`,
    ({ host }) =>
      'Run the job again; tokens for it are only given while the job runs.' +
      (host === 'buildkite-agent' ? '' : ' See githubstatus.com if it stays.'),
  ),
  OIDC_TOKEN_UNUSABLE: entry<{ from: string; why: string }>(
    credentials,
    ({ from, why }) => `The OIDC token of ${from} can't be used: ${why}.`,
    () =>
      "Run the job again for a new one; a long job needs a token that lives as long as it does. Check this machine's clock too.",
  ),
  OIDC_AUDIENCE_OTHER: entry<{ audience: string; aud: string; from: string; wanted: TokenUse }>(
    credentials,
    ({ audience, aud, from }) => `${from} is a token for ${aud}, and one for ${audience} is needed.`,
    ({ audience, aud, wanted }) => {
      const made = `Have it made for ${audience}: in .gitlab-ci.yml \`id_tokens: { TAGBOAT_ID_TOKEN: { aud: ${audience} } }\`.`;
      if (wanted === 'argocd' || wanted === 'signing') return made;
      return `${made} Where the CI decides for whom, set ${wanted}.audience to ${aud} and let the cloud accept that.`;
    },
  ),
} as const;
