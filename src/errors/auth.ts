import { entry, exitCodes } from './codes.ts';
import type { TokenRefused } from './keyless.ts';

const { config, credentials } = exitCodes;

/** `code`: AWS's, without `Exception`. */
export interface RoleRefused extends TokenRefused {
  readonly role: string;
  readonly region: string;
  readonly seconds: number;
  /** A trust policy that would accept the token, as JSON. */
  readonly policy: string;
  readonly notes: readonly string[];
}

/** What to do about each of STS's refusals. Any other code gets the trust policy, which is the usual cause. */
const roleHints: Readonly<Record<string, (data: RoleRefused) => string>> = {
  InvalidIdentityToken: ({ issuer, aud }) =>
    `The role's account must have an IAM OIDC provider for ${issuer} with the client id ${aud}. Make it with: ` +
    `aws iam create-open-id-connect-provider --url ${issuer} --client-id-list ${aud}`,
  ExpiredToken: () => "The token had ended when AWS saw it: check this machine's clock, then run again.",
  RegionDisabled: ({ region }) =>
    `STS is not activated in ${region} for that account: activate the region there, or set aws.region to one that is.`,
  ValidationError: ({ seconds }) =>
    `Usually aws.sessionSeconds (${seconds}) is more than the role's maximum session duration, or aws.role is ` +
    'mistyped: lower the one or correct the other.',
  IDPCommunicationError: ({ issuer }) =>
    `AWS could not fetch the keys of ${issuer}. Run again; if it stays, make that address reachable from the internet.`,
  IDPRejectedClaim: ({ issuer }) => `${issuer} no longer stands by the token: run the job again for a new one.`,
};

