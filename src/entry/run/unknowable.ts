import type { ErrorCode, ErrorReport } from '../../errors.ts';
import type { Source } from '../../plan.ts';
import type { Env } from '../../wire/world.ts';
import { isJob } from './source/ci.ts';

// What is there in a job and not on the machine of whoever only wants to look.
const ofJobs: readonly ErrorCode[] = [
  'OIDC_UNAVAILABLE',
  'AWS_CREDENTIALS_MISSING',
  'GHCR_TOKEN_MISSING',
  'DOCKER_LOGIN_MISSING',
  'REGISTRY_LOGIN_INCOMPLETE',
  'GOOGLE_CREDENTIALS_UNUSABLE',
  'ARGOCD_TOKEN_MISSING',
  'WEBHOOK_SECRET_MISSING',
  'KUBECONFIG_UNUSABLE',
];

// What hosts say to those who have no secret, or the wrong one.
const ofSecrets: readonly ErrorCode[] = [
  'GIT_AUTH_REFUSED',
  'GIT_FORBIDDEN',
  'REPO_NOT_FOUND',
  'VIA_GITHUB_IMPOSSIBLE',
  'PULL_REQUEST_IMPOSSIBLE',
  'REGISTRY_AUTH_REFUSED',
  'REGISTRY_FORBIDDEN',
  'AWS_ROLE_REFUSED',
  'OIDC_REFUSED',
  'ARGOCD_AUTH_REFUSED',
  'ARGOCD_FORBIDDEN',
];

/** Whether a job has none of our secrets: of a fork's pull request, and of one by GitHub's Dependabot. */
export function lacksSecrets(env: Env, source: Source | undefined): boolean {
  if (source?.pullRequest?.foreign === true) return true;
  return env.GITHUB_ACTOR === 'dependabot[bot]' && isProposal(env, source);
}

/** Whether a job is about a proposal: it looks, with rights to look, and what is merged is shipped by another. */
export function isProposal({ GITHUB_EVENT_NAME: event }: Env, source: Source | undefined): boolean {
  // Some build a branch of our own as that, and tell of its pull request besides.
  const isOne = source?.pullRequest !== undefined && source.branch === undefined;
  return isOne || event?.startsWith('pull_request') === true;
}

/** Whether an error only says that this machine, or a job about a proposal, hasn't what the delivering job has. */
export function isUnknowable(error: ErrorReport, env: Env, source: Source | undefined): boolean {
  // Elsewhere one that is missing is missing for ship too.
  const proposal = isProposal(env, source);
  if (proposal && error.code === 'BUILD_SECRET_MISSING') return true;
  if (lacksSecrets(env, source) && ofSecrets.includes(error.code as ErrorCode)) return true;
  return (!isJob(env) || proposal) && ofJobs.includes(error.code as ErrorCode);
}
