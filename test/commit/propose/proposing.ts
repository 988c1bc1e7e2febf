import { onTestFinished } from 'vitest';
import { writeMessage } from '../../../src/config/plan/message.ts';
import type { PullRequestPlan } from '../../../src/plan/pull-request.ts';
import type { DeliveryPlan, GitCredential } from '../../../src/plan.ts';
import { type ApiAnswer, type ApiRequest, serveApi } from '../../../src/sandbox/api.ts';
import type { GitHost, GitHostOptions } from '../../../src/sandbox/git-host/git-host.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { gitHost } from '../../support/git-host.ts';
import { createPulls } from '../../support/github/pulls.ts';
import { bot, chart, deliveryTo, setTag, tipOf, tokenCredential } from '../landing.ts';

export const name = 'acme/config';
const token = 'planted-token';

/** Merges as hosts do: by a merge commit, as one commit anew, or by the same commits anew. */
export async function mergeOn(
  host: Pick<GitHost, 'git' | 'repoDir'>,
  base: string,
  head: string,
  how: string,
  repo = name,
): Promise<string | undefined> {
  const git = (...args: string[]) => host.git(repo, ...args).then((text) => text.trim());
  const [onto, from] = [await tipOf(host, repo, base), await tipOf(host, repo, head)];
  const as = ['-c', 'user.name=Host', '-c', 'user.email=host@example.com'];
  const tree = (await git('merge-tree', '--write-tree', onto, from).catch(() => '')).split('\n')[0];
  if (!tree) return undefined;
  const subject = how === 'merge' ? 'Merge it' : await git('log', '-1', '--format=%B', from);
  const parents = how === 'merge' ? ['-p', onto, '-p', from] : ['-p', onto];
  const made = await git(...as, 'commit-tree', tree, ...parents, '-m', subject);
  await git('update-ref', `refs/heads/${base}`, made, onto);
  return made;
}

/** Whether git itself says that one can't be merged into the other. */
export const conflictOn = (host: GitHost, base: string, head: string): Promise<boolean> =>
  host.git(name, 'merge-tree', '--write-tree', base, head).then(
    () => false,
    () => true,
  );

interface Place {
  /** In place of an answer of the API, by what is asked. */
  readonly instead?: (request: ApiRequest) => ApiAnswer | undefined;
  /** Once it has been answered, in place of the answer: a reply that is lost. */
  readonly lost?: (request: ApiRequest) => boolean;
  readonly blocked?: boolean;
  readonly fault?: GitHostOptions['fault'];
}

/** A config repo on a host with GitHub's API of pull requests, and deliveries that go that way. */
export async function proposing({ instead, lost, blocked, fault }: Place = {}) {
  const host = await gitHost(fault === undefined ? {} : { fault });
  const url = await host.createRepo(name, { files: chart });
  const tip = (branch: string) => tipOf(host, name, branch).catch(() => undefined);
  const merge = (base: string, head: string, how: string) => mergeOn(host, base, head, how);
  const conflict = (base: string, head: string) => conflictOn(host, base, head);
  const pulls = createPulls({ repository: name, token, branches: { tip, merge, conflict }, blocked: blocked ?? false });
  const api = await serveApi(async (request) => {
    const path = request.path.replace(/^\/api(?:\/v3)?/, '');
    const answer = instead?.(request) ?? (await pulls.answer(request, path)) ?? { status: 404, body: '{}' };
    return lost?.(request) === true ? { status: 502, body: 'gone' } : answer;
  });
  onTestFinished(() => api.close());
  const credential: GitCredential = {
    ...tokenCredential(token),
    token: new Secret(token, 'TAGBOAT_TOKEN'),
    graphql: { url: `${api.url}/api/graphql`, authorization: new Secret(`bearer ${token}`, 'TAGBOAT_TOKEN') },
  };
  const delivery = (tag: string, pullRequest: PullRequestPlan = {}, more: Partial<DeliveryPlan> = {}): DeliveryPlan => {
    const edits = [setTag(tag)];
    const source = {
      ...{ dir: '/app', url: 'https://git.example/acme/shop', commit: tag.padEnd(40, '0'), branch: 'main' },
      ...{
        subject: 'A change',
        author: bot,
        committedAt: '2026-01-01T00:00:00Z',
        dirty: false as const,
        runUrl: undefined,
      },
    };
    return {
      ...deliveryTo(url, ...edits),
      message: writeMessage({ text: `Set front to ${tag}`, trailers: [], delivery: 'production', edits, source }),
      via: 'pullRequest',
      ...more,
      pullRequest: { host: 'github', ...pullRequest },
    };
  };
  const heads = async () =>
    (await host.git(name, 'for-each-ref', '--format=%(refname:short)', 'refs/heads')).trim().split('\n');
  return { host, api, pulls, credential, delivery, heads, url };
}
