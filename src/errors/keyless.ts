import { entry, exitCodes } from './codes.ts';

const { credentials } = exitCodes;

/** What a job's token is wanted for. */
export type TokenUse = 'aws' | 'google' | 'azure' | 'argocd' | 'signing';

const tokenUses: Readonly<Record<TokenUse, { readonly who: string; readonly elsewhere: string }>> = {
  aws: { who: 'AWS', elsewhere: 'Or leave out aws.role: the usual AWS credentials are used then.' },
  google: { who: 'Google', elsewhere: 'Or leave out `google`: application default credentials are used then.' },
  azure: { who: 'Azure', elsewhere: 'Or leave out `azure`, and run `az acr login` before.' },
  argocd: { who: 'Argo CD', elsewhere: 'Or use `auth: token` with ARGOCD_AUTH_TOKEN.' },
  signing: { who: 'Signing', elsewhere: 'Without one images are not signed by a job: leave out `sign`.' },
};

/** A token that a cloud refused, by its own code. */
export interface TokenRefused {
  readonly code: string;
  readonly issuer: string;
  readonly sub: string;
  readonly aud: string;
}

export interface GoogleRefused extends TokenRefused {
  readonly provider: string;
  readonly serviceAccount: string | undefined;
  readonly others: Readonly<Record<string, string>> | undefined;
  /** The service account refused it, after the provider had accepted it. */
  readonly byAccount: boolean;
}

export interface AzureRefused extends TokenRefused {
  readonly clientId: string;
  readonly tenantId: string;
}

/** What Google's token service and its service accounts accept this job by, as gcloud sets it. */
function googleHint({ code, provider, serviceAccount, issuer, sub, aud, others, byAccount }: GoogleRefused): string {
  const pool = provider.replace(/\/providers\/.*$/, '');
  const [, project = 'PROJECT', poolId = 'POOL', id = 'PROVIDER'] =
    /^projects\/(\d+)\/.*\/(.+)\/providers\/(.+)$/.exec(provider) ?? [];
  if (byAccount) {
    return [
      `The provider accepted it, and ${serviceAccount} doesn't let it in. This does:`,
      `gcloud iam service-accounts add-iam-policy-binding ${serviceAccount} --role roles/iam.workloadIdentityUser \\`,
      `  --member "principal://iam.googleapis.com/${pool}/subject/${sub}"`,
      'The IAM Service Account Credentials API must be enabled in its project.',
    ].join('\n');
  }
  const update = `gcloud iam workload-identity-pools providers update-oidc ${id} --workload-identity-pool ${poolId} --location global --project ${project}`;
  const claims = Object.entries({ sub, ...others }).map(([name, value]) => `  assertion.${name} == '${value}'`);
  const condition = [
    "The provider's attribute condition may ask for these, all of which are true of this job:",
    ...claims,
  ];
  const audience = `It must be for the issuer ${issuer} and accept the audience ${aud}:\n${update} \\\n  --issuer-uri ${issuer} --allowed-audiences ${aud}`;
  if (code === 'unauthorized_client') return [...condition, `${update} --attribute-condition "…"`].join('\n');
  if (code === 'invalid_request' || code === 'invalid_target')
    return `There must be such a provider, neither deleted nor disabled: ${provider}. ${audience}`;
  return [audience, ...condition].join('\n');
}

/** What Entra's numbers say of a federated credential (learn.microsoft.com, "Microsoft Entra error codes"). Others get the credential too. */
function azureHint({ code, clientId, tenantId, issuer, sub, aud }: AzureRefused): string {
  if (code === 'AADSTS700016' || code === 'AADSTS90002')
    return `There must be an application ${clientId} in the directory ${tenantId}: correct azure.clientId or azure.tenantId.`;
  if (code === 'AADSTS700024' || code === 'AADSTS700082')
    return "The job's token had ended when Azure saw it: check this machine's clock, then run again.";
  const credential = JSON.stringify({ name: 'tagboat', issuer, subject: sub, audiences: [aud] });
  return [
    'The application needs a federated credential with just these words, in the same case of letters. This makes it:',
    `az ad app federated-credential create --id ${clientId} --parameters '${credential}'`,
  ].join('\n');
}

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
  GOOGLE_TOKEN_REFUSED: entry<GoogleRefused>(
    credentials,
    ({ code, provider, serviceAccount, byAccount, sub, aud }) =>
      `Google refused this job's token (${code}) at ${byAccount ? serviceAccount : provider}. It says sub "${sub}", aud "${aud}".`,
    googleHint,
  ),
  GOOGLE_CREDENTIALS_UNUSABLE: entry<{ file: string; why: string }>(
    credentials,
    ({ file, why }) => `Google's application default credentials can't be used: ${why} (${file}).`,
    'Set `google` in tagboat.yaml and let the job have an OIDC token, or run `gcloud auth application-default login`, or name another file in GOOGLE_APPLICATION_CREDENTIALS.',
  ),
  AZURE_TOKEN_REFUSED: entry<AzureRefused>(
    credentials,
    ({ code, clientId, issuer, sub, aud }) =>
      `Azure refused this job's token for ${clientId} (${code}). It says iss "${issuer}", sub "${sub}", aud "${aud}".`,
    azureHint,
  ),
  ACR_LOGIN_REFUSED: entry<{ host: string; code: string; clientId: string }>(
    credentials,
    ({ host, code, clientId }) => `${host} refused ${clientId} a login (${code}).`,
    ({ host, clientId }) =>
      `Give it the right to push: az role assignment create --assignee ${clientId} --role AcrPush --scope "$(az acr show --name ${host.split('.')[0]} --query id --output tsv)"`,
  ),
  CLOUD_UNREACHABLE: entry<{ cloud: 'Google' | 'Azure'; url: string; why: string }>(
    credentials,
    ({ cloud, why }) => `${cloud} gave no usable answer: ${why}.`,
    ({ url }) => `Run again. If it stays, check the way from here to ${url} (proxy, firewall).`,
  ),
} as const;
