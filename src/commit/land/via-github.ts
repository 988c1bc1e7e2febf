import { TagboatError } from '../../errors.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { shownUrl, WireFailure } from '../../wire/failure.ts';
import type { HistoryCommit } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { commitOnBranch } from '../../wire/github/commit-on-branch.ts';
import type { World } from '../../wire/world.ts';
import { filesTouched } from '../edit/rewrite.ts';
import { asksWhoWrote } from '../order/guard.ts';
import type { Lineage } from '../order/lineage.ts';
import type { GithubRepository, ReadingByApi } from '../repo/by-github.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import { type MadeCommit, type PushTry, sendPush } from './push-commit.ts';

/**
 * The way through GitHub's API, or undefined when the delivery doesn't ask for it, or not for it alone. Throws
 * VIA_GITHUB_IMPOSSIBLE.
 */
export function githubRepository(
  { via, repo }: Pick<DeliveryPlan, 'via' | 'repo'>,
  credential: GitCredential | undefined,
): GithubRepository | undefined {
  if (via !== 'github' && via !== 'auto') return undefined;
  const impossible = (why: string) => new TagboatError('VIA_GITHUB_IMPOSSIBLE', { repo: shownUrl(repo), why });
  const [, repository] = /^\/([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(new URL(repo).pathname) ?? [];
  if (via === 'auto' && (repository === undefined || credential?.graphql === undefined)) return undefined;
  if (repository === undefined) throw impossible("its URL doesn't end in owner/name");
  if (credential === undefined) throw impossible('there is no token for it');
  if (credential.graphql === undefined) throw impossible(`${new URL(repo).host} is no GitHub that this job knows`);
  return { api: credential.graphql, repository };
}

/** The config repo read by GitHub's API, as far as this delivery will ask it. What reads so is loaded where it is needed. */
export async function overGitHub(
  world: World,
  git: ConfigRepo,
  way: GithubRepository,
  delivery: DeliveryPlan,
  { lineage, ...options }: ReadingByApi & { readonly lineage?: Lineage | undefined },
): Promise<ConfigRepo> {
  // Who wrote a whole file, and whether it is still as it was, the history tells.
  if (delivery.writes !== undefined) return git;
  const { readByGitHub } = await import('../repo/by-github.ts');
  const asked = { branch: delivery.branch, files: filesTouched(delivery), messages: asksWhoWrote(delivery, lineage) };
  return readByGitHub(world, git, way, asked, options);
}

/**
 * Has GitHub make the commit, on the same condition as a push: the branch still points at the commit below. GitHub
 * chooses author, time and so the id, which comes with the reply. Throws WireFailure as `pushCommit` does.
 */
export async function commitThroughGitHub(
  world: World,
  way: GithubRepository,
  { branch, message }: Pick<DeliveryPlan, 'branch' | 'message'>,
  made: MadeCommit,
  idleMs: number,
): Promise<PushTry> {
  const [headline = '', ...rest] = message.split('\n');
  const commit = {
    ...{ repository: way.repository, branch, expectedHead: made.on },
    ...{ headline, body: rest.join('\n').trim() },
    additions: made.rewriting.files.flatMap(({ file, bytes }) => (bytes === undefined ? [] : { path: file, bytes })),
    deletions: made.rewriting.files.flatMap(({ file, bytes }) => (bytes === undefined ? file : [])),
  };
  const found = (commits: ReadonlyMap<ObjectId, HistoryCommit>) => findMade(commits, made.on, message);
  const reply = await sendPush(world, (signal) =>
    commitOnBranch(world.http, way.api, commit, { signal, idleMs, now: world.clock.now() }),
  );
  if (reply instanceof WireFailure) return { ...made, found, fate: { is: 'lost', failure: reply } };
  if (reply.is === 'refused') {
    const { code, text } = reply;
    return { ...made, found, fate: { is: 'refused', words: { code, text }, stale: code === 'STALE_DATA' } };
  }
  return { ...made, built: { ...made.built, commit: reply.commit }, found, fate: { is: 'taken', shown: reply.shown } };
}

/** Ours among the commits since: on the same parent, with the same message, which tells files, values and run. */
function findMade(commits: ReadonlyMap<ObjectId, HistoryCommit>, on: ObjectId, message: string): ObjectId | undefined {
  for (const [id, { parents, message: theirs }] of commits) {
    if (parents.length === 1 && parents[0] === on && theirs.trim() === message.trim()) return id;
  }
  return undefined;
}
