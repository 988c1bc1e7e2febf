/** The values of holds: places in a config repo that later runs leave alone. Pure data, as in plan.ts. */

import type { ValueType } from './value.ts';

/** One value of one file. */
export interface HeldPlace {
  readonly file: string;
  readonly path: string;
}

/** A hold as `.tagboat/holds.json` has it. Times are ISO 8601. */
export interface Hold extends HeldPlace {
  /** The only value that may be set meanwhile. */
  readonly value: string;
  /** Who wants it so. */
  readonly by: string;
  readonly why: string;
  readonly since: string;
  /** When it ends by itself; without it, when it is released. */
  readonly until?: string | undefined;
  /** The app and the delivery that it was made for, for people. */
  readonly app?: string | undefined;
  readonly delivery?: string | undefined;
}

/**
 * What a config commit does to the holds, beside its edits. A commit that holds a place may set it, whatever held it
 * before, and so may one that releases it.
 */
export type HoldChange =
  | (Omit<Hold, keyof HeldPlace | 'value' | 'since'> & {
      readonly is: 'hold';
      /** Without a value: the one that the place has once the edits are made. */
      readonly places: readonly (HeldPlace & { readonly value?: string | undefined })[];
    })
  | { readonly is: 'release'; readonly places: readonly HeldPlace[] }
  /** A file that can't be read is written anew with those of its holds that are sound. */
  | { readonly is: 'repair'; readonly places: readonly [] };

/** The earlier values of some places, as a rollback puts them back. */
export interface EarlierValues {
  /** The values then, and as they are now, in the places' order. */
  readonly values: readonly string[];
  readonly now: readonly string[];
  /** The types of the values then, where they can be written as those. */
  readonly types: readonly (ValueType | undefined)[];
  /** Tagboat's commits that are undone, newest first; with each, the app repo's commit that it brought, where it tells. */
  readonly undone: readonly {
    readonly commit: string;
    readonly subject: string;
    readonly source?: string | undefined;
  }[];
  /** Where the values came from: the trailer `Tagboat-Source` of the delivery that brought them. */
  readonly source: string | undefined;
}

/** Where the values of a promotion come from. */
export interface PromotedPlan {
  /** The delivery that has them, and where. */
  readonly name: string;
  readonly repo: string;
  readonly branch: string;
  readonly places: readonly HeldPlace[];
  /** In the places' order, as they were at that tip. */
  readonly values: readonly string[];
  readonly tip: string;
  /** What the same run promotes to those places: that they have it is no move. */
  readonly byUs: readonly (string | undefined)[];
  /** The app repo's commit that they are from; undefined where nothing says so. */
  readonly of: string | undefined;
  /** Should they move meanwhile, the same run decides anew: that is no failure yet. */
  readonly again?: boolean | undefined;
}
