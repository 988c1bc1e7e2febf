import type { Notice } from '../../events/notices.ts';
import type { Emit } from '../../events.ts';
import type { GitCredential, Source } from '../../plan.ts';
import { checkoutGit } from '../../wire/checkout.ts';
import { WireFailure } from '../../wire/failure.ts';
import { type Relation, relationOf } from '../../wire/git/ancestry.ts';
import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';
import { openRemote } from '../../wire/git/remote.ts';
import type { Tell, World } from '../../wire/world.ts';

/** What another commit of the app repo is to ours, and for `unknown` why nobody could tell, as a piece of a sentence. */
export interface Kinship {
  readonly is: Relation;
  readonly why: string;
}

/** A run's commit among the others of the app repo. What was found out once is not asked again in the same run. */
export interface Lineage {
  readonly commit: ObjectId;
  /** What `theirs` is to our commit. Throws only the signal's reason. */
  kinOf(theirs: ObjectId): Promise<Kinship>;
  /** A commit's whole id from its first digits, as far as the checkout knows. */
  wholeId(short: string): Promise<ObjectId | undefined>;
  /** Tells a person something about the order, once a run. */
  tell(level: 'info' | 'warning', message: string, notice: Notice): void;
}

/** The question is small: a host that takes longer than this is no help. */
const patienceMs = 30_000;

/**
 * Asks the checkout first, which costs no request and can't answer otherwise than the host would: a commit's id decides
 * its whole history. What a shallow one can't tell is asked of the app repo's host, with each of `readers` in turn.
 */
export function openLineage(
  world: World,
  emit: Emit,
  source: Pick<Source, 'dir' | 'url' | 'commit'>,
  readers: readonly (GitCredential | undefined)[],
): Lineage {
  const { dir, url, commit: ours } = source;
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

  async function atHost(theirs: ObjectId): Promise<Kinship> {
    const shallow = 'the checkout here is shallow or has no such commit';
    if (url === undefined || !/^https?:\/\//i.test(url)) {
      const why = url === undefined ? 'the app repo has no remote' : `${url} can't be asked over HTTP`;
      return { is: 'unknown', why: `${shallow}, and ${why}` };
    }
    let refused = '';
    for (const credential of readers) {
      const authorization = credential?.authorization;
      const deadline = world.clock.now() + patienceMs;
      const notice: Tell = (message, waited) =>
        tell('info', message, waited ? { code: 'PEER_AWAITED', data: waited } : { code: 'PEER_UNUSUAL', data: {} });
      try {
        const remote = openRemote(world, { url, authorization, idleMs: patienceMs / 2, deadline, notice });
        const is = await relationOf(remote, theirs, ours);
        return {
          is,
          why: is === 'unknown' ? `${url} doesn't have both of them in one history` : 'the app repo says so',
        };
      } catch (error) {
        world.signal.throwIfAborted();
        if (!(error instanceof WireFailure)) throw error;
        const hidden = error.status === 401 || error.status === 403 || error.status === 404;
        if (!hidden) return { is: 'unknown', why: `${shallow}, and ${url} gives no answer (${error.message})` };
        refused ||= `${credential?.label ?? 'a run without a token'} may not read ${url} (${error.status})`;
      }
    }
    return { is: 'unknown', why: `${shallow}, and ${refused}` };
  }

  return {
    commit: ours,
    tell,
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
