/** What is known of where a commit of the app repo is. Pure data, as in plan.ts. */

import type { Relation } from '../wire/git/ancestry.ts';
import type { ObjectId } from '../wire/git/pack/object.ts';
import type { Health } from './deploy.ts';
import type { PlaceNow } from './history.ts';
import type { Hold } from './holds.ts';
import type { Candidate, Waiting } from './listed.ts';
import type { OpenProposal } from './pull-request.ts';

/** A place, and what the commit behind its value is to the one that is asked about. */
export interface PlaceStanding extends PlaceNow {
  readonly service: string;
  /** The app repo's commit that the value is from, where something tells. */
  readonly from: ObjectId | undefined;
  /** What `from` is to the commit: `same` and `descendant` have it. */
  readonly is: Relation;
  /** The config commit since which it has been there without a break, and when that landed. */
  readonly since?: { readonly commit: ObjectId; readonly at: string; readonly orEarlier: boolean } | undefined;
}

/** What keeps a commit from an environment. */
export type Obstacle =
  | { readonly is: 'held'; readonly hold: Hold }
  | { readonly is: 'waiting'; readonly change: Waiting; readonly ahead: number }
  | { readonly is: 'proposed'; readonly proposal: OpenProposal }
  | { readonly is: 'rolledBack'; readonly by: string; readonly at: string; readonly why: string | undefined }
  | { readonly is: 'byHand'; readonly file: string; readonly path: string; readonly value: string }
  /** The file or the path isn't there any more. */
  | { readonly is: 'gone'; readonly file: string; readonly path: string }
  /** `takes` are the branches or tags that the delivery takes, `on` those that have the commit. */
  | { readonly is: 'notTaken'; readonly takes: readonly string[]; readonly on: readonly string[] }
  | { readonly is: 'notBuilt'; readonly images: readonly string[] }
  /** The value there is of another line of the app repo's history. */
  | { readonly is: 'otherLine'; readonly from: ObjectId }
  /** How the two stand couldn't be found out. */
  | { readonly is: 'unknown'; readonly why: string }
  /** It comes after another delivery: what keeps it from being promoted, or no `candidate` where that one hasn't got it. */
  | { readonly is: 'notPromoted'; readonly after: string; readonly candidate: Candidate | undefined }
  /** Nothing is in the way: no run has delivered it yet. */
  | { readonly is: 'notDelivered' };

/** What Argo CD shows of an application at one look. */
export interface LiveLook {
  readonly application: string;
  /** `progressing`: no verdict yet. */
  readonly is: Health | 'progressing';
  readonly why: string;
  readonly revision: string | undefined;
  /** Since when its health is what it is. */
  readonly since: string | undefined;
}

/** One environment: all places of a delivery. */
export interface DeliveryStanding {
  readonly delivery: string;
  readonly repo: string;
  readonly branch: string;
  /** `partly`: some of its places have it. */
  readonly is: 'there' | 'partly' | 'notThere' | 'unknown';
  readonly places: readonly PlaceStanding[];
  readonly obstacles: readonly Obstacle[];
  /** Undefined where nobody was asked; `notAsked` says why. */
  readonly live?: readonly LiveLook[] | undefined;
  readonly notAsked?: string | undefined;
}

/** An image of the commit, as its registry has it. */
export interface ImageStanding {
  readonly name: string;
  readonly reference: string;
  /** `unknown`: it couldn't be asked, and `why`. */
  readonly is: 'built' | 'notBuilt' | 'unknown';
  readonly digest?: string | undefined;
  readonly why?: string | undefined;
}
