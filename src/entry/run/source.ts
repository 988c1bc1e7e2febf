import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TagboatError } from '../../errors.ts';
import type { Source } from '../../plan.ts';
import type { Exec, Finished } from '../../wire/exec.ts';
import type { Env, World } from '../../wire/world.ts';
import { type CiEvent, readCiEvent } from './source/ci-event.ts';
import { type AsksGit, asksStatus, statusEntries, uncommittedState } from './source/uncommitted.ts';

/**
 * Reads where the run comes from: the commit checked out in `dir` (or a folder below it), and what CI says about it.
 * Works in shallow clones, on a detached head and without a remote. Throws SOURCE_* and GIT_MISSING.
 */
export async function readSource(world: Pick<World, 'exec' | 'env' | 'signal'>, dir: string): Promise<Source> {
  const from = resolve(dir);
  if (!(await isFolder(from))) throw new TagboatError('SOURCE_DIR_MISSING', { dir: from });
  const git = gitIn(world.exec, from, world.signal);

  // All at once: each question costs a process, and in the ordinary case every one of them has its answer.
  const [top, commit, status, remotes, event] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git('log', '-1', '--no-color', '--encoding=UTF-8', `--format=${['%H', '%s', '%an', '%ae', '%cI'].join('%x00')}`),
    git(...asksStatus, '--untracked-files=no'),
    git('config', '-z', '--get-regexp', '^remote\\..*\\.url$'),
    readCiEvent(world.env),
  ]);
  if (top.missing) throw new TagboatError('GIT_MISSING', {});
  if (top.signal === 'timeout') throw unreadable(from, top);
  if (top.code !== 0) throw await whyNoRepo(git, from, top);
  if (commit.code !== 0)
    throw commit.signal === 'timeout' ? unreadable(from, commit) : await whyNoCommit(git, from, commit);
  if (status.code !== 0) throw unreadable(from, status);

  const [id = '', subject = '', name = '', email = '', committedAt = ''] = commit.stdout.replace(/\n$/, '').split('\0');
  const ci = ciOf(world.env, id);
  const root = top.stdout.replace(/\n$/, '');
  const dirty = statusEntries(status.stdout).length > 0 && (await uncommittedState(git, root));
  const head = headIn(status.stdout);
  const proposed = ci === undefined ? checkProposed(world.env, id, event) : undefined;
  return {
    dir: root,
    url: ci?.url ?? originOf(remotes.stdout),
    commit: id,
    branch: ci === undefined ? (proposed?.foreign ? undefined : (head ?? proposed?.branch)) : ci.branch,
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

function gitIn(exec: Exec, dir: string, signal: AbortSignal): AsksGit {
  // Set inside hooks, where they would lead away from `dir`; the locks would make a reader write.
  const env = {
    GIT_DIR: undefined,
    GIT_WORK_TREE: undefined,
    GIT_INDEX_FILE: undefined,
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  };
  const config = ['-c', 'log.showSignature=false', '-c', 'core.fsmonitor=false'];
  return (...args) =>
    exec({ program: 'git', args: ['-C', dir, ...config, ...args], env, signal, timeoutMs: mostMs, keep: mostSaid });
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

interface Ci {
  readonly url: string | undefined;
  readonly branch: string | undefined;
  readonly runUrl: string | undefined;
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

/** What the CI's variables say about this commit, or undefined when they speak of another one. */
function ciOf(env: Env, commit: string): Ci | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  // A job may check out something else than what triggered it; then git's own head tells.
  if (env.GITHUB_ACTIONS === 'true' && env.GITHUB_SHA === commit) {
    const url = server !== undefined && repository !== undefined ? `${server}/${repository}` : undefined;
    const attempt = Number(env.GITHUB_RUN_ATTEMPT ?? '1');
    return {
      url,
      branch: branchOf(env.GITHUB_REF),
      runUrl:
        url === undefined || run === undefined
          ? undefined
          : `${url}/actions/runs/${run}${attempt > 1 ? `/attempts/${attempt}` : ''}`,
    };
  }
  if (env.GITLAB_CI === 'true' && env.CI_COMMIT_SHA === commit) {
    return { url: env.CI_PROJECT_URL, branch: env.CI_COMMIT_BRANCH, runUrl: env.CI_JOB_URL };
  }
  return undefined;
}

/**
 * A pull request's ref (`refs/pull/12/merge`) and a tag's are no branch. GITHUB_HEAD_REF isn't read on purpose: a fork
 * names its branches as it likes, and its `main` must not trigger what belongs to ours.
 */
function branchOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
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

/** A remote as others can reach it, without userinfo; undefined for a folder on this machine. */
export function publicUrl(remote: string): string | undefined {
  // Without `//` a URL parser would take `host:path` for a scheme.
  if (remote.includes('://')) {
    if (!URL.canParse(remote)) return undefined;
    const url = new URL(remote);
    if (!['http:', 'https:', 'ssh:', 'git:'].includes(url.protocol)) return undefined;
    url.username = '';
    url.password = '';
    url.search = '';
    url.hash = '';
    return url.href;
  }
  // git's own short form, `git@host:owner/repo.git`. A slash before the colon makes it a local path (git-clone, URLS).
  const short = /^(?:[^/@]+@)?([^/:]+):(?!\/\/)(.+)$/.exec(remote);
  return short === null ? undefined : `ssh://${short[1]}/${(short[2] ?? '').replace(/^\/+/, '')}`;
}
