import { randomBytes } from 'node:crypto';
import type { Clock } from '../../wire/world.ts';
import { type Api, type ApiAnswer, type ApiFault, type ApiRequest, json, serveApi } from '../api.ts';
import { signingKeyOf, signJwt } from '../jwt.ts';
import { type AppOptions, createInstalledApp, type InstalledApp } from './app.ts';
import { createDeployments, type Deployment } from './deployments.ts';
import { answerGraphql, type Repositories } from './graphql.ts';
import { claimsOf, defaultWorkflow, discovery, type Workflow } from './oidc.ts';
import { answerRules, type BranchRules } from './rules.ts';

export interface GitHubOptions {
  /** The workflow run that asks for tokens; what isn't given is a push to `main` of `acme/app-repo`. */
  readonly workflow?: Partial<Workflow>;
  readonly app?: AppOptions;
  /** What the GraphQL API works on; without it, that isn't there. */
  readonly repositories?: Repositories;
  readonly clock?: Pick<Clock, 'now'>;
  readonly fault?: ApiFault;
  /** Rules of branches, as its API tells them to whoever has a token. */
  readonly rules?: BranchRules;
  /** The token that may write deployments. Without it there are none. */
  readonly deployments?: string;
}

/** GitHub as a job sees it: the OIDC token endpoint, the issuer that verifiers ask, and the App API. */
export interface GitHub extends Api {
  /** The tokens' `iss`. */
  readonly issuer: string;
  /** Base of the REST API, as in `GITHUB_API_URL`. */
  readonly apiUrl: string;
  readonly workflow: Workflow;
  readonly app: InstalledApp;
  readonly deployments: readonly Deployment[];
  /** The variables of a job with `permissions: id-token: write`. `GITHUB_SERVER_URL` is the git host's to give. */
  readonly env: Readonly<Record<string, string>>;
  /** `TAGBOAT_APP_ID` and `TAGBOAT_APP_PRIVATE_KEY` of the app. */
  readonly appEnv: Readonly<Record<string, string>>;
  /** A token as the endpoint gives it, with some claims changed (undefined takes one out). */
  readonly idToken: (audience: string, changed?: Readonly<Record<string, unknown>>) => string;
  /** Whether an installation token is good for a repository (`owner/name`) at this moment. */
  readonly accepts: (token: string, repository: string, access?: 'read' | 'write') => boolean;
}

const apiBase = '/api/v3';
const graphqlPath = '/api/graphql';
const tokenPath = '/_apis/pipelines/jobs/1/idtoken';

/** Starts it on loopback, on a free port. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const clock = options.clock ?? { now: Date.now };
  const workflow: Workflow = { ...defaultWorkflow, ...options.workflow };
  const [app, key] = await Promise.all([createInstalledApp(options.app ?? {}, clock), signingKeyOf('issuer')]);
  // The runner's own token for this endpoint: a JWT in reality, opaque to whoever sends it.
  const requestToken = randomBytes(48).toString('base64url');
  const deployments = options.deployments === undefined ? undefined : createDeployments(options.deployments);
  let issuer = '';

  const idToken = (audience: string, changed: Readonly<Record<string, unknown>> = {}) =>
    signJwt(key, { ...claimsOf(workflow, { issuer, audience, now: clock.now() }), ...changed });

  const api = await serveApi((request) => {
    if (request.path === '/.well-known/openid-configuration') return json(200, discovery(issuer));
    if (request.path === '/.well-known/jwks') return json(200, { keys: [key.jwk] });
    if (request.path === tokenPath) return answerToken(request);
    const ruled = options.rules && answerRules(request, options.rules, apiBase, graphqlPath);
    if (ruled !== undefined) return ruled;
    if (request.path === graphqlPath && options.repositories !== undefined) {
      return answerGraphql(request, options.repositories);
    }
    const deployed = deployments?.answer(request, request.path.slice(apiBase.length));
    if (deployed !== undefined) return deployed;
    if (request.path.startsWith(`${apiBase}/`)) return app.answer(request, request.path.slice(apiBase.length));
    return json(404, { message: 'Not Found' });
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
    app,
    deployments: deployments?.all ?? [],
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
    appEnv: { TAGBOAT_APP_ID: app.id, TAGBOAT_APP_PRIVATE_KEY: app.privateKey },
    idToken,
    accepts: (token, repository, access = 'write') => app.accepts(token, repository, access),
  };
}
