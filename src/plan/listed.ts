/** What commands list and show of config repos. Pure data, as in plan.ts. */

import type { Edit, Person } from '../plan.ts';
import type { ObjectId } from '../wire/git/pack/object.ts';
import type { HeldPlace, Hold, HoldChange } from './holds.ts';

/** A hold as it stands in a config repo. */
export interface StandingHold extends Hold {
  /** Its time is over: it counts as none, and goes with the next change to the holds. */
  readonly ended: boolean;
}

/** A change that waits in a branch's queue, in the order in which it is to land. Times are ISO 8601. */
export interface Waiting {
  readonly id: string;
  readonly publishedAt: string;
  /** What it is; undefined for one that can't be read, or lacks the key's code. Nobody lands it. */
  readonly change:
    | {
        readonly expiresAt: string;
        readonly author: Person;
        /** First line of its message. */
        readonly subject: string;
        /** The app repo's commit that it came from. */
        readonly source: ObjectId | undefined;
        /** `expects` is the value that the edit may replace. */
        readonly edits: readonly (Edit & { readonly expects?: string | undefined })[];
        readonly holds: HoldChange | undefined;
      }
    | undefined;
}

/** A place and the one whose value it gets. */
export interface PlacePair {
  readonly from: HeldPlace;
  readonly to: HeldPlace;
}
