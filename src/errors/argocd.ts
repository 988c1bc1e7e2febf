import { entry, exitCodes, proxyEntry } from './codes.ts';

const { config, credentials, unhealthy, timedOut } = exitCodes;

export interface AtArgoCd {
  /** Its API's URL. */
  readonly server: string;
}

export interface OfApplication {
  readonly application: string;
  readonly commit: string;
  readonly why: string;
}

const commitOf = ({ commit }: OfApplication) => commit.slice(0, 7);

/** What Argo CD refuses, lacks or gets wrong, and verdicts that end a run. */
export const argocdErrors = {
  ARGOCD_TOKEN_MISSING: entry<AtArgoCd>(
    credentials,
    ({ server }) => `${server} wants a token, and ARGOCD_AUTH_TOKEN is not set.`,
    "Set ARGOCD_AUTH_TOKEN to a token with `applications, get` (a project role's will do), or use `auth: oidc` in Actions.",
  ),
  ARGOCD_AUTH_REFUSED: entry<AtArgoCd & { with: string }>(
    credentials,
    ({ server, with: label }) => `${server} doesn't accept ${label} (401).`,
    ({ with: label }) => `Check that ${label} is whole, is for this Argo CD, and hasn't ended or been revoked.`,
  ),
  ARGOCD_FORBIDDEN: entry<AtArgoCd & { with: string; application: string | undefined; doing: 'get' | 'sync' }>(
    credentials,
    ({ server, with: label, application, doing }) =>
      `${label} may not ${doing} ${application ?? 'applications'} at ${server}${doing === 'get' ? ', or there is no such application' : ''} (403).`,
    ({ doing, application }) =>
      `Give it the right in Argo CD's RBAC: \`p, <role>, applications, ${doing}, <project>/${application ?? '*'}, allow\`.` +
      (doing === 'get' ? ' With `project:` beside the name, Argo CD tells missing from hidden.' : ''),
  ),
  ARGOCD_EXCHANGE_REFUSED: entry<
    AtArgoCd & { connector: string; sub: string; aud: string; status: number | undefined }
  >(
    credentials,
    ({ server, sub, aud }) => `Dex at ${server} gave no token for this job (sub ${sub}, aud ${aud}).`,
    ({ connector, aud }) =>
      `Its configuration needs a connector \`id: ${connector}\` of type oidc with issuer https://token.actions.githubusercontent.com, ` +
      `userNameKey sub, and the audience ${aud} among those it takes (argo-cd docs, "CI/CD Pipeline Authentication").`,
  ),
  ARGOCD_UNREACHABLE: entry<AtArgoCd>(
    unhealthy,
    ({ server }) => `${server} can't be reached.`,
    'Check argocd.server, the network and the proxy variables. Run `tagboat wait` once it is back: nothing is written twice.',
  ),
  ARGOCD_PROXY_REFUSED: proxyEntry<AtArgoCd>(unhealthy, ({ server }) => server),
  ARGOCD_UNTRUSTED: entry<AtArgoCd>(
    unhealthy,
    ({ server }) => `The certificate of ${server} isn't trusted.`,
    "Name your own CA's PEM file as argocd.ca; `insecure: true` takes any certificate.",
  ),
  ARGOCD_TIMEOUT: entry<AtArgoCd>(
    timedOut,
    ({ server }) => `${server} was asked and stayed silent.`,
    "Look at Argo CD's API server; run `tagboat wait` once it answers.",
  ),
  ARGOCD_CUT: entry<AtArgoCd>(
    unhealthy,
    ({ server }) => `The connection to ${server} ended too early, again and again.`,
    'Look for a proxy or load balancer on the way that limits time; then run `tagboat wait`.',
  ),
  ARGOCD_MALFORMED: entry<AtArgoCd & { what: string }>(
    unhealthy,
    ({ server, what }) => `${server} doesn't answer as Argo CD does: ${what}.`,
    'Check argocd.server (with https:// and the path it is served under), and whether a login page answers in its place.',
  ),
  ARGOCD_SERVER_ERROR: entry<AtArgoCd & { status: number }>(
    unhealthy,
    ({ server, status }) => `${server} has a fault of its own (${status}), also when asked again.`,
    'Its own words and the log of argocd-server say more.',
  ),
  ARGOCD_REFUSED: entry<AtArgoCd & { status: number; doing: string }>(
    unhealthy,
    ({ server, status, doing }) => `${server} refused to ${doing} (${status}).`,
    'Its own words say why.',
  ),
  WEBHOOK_SECRET_MISSING: entry<{ variable: string }>(
    credentials,
    ({ variable }) => `Argo CD is to be told by a signed webhook, and ${variable} is not set.`,
    ({ variable }) => `Set ${variable} to Argo CD's webhook secret, or leave out argocd.webhookSecret.`,
  ),
  KUBECONFIG_UNUSABLE: entry<{ file: string; why: string }>(
    credentials,
    ({ file, why }) => `${file} gives no way into a cluster: ${why}.`,
    "Set KUBECONFIG to a file with a token or a client certificate, or use `auth: token` with Argo CD's API.",
  ),
  APPLICATION_NOT_FOUND: entry<AtArgoCd & { application: string; nearest: string | undefined }>(
    config,
    ({ server, application }) =>
      `There is no application ${application} at ${server}, or it is hidden from this token.`,
    ({ nearest }) =>
      nearest === undefined ? 'Check its name, namespace and project in tagboat.yaml.' : `Did you mean ${nearest}?`,
  ),
  APPLICATION_FOLLOWS_OTHER: entry<{ application: string; repo: string; branch: string; follows: string }>(
    config,
    ({ application, repo, branch, follows }) =>
      `${application} doesn't follow ${branch} of ${repo}: it follows ${follows}.`,
    'Name the application that follows what is delivered, or correct its source in Argo CD.',
  ),
  APPLICATIONS_NONE_FOLLOW: entry<AtArgoCd & { repo: string; branch: string; seen: number }>(
    config,
    ({ server, repo, branch, seen }) =>
      `None of the ${seen} applications seen at ${server} follows ${branch} of ${repo} and one of the files set.`,
    'Name the application (`application: NAME`), and check that the token may see it.',
  ),
  APPLICATION_DEGRADED: entry<OfApplication>(
    unhealthy,
    (data) => `${data.application} is degraded with ${commitOf(data)}: ${data.why}.`,
    'The reason stands above. Mend it with a new commit, or go back: `tagboat rollback`.',
  ),
  APPLICATION_IMAGE_ABSENT: entry<OfApplication>(
    unhealthy,
    (data) => `${data.application} is healthy with ${commitOf(data)}, and runs none of this run's images: ${data.why}.`,
    "Look at the values that are set and at what the application makes of them; without `strict: true` it's told, no more.",
  ),
  APPLICATION_SYNC_FAILED: entry<OfApplication>(
    unhealthy,
    (data) => `${data.application} could not be synced to ${commitOf(data)}: ${data.why}.`,
    "Argo CD doesn't try the same commit again by itself. Mend it with a new commit, or go back: `tagboat rollback`.",
  ),
  APPLICATION_TIMED_OUT: entry<OfApplication & { seconds: number }>(
    timedOut,
    (data) => `${data.application} didn't get to ${commitOf(data)} in ${data.seconds} s: ${data.why}.`,
    '`tagboat wait` goes on waiting; --timeout or argocd.timeout gives it longer.',
  ),
  APPLICATION_UNKNOWN: entry<OfApplication>(
    unhealthy,
    (data) => `Nobody can say whether ${data.application} is well with ${commitOf(data)}: ${data.why}.`,
    'Look at the application in Argo CD; `tagboat wait` asks again.',
  ),
} as const;
