import { peerOf, WireFailure } from '../../wire/failure.ts';
import type { PathEnd } from '../../wire/git/snapshot.ts';
import { type BranchQuestion, type BranchState, readBranchState } from '../../wire/github/branch-state.ts';
import type { GraphqlApi } from '../../wire/github/graphql.ts';
import { isLimited, isRetryable, retry } from '../../wire/retry.ts';
import { firstWords } from '../../wire/text/shorten.ts';
import type { Tell, World } from '../../wire/world.ts';
import type { BranchLook, ConfigRepo } from './config-repo.ts';
import { holdsFile } from './layout.ts';

/** A delivery's config repo as GitHub's API knows it. */
export interface GithubRepository {
  readonly api: GraphqlApi;
  /** `owner/name`. */
  readonly repository: string;
}

export interface ReadingByApi {
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Nothing is waited for beyond this time of the world's clock. */
  readonly deadline: number;
  readonly notice: Tell;
}

/** Tries of an API that fails, before git is asked in its place. */
const mostTries = 3;

/**
 * The same repository, whose branch and files are read by one request to GitHub's API. What that doesn't give out byte for
 * byte, and all that it can't be asked, is read by git: a wrong answer costs requests, not a result.
 */
export function readByGitHub(
  world: World,
  git: ConfigRepo,
  { api, repository }: GithubRepository,
  asked: Pick<BranchQuestion, 'branch' | 'files' | 'messages'>,
  options: ReadingByApi,
): ConfigRepo {
  const { deadline, idleMs, notice } = options;
  const question = { ...asked, repository, files: [...new Set([...asked.files, holdsFile])] };
  let state: BranchState | undefined;
  let unable = false;

  const ask = async (): Promise<BranchState | { readonly why: string }> => {
    let failures = 0;
    const worth = (error: unknown) => isLimited(error) || (isRetryable(error) && ++failures < mostTries);
    const read = () =>
      readBranchState(world.http, api, question, { signal: world.signal, idleMs, now: world.clock.now() });
    try {
      return await retry(read, { ...world, notice }, { until: deadline, worth });
    } catch (error) {
      if (!(error instanceof WireFailure) || error.status === 401 || isLimited(error)) throw error;
      return { why: peerOf(error).text ?? error.message };
    }
  };

  const look = async (): Promise<BranchLook> => {
    state = undefined;
    if (unable) return git.look();
    const read = await ask();
    if ('why' in read) {
      unable = true;
      notice(`GitHub's API doesn't show the branch (${firstWords(read.why)}): it is read by git.`);
      return git.look();
    }
    state = read;
    // What the API commits waits in no queue.
    return { tip: read.tip, isNew: false, intents: new Map() };
  };

  const readFiles: ConfigRepo['readFiles'] = async (tip, files, maybe) => {
    const byGit = () => git.readFiles(tip, files, maybe);
    if (state?.tip !== tip || files.some((file) => !question.files.includes(file))) return byGit();
    const found = new Map<string, PathEnd>();
    for (const file of [...files, holdsFile]) {
      const end = state.files.get(file);
      if (end === undefined) notice(`GitHub's API doesn't give out ${file} byte for byte: it is read by git.`);
      // That a file isn't there is told with the names that are; of the holds it is all there is to know.
      if (end === undefined || (end === 'nothing' && file !== holdsFile)) return byGit();
      found.set(file, end === 'nothing' ? { is: 'missing', folder: '', names: [] } : end);
    }
    // No folders: GitHub makes them, and with them the commit.
    return { format: 'sha1', commit: tip, folders: new Map(), files: found };
  };

  const messages: ConfigRepo['messages'] = (tip, file) => (state?.tip === tip ? state.messages.get(file) : undefined);
  return { ...git, look, readTip: async () => (await look()).tip, readFiles, messages };
}
