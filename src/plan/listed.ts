/** What commands list and show of config repos. Pure data, as in plan.ts. */

import type { DeliveryPlan, Edit, Person, Source } from '../plan.ts';
import type { ObjectId } from '../wire/git/pack/object.ts';
import type { Health } from './deploy.ts';
import type { HeldPlace, Hold, HoldChange } from './holds.ts';
import type { DeclinedProposal, OpenProposal } from './pull-request.ts';

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

/** Hours of some weekdays. */
export interface OpenHours {
  /** As it was written. */
  readonly text: string;
  /** 1 is Monday, 7 Sunday: the days on which it begins. */
  readonly days: readonly number[];
  /** Minutes of the day; where `to` isn't the later one, it is of the next day. */
  readonly from: number;
  readonly to: number;
  /** IANA's name, such as Europe/Berlin. */
  readonly zone: string;
}

/** Days on which nothing is promoted, the last one among them. */
export interface FrozenDays {
  readonly text: string;
  /** `2026-12-20`, or of every year `12-20`; `first` may be the later one then, over the end of the year. */
  readonly first: string;
  readonly last: string;
  readonly zone: string;
}

/** A delivery that gets the values of another one, and when. */
export interface AfterPlan {
  /** The delivery whose values it gets. */
  readonly name: string;
  /** How long they must have been there. */
  readonly soakMs: number;
  /** Empty: at any time. */
  readonly windows: readonly OpenHours[];
  readonly freezes: readonly FrozenDays[];
}

/** Why values aren't promoted yet. */
export type NotYet =
  /** They are there already. */
  | { readonly is: 'nothing' }
  | { readonly is: 'soaking'; readonly until: string }
  /** What Argo CD shows of the first delivery. */
  | {
      readonly is: 'unhealthy';
      readonly application: string;
      readonly health: Health | 'progressing';
      readonly why: string;
    }
  /** `opens` is when that and every other window and freeze lets it through; undefined where none is in sight. */
  | { readonly is: 'closed'; readonly opens: string | undefined; readonly zone: string }
  | { readonly is: 'frozen'; readonly text: string; readonly until: string; readonly zone: string }
  | { readonly is: 'held'; readonly hold: Hold }
  /** It is proposed already, with just these values. */
  | { readonly is: 'proposed'; readonly proposal: OpenProposal }
  /** It was proposed with just these values, and somebody closed that without merging: a newer value is proposed again. */
  | { readonly is: 'declined'; readonly proposal: DeclinedProposal }
  /** The place has a newer commit of the app repo, or one of another line. */
  | { readonly is: 'older' | 'otherLine'; readonly file: string; readonly path: string; readonly theirs: ObjectId }
  /** The first delivery's value was set by hand: it is promoted by name alone. */
  | { readonly is: 'byHand'; readonly file: string; readonly path: string }
  /** Something couldn't be found out, which is no yes. */
  | { readonly is: 'unknown'; readonly why: string };

/** One delivery with `after`, as it was decided. */
export interface Candidate {
  readonly delivery: string;
  readonly after: string;
  /** What would be promoted, those that differ alone. */
  readonly values: readonly {
    readonly file: string;
    readonly path: string;
    readonly now: string | undefined;
    readonly to: string;
  }[];
  /** Since when the values are in the first delivery. */
  readonly since: string | undefined;
  readonly due: boolean;
  /** Empty exactly when it is due. */
  readonly notYet: readonly NotYet[];
  /** Undefined where nothing says whether the first delivery is healthy: it has no application, and that it landed counts. */
  readonly healthy: boolean | undefined;
}

/** The commit that a delivery is of: what is promoted is of another one than is checked out, or of none that is known. */
export function sourceBehind(
  { promotes }: Pick<DeliveryPlan, 'promotes'>,
  source: Source | undefined,
): Source | undefined {
  if (promotes === undefined || source === undefined) return source;
  return promotes.of === undefined ? undefined : { ...source, commit: promotes.of, pullRequest: undefined };
}