/** Credentials: getting them and having them refused. */
export const authErrors = {
  AWS_REGION_MISSING: entry<{ host: string }>(
    config,
    ({ host }) => `The AWS region for ${host} is not known: its name doesn't tell, and nothing sets it.`,
    'Set aws.region in tagboat.yaml, or AWS_REGION.',
  ),
  AWS_ROLE_REFUSED: entry<RoleRefused>(
    credentials,
    ({ role, code, sub, aud }) =>
      `AWS refused ${role} to this job (${code}). The token says sub "${sub}", aud "${aud}".`,
    (data) => {
      const special = roleHints[data.code];
      if (special !== undefined) return special(data);
      return [
        "Either there is no such role, or its trust policy doesn't accept this job. This one would:",
        data.policy,
        ...data.notes,
      ].join('\n');
    },
  ),
  AWS_CREDENTIALS_MISSING: entry<{ host: string }>(
    credentials,
    ({ host }) => `No AWS credentials were found for ${host}.`,
    'Set aws.role in tagboat.yaml and `id-token: write` in the job, or give AWS credentials the usual way ' +
      '(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, the instance).',
  ),
  AWS_UNREACHABLE: entry<{ service: 'STS' | 'ECR'; url: string; why: string }>(
    credentials,
    ({ service, why }) => `AWS ${service} gave no usable answer: ${why}.`,
    ({ url }) => `Run again. If it stays, check the way from here to ${url} (proxy, firewall, AWS_ENDPOINT_URL_*).`,
  ),
  ECR_TOKEN_REFUSED: entry<{
    host: string;
    region: string;
    code: string;
    /** The role, or undefined for what the ordinary credential chain found. */
    identity: string | undefined;
    /** It's about the key itself rather than about what it may do. */
    badKey: boolean;
    policy: string;
  }>(
    credentials,
    ({ host, code, identity }) =>
      `ECR refused a login to ${host} (${code}) for ${identity ?? 'the AWS credentials found here'}.`,
    ({ badKey, region, policy }) =>
      badKey
        ? `AWS doesn't know these keys in ${region}, or they have ended: get fresh ones.`
        : `Attach at least this to it:\n${policy}\nand the push actions on its repositories.`,
  ),
  ECR_PUBLIC_UNSUPPORTED: entry<{ host: string }>(
    config,
    ({ host }) => `${host} is ECR Public, another service than ECR, and \`login: ecr\` doesn't reach it.`,
    ({ host }) =>
      `Run \`aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${host}\` ` +
      'first, and set `login: docker`.',
  ),
  GHCR_TOKEN_MISSING: entry<{ host: string; inActions: boolean }>(
    credentials,
    ({ host }) => `${host} needs GITHUB_TOKEN, which is not set.`,
    ({ inActions }) =>
      inActions
        ? // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the workflow's own syntax
          'Give the step `env: GITHUB_TOKEN: ${{ github.token }}`, and the job `permissions:` with `packages: write`.'
        : 'Set GITHUB_TOKEN to a token with write:packages, or `docker login ghcr.io` and set `login: docker`.',
  ),
  TOKEN_ELSEWHERE: entry<{ label: string; host: string; why: 'host' | 'http'; hint: string }>(
    config,
    ({ label, host, why }) =>
      why === 'host'
        ? `${label} is not for ${host}, so it is not sent there.`
        : `${host} is reached by plain http, where everybody on the way could read ${label}.`,
    ({ hint }) => hint,
  ),
  DOCKER_CONFIG_INVALID: entry<{ file: string; why: string }>(
    credentials,
    ({ file, why }) => `Docker's config file can't be used: ${why} (${file}).`,
    'Mend the file, or move it away and run `docker login` again.',
  ),
  DOCKER_LOGIN_MISSING: entry<{ host: string; looked: readonly string[] }>(
    credentials,
    ({ host, looked }) =>
      `There is no login for ${host} (looked in ${looked.join(', ') || 'nothing: neither DOCKER_CONFIG nor HOME is set'}).`,
    ({ host }) =>
      `Run \`docker login ${host}\` first, or give TAGBOAT_REGISTRY_HOST, _USER and _PASSWORD, or set \`login: anonymous\` if it needs none.`,
  ),
  REGISTRY_LOGIN_INCOMPLETE: entry<{ missing: string; given: readonly string[]; host: string }>(
    credentials,
    ({ missing, given, host }) =>
      `The login for ${host} is incomplete: there is ${given.join(' and ')}, and no ${missing}.`,
    ({ missing }) =>
      `Set ${missing} too, or none of them. A secret that isn't visible to this job comes as empty; TAGBOAT_REGISTRY_HOST lists the hosts that get the login.`,
  ),
  CREDENTIAL_HELPER_FAILED: entry<{ program: string; host: string; why: 'missing' | 'failed' | 'unusable' }>(
    credentials,
    ({ program, host, why }) =>
      ({
        missing: `Docker's config names ${program} for ${host}, and there is no such program.`,
        failed: `${program} gave no login for ${host}.`,
        unusable: `${program} answered for ${host} with something that is no login.`,
      })[why],
    ({ program, why }) =>
      why === 'missing'
        ? `Install ${program} so that PATH finds it, or take it out of Docker's config.`
        : `Try it by hand: \`echo HOST | ${program} get\`.`,
  ),
  GIT_PLAIN_HTTP: entry<{ repo: string; host: string; with: string }>(
    config,
    ({ repo, with: label }) => `${repo} is reached by plain http, where everybody on the way could read ${label}.`,
    ({ host }) =>
      `Use its https URL. To send tokens to that host unencrypted all the same, set TAGBOAT_GIT_INSECURE=${host}.`,
  ),
  GITHUB_APP_INCOMPLETE: entry<{ missing: string }>(
    credentials,
    ({ missing }) => `A GitHub App needs TAGBOAT_APP_ID and TAGBOAT_APP_PRIVATE_KEY; ${missing} is not set.`,
    ({ missing }) => `Set ${missing} too, or neither. A secret that isn't visible to this job comes as empty.`,
  ),
  GITHUB_APP_KEY_INVALID: entry<{ app: string }>(
    credentials,
    ({ app }) => `TAGBOAT_APP_PRIVATE_KEY of GitHub App ${app} is no RSA private key.`,
    'Use the whole .pem file that GitHub gave, from -----BEGIN to -----END: as it is, with \\n for its line ends, or in base64.',
  ),
  GITHUB_APP_REFUSED: entry<{ app: string; api: string; repo: string }>(
    credentials,
    ({ app, api, repo }) => `${api} refused GitHub App ${app} a token for ${repo}.`,
    "Check that the App's id and private key belong together, and that the App exists there and isn't suspended.",
  ),
  GITHUB_APP_NOT_INSTALLED: entry<{ app: string; api: string; repo: string; page: string | undefined }>(
    credentials,
    ({ app, repo }) => `GitHub App ${app} is not installed on ${repo}, or there is no such repository.`,
    ({ page, repo }) =>
      `Install it${page === undefined ? '' : ` at ${page}/installations/new`} and let it reach ${repo}; or correct the repository's URL.`,
  ),
  GITHUB_APP_PERMISSION: entry<{ app: string; repo: string; granted: string | undefined }>(
    credentials,
    ({ app, repo, granted }) =>
      `GitHub App ${app} may not write the contents of ${repo} (it has ${granted === undefined ? 'no access to them' : `"${granted}"`}).`,
    "Give the App `Contents: Read and write` in its settings, then accept the new permission in the installation's.",
  ),
  GITHUB_REPO_MOVED: entry<{ repo: string }>(
    credentials,
    ({ repo }) => `${repo} has another name or owner now.`,
    "Write the repository's new URL.",
  ),
  GITHUB_UNREACHABLE: entry<{ app: string; api: string; repo: string; why: string }>(
    credentials,
    ({ repo, why }) => `GitHub gave no usable answer to the request for a token for ${repo}: ${why}.`,
    ({ api }) => `Run again. If it stays, check the way from here to ${api} (proxy, firewall, GITHUB_API_URL).`,
  ),
} as const;
