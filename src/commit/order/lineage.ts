import type { Notice } from '../../events/notices.ts';
import type { Emit } from '../../events.ts';
import type { GitCredential, Source } from '../../plan.ts';
import { checkoutGit } from '../../wire/checkout.ts';
import { WireFailure } from '../../wire/failure.ts';
import { type Relation, relationOf } from '../../wire/git/ancestry.ts';
import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';
import { type GitRemote, openRemote } from '../../wire/git/remote.ts';
import type { Tell, World } from '../../wire/world.ts';

/** What another commit of the app repo is to ours, and for `unknown` why nobody could tell, as a piece of a sentence. */
export interface Kinship {
  readonly is: Relation;
  readonly why: string;
}

/** A run's commit among the others of the app repo. What can't become another answer is not asked again in the same run. */
export interface Lineage {
  /** Of a pull request its newest commit, where that is told, rather than a merge of it. */
  readonly commit: ObjectId;
  /** When the commit was made, milliseconds since the epoch, and its pull request's time (`Source`), where they are told. */
  readonly since?: number | undefined;
  readonly at?: string | undefined;
  /** What `theirs` is to our commit, by their history alone. Throws only the signal's reason. */
  kinOf(theirs: ObjectId): Promise<Kinship>;
  /** Its pull request's newest commit as the app repo's host has it now, asked each time; undefined where nobody tells. */
  newest?(): Promise<ObjectId | undefined>;
  /** A commit's whole id from its first digits, as far as the checkout knows. */
  wholeId(short: string): Promise<ObjectId | undefined>;
  /** Tells a person something about the order, once a run. */
  tell(level: 'info' | 'warning', message: string, notice: Notice): void;
}

/** The question is small: a host that takes longer than this is no help. */
const patienceMs = 30_000;

/** One that was silent is asked nothing else for this long, milliseconds: a run asks about many commits. */
const silenceMs = 60_000;

/**
 * Asks the checkout first, which costs no request and can't answer otherwise than the host would: a commit's id decides
 * its whole history. What a shallow one can't tell is asked of the app repo's host, with each of `readers` in turn.
 */
