import { createHash, randomUUID } from 'node:crypto';

/** The workflow run whose job asks for tokens. */
export interface Workflow {
  /** `owner/name`. */
  readonly repository: string;
  readonly repositoryId: number;
  readonly ownerId: number;
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/1/merge`. */
  readonly ref: string;
  readonly event: string;
  /** The job's deployment environment; it takes the ref's place in `sub`. */
  readonly environment?: string;
  /** `sub` as repositories created after 15 July 2026 have it: names with their ids. */
  readonly immutableSub: boolean;
  readonly runId: string;
  readonly actor: string;
}

export const defaultWorkflow: Workflow = {
  repository: 'acme/app-repo',
  repositoryId: 456,
  ownerId: 123,
  ref: 'refs/heads/main',
  event: 'push',
  immutableSub: false,
  runId: '17000000001',
  actor: 'octocat',
};

/** Seconds for which GitHub's job tokens are good. */
const tokenSeconds = 300;

/** The claims GitHub puts into a job's token. `now` in milliseconds. */
export function claimsOf(
  workflow: Workflow,
  about: { readonly issuer: string; readonly audience: string; readonly now: number },
): Record<string, unknown> {
  const [owner = ''] = workflow.repository.split('/');
  const file = `${workflow.repository}/.github/workflows/deliver.yml@${workflow.ref}`;
  const seconds = Math.floor(about.now / 1_000);
  return {
    jti: randomUUID(),
    sub: subOf(workflow),
    aud: about.audience,
    ref: workflow.ref,
    sha: createHash('sha1').update(workflow.runId).digest('hex'),
    repository: workflow.repository,
    repository_owner: owner,
    repository_owner_id: String(workflow.ownerId),
    repository_id: String(workflow.repositoryId),
    repository_visibility: 'private',
    run_id: workflow.runId,
    run_number: '1',
    run_attempt: '1',
    actor: workflow.actor,
    actor_id: '583231',
    workflow: 'deliver',
    workflow_ref: file,
    job_workflow_ref: file,
    head_ref: '',
    base_ref: '',
    event_name: workflow.event,
    ref_type: workflow.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    runner_environment: 'github-hosted',
    environment: workflow.environment,
    iss: about.issuer,
    nbf: seconds - 600,
    exp: seconds + tokenSeconds,
    iat: seconds,
  };
}

/** `sub` by GitHub's rules: an environment wins over the event, and `:` inside a value is written `%3A`. */
function subOf(workflow: Workflow): string {
  const [owner = '', name = ''] = workflow.repository.split('/');
  const repo = workflow.immutableSub
    ? `${owner}@${workflow.ownerId}/${name}@${workflow.repositoryId}`
    : workflow.repository;
  if (workflow.environment !== undefined) {
    return `repo:${repo}:environment:${workflow.environment.replaceAll(':', '%3A')}`;
  }
  if (workflow.event === 'pull_request') return `repo:${repo}:pull_request`;
  return `repo:${repo}:ref:${workflow.ref}`;
}

/** OpenID Connect discovery (§3), as far as a verifier reads it. */
export function discovery(issuer: string): Record<string, unknown> {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    claims_supported: Object.keys(claimsOf(defaultWorkflow, { issuer, audience: '', now: 0 })),
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  };
}
