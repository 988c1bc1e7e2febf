import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { Source } from '../../plan.ts';
import { type AsksGit, checkoutGit } from '../../wire/checkout.ts';
import type { Finished } from '../../wire/exec.ts';
import { isObjectId } from '../../wire/git/pack/object.ts';
import type { Env, World } from '../../wire/world.ts';
import { type CiFacts, readCi } from './source/ci.ts';
import { type CiEvent, readCiEvent } from './source/ci-event.ts';
import { publicUrl } from './source/remote.ts';
import { asksCommit, asksStatus, statusEntries, uncommittedState } from './source/uncommitted.ts';

/** Where the run comes from: the commit checked out around `dir`, and what CI says. Throws SOURCE_*, GIT_MISSING. */
export async function readSource(world: Pick<World, 'exec' | 'env' | 'signal'>, dir: string): Promise<Source> {
  const from = resolve(dir);
  if (!(await isFolder(from))) throw new TagboatError('SOURCE_DIR_MISSING', { dir: from });
  // A clone without trees fetches the commit's.
  const git = checkoutGit(world, from, { env: { GIT_NO_LAZY_FETCH: undefined }, timeoutMs: mostMs, keep: mostSaid });

  // All at once: each question costs a process, and in the ordinary case every one of them has its answer.
  const [top, commit, status, remotes, told, event] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git(...asksCommit, `--format=${['%H', '%s', '%an', '%ae', '%cI'].join('%x00')}`),
    git(...asksStatus, '--untracked-files=no'),
    git('config', '-z', '--get-regexp', '^remote\\..*\\.url$'),
    readCi(world.env),
    readCiEvent(world.env),
  ]);
  if (top.missing) throw new TagboatError('GIT_MISSING', {});
  if (top.signal === 'timeout') throw unreadable(from, top);
  if (top.code !== 0) throw await whyNoRepo(git, from, top);
  if (commit.code !== 0)
    throw commit.signal === 'timeout' ? unreadable(from, commit) : await whyNoCommit(git, from, commit);
  if (status.code !== 0) throw unreadable(from, status);

  const [id = '', subject = '', name = '', email = '', committedAt = ''] = commit.stdout.replace(/\n$/, '').split('\0');
  // A job may check out something else than what triggered it; then git's own head tells.
  const ci = told !== undefined && (told.commit ?? id) === id ? told : undefined;
  const root = top.stdout.replace(/\n$/, '');
  const dirty = statusEntries(status.stdout).length > 0 && (await uncommittedState(git, root));
  const head = headIn(status.stdout);
  const proposed = ci === undefined ? checkProposed(world.env, id, event) : undefined;
  const pullRequest = pullRequestOf(told, ci, event.proposed, proposed);
  // Of a proposal's merge that the job made itself, what git calls the head is no branch of ours.
  const merged = ci === undefined && event.proposed === undefined && pullRequest !== undefined;
  return {
    dir: root,
    url: ci?.url ?? originOf(remotes.stdout),
    commit: id,
    branch: ci !== undefined ? ci.branch : merged || proposed?.foreign ? undefined : (head ?? proposed?.branch),
    gitTag: ci?.gitTag,
    pullRequest,
    defaultBranch: event.defaultBranch,
    subject,
    author: { name, email },
    committedAt,
    dirty,
    runUrl: ci?.runUrl,
  };
}

/** The branch that `git status --porcelain=v2 --branch -z` names (`# branch.head main`). */
function headIn(status: string): string | undefined {
  const header = '# branch.head ';
  const head = status
    .split('\0')
    .find((entry) => entry.startsWith(header))
    ?.slice(header.length);
  // A branch that is really called `(detached)` counts as none: it triggers nothing.
  return head === '(detached)' ? undefined : head;
}

/** Of a large checkout git reads the state in seconds; one that takes longer waits for a disk or a hook that hangs. */
const mostMs = 60_000;
// Bytes of an answer: the first of them say the branch, so none may be lost of a checkout in which very much differs.
const mostSaid = 64 * 1024 * 1024;

async function whyNoRepo(git: AsksGit, dir: string, failed: Finished): Promise<TagboatError> {
  // git says "not a repository" and "not yours" with the same exit code; asked to trust everybody, only one is left.
  const trusting = await git('-c', 'safe.directory=*', 'rev-parse', '--show-toplevel');
  if (trusting.code === 0) return new TagboatError('SOURCE_NOT_TRUSTED', { dir: trusting.stdout.trim() });
  return new TagboatError('SOURCE_NOT_A_REPO', { dir }, { peer: { text: failed.stderr.trim() } });
}

async function whyNoCommit(git: AsksGit, dir: string, failed: Finished): Promise<TagboatError> {
  // A head that names a branch which doesn't exist yet: the state after `git init`.
  const [branch, commit] = await Promise.all([
    git('symbolic-ref', '-q', 'HEAD'),
    git('rev-parse', '-q', '--verify', 'HEAD'),
  ]);
  if (branch.code === 0 && commit.code === 1) return new TagboatError('SOURCE_EMPTY', { dir });
  return unreadable(dir, failed);
}

function unreadable(dir: string, failed: Finished): TagboatError {
  const text = failed.signal === 'timeout' ? `git gave no answer within ${mostMs / 1_000} s` : failed.stderr.trim();
  return new TagboatError('SOURCE_UNREADABLE', { dir }, { peer: { text } });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The proposed commit that is checked out, where that is not what CI says the job is of. A fork names its branches as
 * it likes, so such a head is on no branch of ours; and where the job has our secrets all the same, it is refused
 * ("pwn requests"): what is checked out there would be built, and shipped, with them. Throws SOURCE_FOREIGN.
 */
function checkProposed(env: Env, commit: string, { proposed }: CiEvent): CiEvent['proposed'] {
  if (proposed === undefined) return undefined;
  const { GITHUB_EVENT_NAME: event = '', GITHUB_SHA: expected = '' } = env;
  if (proposed.foreign && event !== 'pull_request')
    throw new TagboatError('SOURCE_FOREIGN', { commit, expected, event });
  return proposed.foreign || proposed.commit === commit ? proposed : undefined;
}

/** The pull request that the checked out commit is of. Whose it is, GitHub tells in the event alone. */
function pullRequestOf(
  told: CiFacts | undefined,
  ci: CiFacts | undefined,
  event: CiEvent['proposed'],
  checkedOut: CiEvent['proposed'],
): Source['pullRequest'] {
  if (event === undefined) return told?.pullRequest;
  const { foreign, at } = event;
  const head = event.commit !== undefined && isObjectId(event.commit) ? event.commit : undefined;
  if (ci !== undefined) return ci.pullRequest && { ...ci.pullRequest, foreign, head, at };
  if (checkedOut?.number === undefined) return undefined;
  return { number: checkedOut.number, foreign, into: told?.pullRequest?.into, head, at };
}

/** The remote's URL from `git config -z` output (`name LF value NUL`): origin's, or the only other one's. */
function originOf(output: string): string | undefined {
  const remotes = output
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const end = entry.indexOf('\n');
      return { name: entry.slice(0, end), url: entry.slice(end + 1) };
    });
  const origin = remotes.find((remote) => remote.name === 'remote.origin.url');
  const chosen = origin ?? (remotes.length === 1 ? remotes[0] : undefined);
  return chosen === undefined ? undefined : publicUrl(chosen.url);
}
