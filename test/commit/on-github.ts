import { onTestFinished } from 'vitest';
import type { GitCredential } from '../../src/plan.ts';
import { type ApiAnswer, type ApiRequest, serveApi } from '../../src/sandbox/api.ts';
import type { GitHost, GitHostFault, GitHostRequest } from '../../src/sandbox/git-host/git-host.ts';
import type { RepoFile } from '../../src/sandbox/git-host/repo.ts';
import { Secret } from '../../src/wire/secret.ts';
import { gitHost } from '../support/git-host.ts';
import { answerGraphql, type Repositories } from '../support/github/graphql.ts';
import { repositoriesOf } from '../support/github-repositories.ts';
import { type Allowance, answerWithin } from './allowance.ts';
import { chart, deliveryTo, tokenCredential } from './landing.ts';

export const name = 'acme/config';
export const token = 'planted-app-token';

interface Changes {
  /** In place of the API's own commit, which it may call. */
  readonly commit?: (own: Repositories['commit'], host: GitHost) => Repositories['commit'];
  readonly right?: Repositories['right'];
  /** In place of an answer, by the request's number from 1. */
  readonly instead?: (number: number, request: ApiRequest) => ApiAnswer | undefined;
  /** What becomes of each of its own answers. */
  readonly alter?: (answer: string) => string;
  readonly files?: Readonly<Record<string, RepoFile>>;
  /** What happens to requests by git. */
  readonly fault?: (request: GitHostRequest) => GitHostFault | undefined;
  /** How many requests the API takes. */
  readonly within?: Allowance;
}

/** A config repo on a host with GitHub's API before it, and a delivery that goes that way. */
export async function github({
  commit,
  right = () => 'write',
  instead,
  files = chart,
  fault,
  alter,
  within,
}: Changes = {}) {
  const host = await gitHost(fault === undefined ? {} : { fault });
  const url = await host.createRepo(name, { files });
  const own = repositoriesOf(host, right);
  const repositories = commit === undefined ? own : { ...own, commit: commit(own.commit, host) };
  let number = 0;
  const answer = async (request: ApiRequest): Promise<ApiAnswer> => {
    const own = await answerGraphql(request, repositories);
    return alter === undefined ? own : { ...own, body: alter(String(own.body)) };
  };
  const counted = (request: ApiRequest) =>
    within === undefined ? answer(request) : answerWithin(within, () => answer(request));
  const api = await serveApi((request) => instead?.(++number, request) ?? counted(request));
  onTestFinished(() => api.close());
  const credential: GitCredential = {
    ...tokenCredential(token),
    graphql: { url: `${api.url}/api/graphql`, authorization: new Secret(`bearer ${token}`, 'TAGBOAT_TOKEN') },
  };
  return { host, api, credential, delivery: { ...deliveryTo(url), via: 'github' as const } };
}
