import type { Auth } from '../../auth/auth.ts';
import { askConfigRepo } from '../../commit/repo/ask.ts';
import { appOf } from '../../config/plan/message.ts';
import { type ErrorReport, usageError } from '../../errors.ts';
import type { Board } from '../../events/board.ts';
import type { WhereValue } from '../../events/json-event.ts';
import type { BranchHistory } from '../../plan/history.ts';
import { type Glance, glancing, hasty } from '../commands/see/glance.ts';
import { historyOf, isOfLooking } from '../commands/see/history.ts';
import { type Looking, readHistories } from '../commands/see/read-histories.ts';
import { openDrift, statusOf } from '../commands/see/status.ts';
import { whereOf } from '../commands/see/where.ts';
import { askBranches } from '../commands/target/each-branch.ts';
import type { Session } from '../run/session.ts';
import { version } from '../run/version.ts';
import { cleanedValue } from './clean.ts';

/** Entries that the page is given. */
const mostEntries = 10_000;
/** Commits that are read once a few have come: most config repos have no more. */
const manyCommits = 2_048;

/** What the page is given, kept up to date. Its texts are others' and cleaned: no secrets, controls or endless lines. */
export interface BoardKeeper {
  readonly board: () => Board;
  /** Asks each branch for its tip, reads anew what moved, and asks Argo CD. Answers whether anything is different. */
  refresh(): Promise<boolean>;
  /** Where a commit is. Throws USAGE for what names none. */
  where(asked: string): Promise<WhereValue>;
}

/** The page comes up before a host that is mute has had its time: whoever looks at it has it asked again, with more. */
const firstLook: Glance = { silentMs: 4_000, againMs: 500, wholeMs: 120_000 };

/** Reads all of it once. Branches that can't be read are told of in the board; `once` where nothing is read again. */
export async function keepBoard(
  session: Session,
  auth: Auth,
  looking: Looking,
  may: Board['may'],
  once = false,
): Promise<BoardKeeper> {
  const { seen, source } = looking;
  const tips = new Map<string, string>();
  const known = new Map<string, BranchHistory>();
  const clean = <T>(value: T): T => cleanedValue(value, session.clean) as T;
  const withDrift = openDrift(session.world, source?.dir ?? session.cwd);
  const [lineages, merges] = [new Map(), new Map()];
  const isShown = isOfLooking(looking);
  let errors: readonly ErrorReport[] = [];
  let history: Board['history'] = { entries: [], others: 0, whole: false };
  let told = '';
  let board: Board;

  const read = () => ({ session, auth, looking, histories: [...known.values()], lineages, merges });
  /** Answers whether anything was read anew. */
  const readMoved = async (asking: Session): Promise<boolean> => {
    const { world } = asking;
    const looks = await askBranches(asking, auth, seen, (place, credential) =>
      askConfigRepo(world, place, credential, async (repo) => {
        const { tip, intents } = await repo.look();
        return JSON.stringify([tip, ...intents.keys()]);
      }),
    );
    errors = looks.errors;
    const moved = looks.answers.filter((one) => tips.get(keyOf(one)) !== one.answer);
    if (moved.length === 0) return false;
    const isMoved = (one: Place): boolean => moved.some((other) => keyOf(other) === keyOf(one));
    const some = { ...looking, seen: seen.filter(isMoved) };
    // As many as are shown, of the commits that are about what the config delivers.
    const enough = (records: BranchHistory['records']): boolean => records.length >= mostEntries;
    const found = await readHistories(asking, auth, some, enough, manyCommits);
    errors = [...errors, ...found.errors];
    for (const one of found.histories) known.set(keyOf(one), one);
    // One that couldn't be read is asked for again, and what is known of it stays till then.
    const isRead = (one: Place): boolean => found.histories.some((other) => keyOf(other) === keyOf(one));
    for (const one of moved) if (isRead(one)) tips.set(keyOf(one), one.answer);
    const shown = { isShown, isNew: () => true, limit: mostEntries };
    // The bulk of the board: made once for each time that a branch moves.
    history = clean(await historyOf(session.world, looking, read().histories, shown));
    return true;
  };
  const refresh = async (asking = session): Promise<boolean> => {
    const isAnew = await readMoved(asking);
    const made = clean({
      ...{ version, app: source === undefined ? 'config repo' : appOf(source), commit: source?.commit },
      ...{ status: await statusOf(read(), withDrift), errors, may },
      branches: [...known.values()].map(({ repo, branch, holds, waiting }) => ({ repo, branch, holds, waiting })),
      deliveries: seen.flatMap(({ delivery }) => delivery ?? []),
    });
    const text = JSON.stringify(made);
    if (!isAnew && text === told) return false;
    told = text;
    board = { ...made, history, readAt: new Date(session.world.clock.now()).toISOString() };
    return true;
  };
  const first = glancing(session.world, firstLook);
  try {
    await refresh(once ? session : { ...session, world: first.world });
  } finally {
    first.over();
  }
  return {
    board: () => board,
    refresh: () => refresh(),
    where: async (asked) =>
      clean(await whereOf({ ...read(), session: { ...session, world: hasty(session.world) } }, asked)),
  };
}

/** A board of nothing, where a run alone is to be seen: why the rest isn't is told in it. */
export function keepNothing({ world, clean }: Session, error: ErrorReport): BoardKeeper {
  const board: Board = {
    ...{ readAt: new Date(world.clock.now()).toISOString(), version, app: 'a run', commit: undefined },
    ...{ status: { rows: [] }, history: { entries: [], others: 0, whole: true }, branches: [], deliveries: [] },
    errors: [cleanedValue(error, clean) as ErrorReport],
    may: { write: false, run: true },
  };
  const where = async (): Promise<never> => {
    throw usageError('There is no config to ask about a commit by.', 'ui');
  };
  return { board: () => board, refresh: async () => false, where };
}

type Place = Pick<BranchHistory, 'repo' | 'branch'>;

function keyOf({ repo, branch }: Place): string {
  return `${repo} ${branch}`;
}
