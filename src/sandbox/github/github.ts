import { randomBytes } from 'node:crypto';
import type { Clock } from '../../wire/world.ts';
import { type Api, type ApiAnswer, type ApiFault, type ApiRequest, json, serveApi } from '../api.ts';
import { signingKeyOf, signJwt } from '../jwt.ts';
import { claimsOf, defaultWorkflow, discovery, type Workflow } from './oidc.ts';

/** What answers for its APIs. `rest`: the path below `GITHUB_API_URL`; undefined: the request is for GraphQL. */
export type GitHubApi = (
  request: ApiRequest,
  rest: string | undefined,
) => ApiAnswer | undefined | Promise<ApiAnswer | undefined>;

export interface GitHubOptions {
  /** The workflow run that asks for tokens; what isn't given is a push to `main` of `acme/app-repo`. */
  readonly workflow?: Partial<Workflow>;
  readonly clock?: Pick<Clock, 'now'>;
  readonly fault?: ApiFault;
  /** Its APIs. Without them, nobody is let in there. */
  readonly api?: GitHubApi;
}

/** GitHub as a job sees it: the OIDC token endpoint, and the issuer that verifiers ask. */
export interface GitHub extends Api {
  /** The tokens' `iss`. */
  readonly issuer: string;
  /** Base of the REST API, as in `GITHUB_API_URL`. */
  readonly apiUrl: string;
  readonly workflow: Workflow;
  /** The variables of a job with `permissions: id-token: write`. `GITHUB_SERVER_URL` is the git host's to give. */
  readonly env: Readonly<Record<string, string>>;
  /** A token as the endpoint gives it, with some claims changed (undefined takes one out). */
  readonly idToken: (audience: string, changed?: Readonly<Record<string, unknown>>) => string;
}

const apiBase = '/api/v3';
const graphqlPath = '/api/graphql';
const tokenPath = '/_apis/pipelines/jobs/1/idtoken';

/** Starts it on loopback, on a free port. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const clock = options.clock ?? { now: Date.now };
  const workflow: Workflow = { ...defaultWorkflow, ...options.workflow };
  const key = await signingKeyOf('issuer');
  // The runner's own token for this endpoint: a JWT in reality, opaque to whoever sends it.
  const requestToken = randomBytes(48).toString('base64url');
  let issuer = '';

  const idToken = (audience: string, changed: Readonly<Record<string, unknown>> = {}) =>
    signJwt(key, { ...claimsOf(workflow, { issuer, audience, now: clock.now() }), ...changed });

  const api = await serveApi(async (request) => {
    if (request.path === '/.well-known/openid-configuration') return json(200, discovery(issuer));
    if (request.path === '/.well-known/jwks') return json(200, { keys: [key.jwk] });
    if (request.path === tokenPath) return answerToken(request);
    const rest = request.path.startsWith(`${apiBase}/`) ? request.path.slice(apiBase.length) : undefined;
    const answer = rest !== undefined || request.path === graphqlPath ? await options.api?.(request, rest) : undefined;
    if (answer !== undefined) return answer;
    return rest === undefined ? json(404, { message: 'Not Found' }) : json(401, { message: 'Requires authentication' });
  }, options.fault);
  issuer = api.url;

  function answerToken(request: ApiRequest): ApiAnswer {
    if (request.headers.authorization?.replace(/^bearer /i, '') !== requestToken) {
      return json(401, { message: 'The request token is missing or wrong.' });
    }
    const [owner = ''] = workflow.repository.split('/');
    const value = idToken(request.query.get('audience') ?? `https://github.com/${owner}`);
    return json(200, { count: value.length, value });
  }

  return {
    ...api,
    issuer,
    apiUrl: `${api.url}${apiBase}`,
    workflow,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${api.url}${tokenPath}?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: workflow.actor,
      GITHUB_API_URL: `${api.url}${apiBase}`,
      GITHUB_GRAPHQL_URL: `${api.url}${graphqlPath}`,
      GITHUB_EVENT_NAME: workflow.event,
      GITHUB_REF: workflow.ref,
      GITHUB_REPOSITORY: workflow.repository,
      GITHUB_RUN_ID: workflow.runId,
    },
    idToken,
  };
}
