import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { Kinship, Lineage } from './lineage.ts';
import type { Whose } from './trailers.ts';

/** What another commit is to ours in the order, with the pull request's newest commit where that has decided against ours. */
export interface OrderedKin extends Kinship {
  readonly newest?: ObjectId | undefined;
}

/**
 * The order for one look at one tip. Commits that went separate ways, or of which nobody can tell, are in an order where both
 * are of one pull request, which has been pushed over: its newest commit goes over whatever else was of it. That may be
 * another one a moment later, so it is asked for anew with each of these, and after the tip was read. Whoever pushes a newer
 * one and delivers it between that answer and our push moves the tip: our push is taken on the old one alone, so it is
 * refused, and the next look asks again.
 */
export function openKin(
  lineage: Lineage,
  ours: Whose,
): (theirs: ObjectId, whose: () => Promise<Whose | undefined>) => Promise<OrderedKin> {
  let asked: Promise<ObjectId | undefined> | undefined;
  return async (theirs, whose) => {
    const kin = await lineage.kinOf(theirs);
    if ((kin.is !== 'diverged' && kin.is !== 'unknown') || lineage.newest === undefined) return kin;
    if (!isSamePull(ours, await whose())) return kin;
    asked ??= lineage.newest();
    const newest = await asked;
    if (newest === undefined) return kin;
    if (newest === lineage.commit) return { is: 'ancestor', why: "the pull request's head is ours" };
    return { is: 'descendant', why: "the pull request's head is another", newest };
  };
}

/** Why ours is the older one, as a sentence without its end that begins with `said`. */
export function whyOverOurs(said: string, theirs: ObjectId, ours: ObjectId, { newest = theirs }: OrderedKin): string {
  const short = (id: ObjectId) => id.slice(0, 12);
  return newest === theirs
    ? `${said} from a newer commit than ${short(ours)}`
    : `${said} from ${short(theirs)}, and the pull request has a newer commit than ${short(ours)}`;
}

function isSamePull(ours: Whose, theirs: Whose | undefined): boolean {
  if (ours.number === undefined || theirs?.number !== ours.number) return false;
  return theirs.app?.toLowerCase() === ours.app?.toLowerCase();
}