export function openLineage(
  world: World,
  emit: Emit,
  source: Pick<Source, 'dir' | 'url' | 'commit'> & Partial<Pick<Source, 'pullRequest' | 'committedAt'>>,
  readers: readonly (GitCredential | undefined)[],
): Lineage {
  const { dir, url, pullRequest, committedAt = '' } = source;
  const ours = pullRequest?.head ?? source.commit;
  const git = checkoutGit(world, dir);
  const known = new Map<ObjectId, Promise<Kinship>>();
  const told = new Set<string>();

  const tell: Lineage['tell'] = (level, message, notice) => {
    if (told.has(message)) return;
    told.add(message);
    emit({ type: 'notice', ...notice, level, stage: 'commit', message });
  };

  const ask = async (theirs: ObjectId): Promise<Kinship> => {
    const here = await inCheckout(theirs);
    return here === undefined ? atHost(theirs) : { is: here, why: 'the checkout has both' };
  };

  async function inCheckout(theirs: ObjectId): Promise<Relation | undefined> {
    const forward = await git('merge-base', '--is-ancestor', theirs, ours);
    if (forward.code === 0) return 'ancestor';
    if (forward.code !== 1) return undefined;
    const back = await git('merge-base', '--is-ancestor', ours, theirs);
    if (back.code === 0) return 'descendant';
    // A no of a shallow checkout only means that the way between them isn't here.
    const shallow = await git('rev-parse', '--is-shallow-repository');
    return back.code === 1 && shallow.stdout.trim() === 'false' ? 'diverged' : undefined;
  }

  let silent: { readonly asked: Untold; readonly until: number } | undefined;
  async function atHost(theirs: ObjectId): Promise<Kinship> {
    const notice: Tell = (message, waited) =>
      tell('info', message, waited ? { code: 'PEER_AWAITED', data: waited } : { code: 'PEER_UNUSUAL', data: {} });
    const asked =
      silent !== undefined && world.clock.now() < silent.until
        ? silent.asked
        : await askAppRepo(world, { url, readers, notice }, (remote) => relationOf(remote, theirs, ours));
    if (asked.is === 'unknown') {
      const isSilence = asked.failure?.kind === 'timeout' || asked.failure?.kind === 'unreachable';
      if (isSilence && asked !== silent?.asked) silent = { asked, until: world.clock.now() + silenceMs };
      return { is: 'unknown', why: `the checkout here is shallow or has no such commit, and ${asked.why}` };
    }
    const { value: is } = asked;
    return { is, why: is === 'unknown' ? `${url} doesn't have both of them in one history` : 'the app repo says so' };
  }

  const since = Date.parse(committedAt);
  return {
    commit: ours,
    since: Number.isNaN(since) ? undefined : since,
    at: pullRequest?.at,
    tell,
    ...(pullRequest && { newest: () => headOfPullRequest(world, { url, number: pullRequest.number, readers }) }),
    kinOf: (theirs) => {
      const asked = known.get(theirs) ?? (theirs === ours ? Promise.resolve(itself) : ask(theirs));
      known.set(theirs, asked);
      return asked;
    },
    wholeId: async (short) => {
      if (ours.startsWith(short)) return ours;
      const found = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${short}^{commit}`);
      const id = found.stdout.trim();
      return found.code === 0 && isObjectId(id) && id.startsWith(short) ? id : undefined;
    },
  };
}

const itself: Kinship = { is: 'same', why: 'it is the same commit' };

/**
 * A pull request's newest commit as the app repo's host has it now; undefined where nobody tells, which `untold` is told of.
 * Throws only the signal's reason, and what `untold` does.
 */
export async function headOfPullRequest(
  world: World,
  { number, untold, notice = () => undefined, ...at }: PullRequestAsked,
): Promise<ObjectId | undefined> {
  // GitHub, Gitea and Forgejo; GitLab; Bitbucket.
  const names = [`refs/pull/${number}/head`, `refs/merge-requests/${number}/head`, `refs/pull-requests/${number}/from`];
  const asked = await askAppRepo(world, { ...at, notice }, async (remote) => {
    const refs = await remote.refs(names, 10);
    return names.map((name) => refs.get(name)).find((id) => id !== undefined);
  });
  if (asked.is === 'answered') return asked.value;
  untold?.(asked.why, asked.failure);
  return undefined;
}

interface PullRequestAsked extends Omit<AppRepo, 'notice'>, Partial<Pick<AppRepo, 'notice'>> {
  readonly number: number;
  /** Why the host gave no answer, with its failure where it is one of the wire and no refusal. */
  readonly untold?: (why: string, failure: WireFailure | undefined) => void;
}

interface AppRepo {
  readonly url: string | undefined;
  readonly readers: readonly (GitCredential | undefined)[];
  readonly notice: Tell;
}

interface Untold {
  readonly is: 'unknown';
  readonly why: string;
  readonly failure: WireFailure | undefined;
}

/** Asks the app repo's host with each of the readers in turn; why nobody could tell is a piece of a sentence. */
async function askAppRepo<T>(
  world: World,
  { url, readers, notice }: AppRepo,
  question: (remote: GitRemote) => Promise<T>,
): Promise<{ readonly is: 'answered'; readonly value: T } | Untold> {
  if (url === undefined || !/^https?:\/\//i.test(url)) {
    const why = url === undefined ? 'the app repo has no remote' : `${url} can't be asked over HTTP`;
    return { is: 'unknown', why, failure: undefined };
  }
  let refused = '';
  for (const credential of readers) {
    const authorization = credential?.authorization;
    const deadline = world.clock.now() + patienceMs;
    try {
      const remote = openRemote(world, { url, authorization, idleMs: patienceMs / 2, deadline, notice });
      return { is: 'answered', value: await question(remote) };
    } catch (error) {
      world.signal.throwIfAborted();
      if (!(error instanceof WireFailure)) throw error;
      const hidden = error.status === 401 || error.status === 403 || error.status === 404;
      if (!hidden) return { is: 'unknown', why: `${url} gives no answer (${error.message})`, failure: error };
      refused ||= `${credential?.label ?? 'a run without a token'} may not read ${url} (${error.status})`;
    }
  }
  return { is: 'unknown', why: refused, failure: undefined };
}
