import {
  type GitHub as Host,
  type GitHubOptions as HostOptions,
  startGitHub as startHost,
} from '../../../src/sandbox/github/github.ts';
import { type AppOptions, createInstalledApp, type InstalledApp } from './app.ts';
import { createDeployments, type Deployment } from './deployments.ts';
import { answerGraphql, type Repositories } from './graphql.ts';
import { answerRules, type BranchRules } from './rules.ts';

export interface GitHubOptions extends Omit<HostOptions, 'api'> {
  readonly app?: AppOptions;
  /** What the GraphQL API works on; without it, that isn't there. */
  readonly repositories?: Repositories;
  /** Rules of branches, as its API tells them to whoever has a token. */
  readonly rules?: BranchRules;
  /** The token that may write deployments. Without it there are none. */
  readonly deployments?: string;
}

/** The sandbox's GitHub, with the APIs that a delivery asks. */
export interface GitHub extends Host {
  readonly app: InstalledApp;
  readonly deployments: readonly Deployment[];
  /** `TAGBOAT_APP_ID` and `TAGBOAT_APP_PRIVATE_KEY` of the app. */
  readonly appEnv: Readonly<Record<string, string>>;
  /** Whether an installation token is good for a repository (`owner/name`) at this moment. */
  readonly accepts: (token: string, repository: string, access?: 'read' | 'write') => boolean;
}

/** Starts it on loopback, on a free port. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const { app: installed = {}, repositories, rules, deployments: token, ...own } = options;
  const app = await createInstalledApp(installed, own.clock ?? { now: Date.now });
  const deployments = token === undefined ? undefined : createDeployments(token);
  const host = await startHost({
    ...own,
    api: (request, rest) => {
      const ruled = rules && answerRules(request, rules, rest);
      if (ruled !== undefined) return ruled;
      if (rest === undefined) return repositories && answerGraphql(request, repositories);
      return deployments?.answer(request, rest) ?? app.answer(request, rest);
    },
  });
  return {
    ...host,
    app,
    deployments: deployments?.all ?? [],
    appEnv: { TAGBOAT_APP_ID: app.id, TAGBOAT_APP_PRIVATE_KEY: app.privateKey },
    accepts: (given, repository, access = 'write') => app.accepts(given, repository, access),
  };
}
