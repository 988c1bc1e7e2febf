import { headOfPullRequest } from '../../../commit/order/lineage.ts';
import { explainGitFailure } from '../../../commit/repo/git-failure.ts';
import { usageError } from '../../../errors.ts';
import type { WhereValue } from '../../../events/json-event.ts';
import type { BranchHistory } from '../../../plan/history.ts';
import type { Source } from '../../../plan.ts';
import { type AsksGit, answerOf, checkoutGit } from '../../../wire/checkout.ts';
import { isObjectId } from '../../../wire/git/pack/object.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import type { World } from '../../../wire/world.ts';
import { asksCommit } from '../../run/source/uncommitted.ts';

/** A commit of the app repo that somebody asks about; its branches are the remote's, or else the checkout's own. */
export type FoundCommit = Omit<WhereValue, 'url' | 'images' | 'deliveries'>;

/**
 * The commit behind what somebody asks with: nothing (what is checked out), a commit, tag or branch, `#12` or the page of a
 * pull or merge request, an image or its tag, or a value that stands in a config repo. Throws USAGE, and GIT_* where the
 * app repo's host can't be asked for the request.
 */
export async function findCommit(
  world: World,
  source: Source,
  asked: string | undefined,
  histories: readonly BranchHistory[],
): Promise<FoundCommit> {
  const git = checkoutGit(world, source.dir);
  const commit = asked === undefined ? source.commit : await resolved(world, source, asked, { git, histories });
  if (commit === undefined) {
    const problem = `Nothing here is called ${JSON.stringify(asked && beginning(asked, 200))}: no commit, tag or branch of ${source.dir}, no pull request of its remote, no image or value that a delivery set.`;
    throw usageError(problem, 'where');
  }
  const told = await git(...asksCommit, '--format=%s%x00%an%x00%ae%x00%cI', commit, '--');
  const [subject, name, email = '', at = ''] = answerOf(told)?.split('\0') ?? [];
  // Git writes no time at all for one before 1970.
  const committedAt = Number.isNaN(Date.parse(at)) ? undefined : at;
  const kinds = ['refs/heads', 'refs/remotes', 'refs/tags'];
  const refs = await git('for-each-ref', '--format=%(refname)', '--contains', commit, ...kinds);
  const below = (prefix: RegExp): string[] =>
    (answerOf(refs) ?? '').split('\n').flatMap((ref) => (prefix.test(ref) ? [ref.replace(prefix, '')] : []));
  const remote = below(/^refs\/remotes\/[^/]+\//).filter((branch) => branch !== 'HEAD');
  return {
    ...{ commit, subject, committedAt },
    author: name === undefined ? undefined : { name, email },
    branches: remote.length > 0 ? [...new Set(remote)] : below(/^refs\/heads\//),
    tags: below(/^refs\/tags\//),
  };
}

async function resolved(
  world: World,
  source: Source,
  asked: string,
  { git, histories }: { readonly git: AsksGit; readonly histories: readonly BranchHistory[] },
): Promise<string | undefined> {
  const verify = async (name: string) =>
    answerOf(await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`));
  const [, number] = /^(?:[#!]|.*\/(?:pull|merge_requests)\/)(\d{1,9})\/?$/.exec(asked) ?? [];
  if (number !== undefined) return ofPullRequest(world, source, number, git);
  const named = await verify(asked);
  if (named !== undefined) return named;
  // Of an image, its tag or digest.
  const tail = /(?:^|[:@])([^:@/]+)$/.exec(asked)?.[1] ?? asked;
  const ids: readonly string[] = tail.match(/(?<![0-9A-Za-z])[0-9a-f]{7,64}(?![0-9A-Za-z])/g) ?? [];
  if (!asked.includes('sha256:')) {
    for (const id of ids) {
      const found = await verify(id);
      if (found?.startsWith(id)) return found;
    }
  }
  const records = histories.flatMap((history) => history.records);
  // Whole pieces of an image's reference: `v1` is no `v10`.
  const has = (piece: string): boolean => piece === tail || (ids.includes(tail) && piece.startsWith(tail));
  const set = records.find(
    ({ settings, source: from }) =>
      from !== undefined && settings.some(({ value }) => value === asked || value.split(/[:@]/).some(has)),
  );
  const whole = ids.find((id) => isObjectId(id) && id.length === 40);
  // What names a commit is that one, whatever a trailer says.
  return asked.includes('sha256:') ? set?.source?.commit : (whole ?? set?.source?.commit);
}

/** By the commit that merged it, as GitHub and GitLab write that, or else by the request's own ref at the remote. */
async function ofPullRequest(world: World, { url }: Source, number: string, git: AsksGit): Promise<string | undefined> {
  const words = `(\\(#${number}\\)$|^Merge pull request #${number} |^See merge request .*!${number}$)`;
  const merged = answerOf(await git(...asksCommit, '--all', '--format=%H', '--extended-regexp', `--grep=${words}`));
  if (merged) return merged;
  const untold = (why: string, failure: unknown): never => {
    const place = { delivery: { repo: url ?? '' }, credential: undefined, doing: 'read' } as const;
    if (failure !== undefined) throw explainGitFailure(failure, place);
    const problem = `No commit here says that it merged #${number}, and nobody can be asked for its own: ${why}.`;
    throw usageError(problem, 'where');
  };
  return headOfPullRequest(world, { url, number: Number(number), readers: [undefined], notice: world.notice, untold });
}
