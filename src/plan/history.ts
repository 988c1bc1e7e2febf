/** What config repos tell of what was delivered to them. Pure data, as in plan.ts. Texts are others' and not cleaned. */

import type { Person } from '../plan.ts';
import type { ObjectId } from '../wire/git/pack/object.ts';
import type { HeldPlace, Hold } from './holds.ts';
import type { Waiting } from './listed.ts';

/** A place and the value that a commit says it set there. */
export interface Setting extends HeldPlace {
  readonly value: string;
}

/** The app repo's commit that a config commit's values came from, as far as it tells. Times are ISO 8601. */
export interface RecordedSource {
  readonly commit: ObjectId;
  readonly url?: string | undefined;
  readonly subject?: string | undefined;
  readonly author?: Person | undefined;
  readonly committedAt?: string | undefined;
}

/** What a commit of a config repo's branch was, by its own message. Whoever may push there can write any message. */
export interface HistoryRecord {
  /** `byHand`: a value is another than the newest commit of ours says. `other`: no commit of ours, as far as it tells. */
  readonly is: 'delivered' | 'promoted' | 'rolledBack' | 'held' | 'released' | 'byHand' | 'other';
  readonly commit: ObjectId;
  readonly subject: string;
  /** Who made the config commit, and when it came onto the branch by the clock of who put it there. */
  readonly author: Person;
  readonly landedAt: string;
  readonly app?: string | undefined;
  readonly delivery?: string | undefined;
  readonly settings: readonly Setting[];
  /** What it held or released. */
  readonly places: readonly HeldPlace[];
  /** Files that it wrote whole, or removed, for a pull request. */
  readonly wrote?: readonly string[] | undefined;
  readonly removed?: readonly string[] | undefined;
  readonly source?: RecordedSource | undefined;
  /** The page of the run that made it. */
  readonly run?: string | undefined;
  readonly why?: string | undefined;
  /** A rollback's target. */
  readonly to?: ObjectId | undefined;
  /** The delivery whose values were promoted. */
  readonly from?: string | undefined;
}

/** A place as it is at the tip. */
export interface PlaceNow extends HeldPlace {
  /** Undefined where the file or the path isn't there (any more). */
  readonly value: string | undefined;
  /** The newest commit that says it set this place. */
  readonly writer: HistoryRecord | undefined;
  /** Another value stands there than that commit set; or none of ours set it. */
  readonly byHand: boolean;
  /** The commit of others by which it came back, after another value had stood there since the writer's; where that was asked. */
  readonly back?: ObjectId | undefined;
}

/** A file that was written whole and is there, and the newest commit that wrote it. */
export interface FileNow {
  readonly file: string;
  readonly writer: HistoryRecord;
}

/** What one branch of a config repo tells. */
export interface BranchHistory {
  readonly repo: string;
  readonly branch: string;
  readonly tip: ObjectId;
  /** Newest first, in the order in which they came onto the branch. */
  readonly records: readonly HistoryRecord[];
  /** The app repo's commits that they name, with the subjects that they tell. */
  readonly subjects: ReadonlyMap<ObjectId, string>;
  /** They reach down to the first commit. */
  readonly whole: boolean;
  readonly places: readonly PlaceNow[];
  /** Newest first, where they were asked for. */
  readonly files: readonly FileNow[];
  readonly holds: readonly Hold[];
  readonly waiting: readonly Waiting[];
  /** Of a branch that is yet to be made: what it would begin with. */
  readonly base?: Pick<BranchHistory, 'places' | 'holds'> | undefined;
}
