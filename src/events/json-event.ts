import type { Event, Happening } from '../events.ts';
import type { Verdict } from '../plan/deploy.ts';
import type { Finding } from '../plan/finding.ts';
import type { HistoryRecord } from '../plan/history.ts';
import type { HeldPlace, Hold } from '../plan/holds.ts';
import type { ImageExplanation } from '../plan/image.ts';
import type { Candidate, PlacePair, StandingHold, Waiting } from '../plan/listed.ts';
import type { Change, CommitPreview, ImagePreview, RunResult, SkippedImage } from '../plan/outcome.ts';
import type { OpenProposal } from '../plan/pull-request.ts';
import type { DeliveryStanding, ImageStanding, LiveLook } from '../plan/where.ts';
import type { Person } from '../plan.ts';

interface Due {
  /** With `promote --due`: each delivery with `after`, and why it isn't due yet. */
  readonly candidates?: readonly Candidate[] | undefined;
}

/** What a run did. */
export interface RunValue extends Omit<RunResult, 'exitCode' | 'errors'>, Due {
  /** Of the first image. */
  readonly tag: string | undefined;
}

/** What became of the applications. */
export interface WaitValue {
  readonly verdicts: readonly Verdict[];
}

/** What would become of images and config repos, and with `--explain` what changed about the images. */
export interface PlanValue {
  readonly images: readonly (ImagePreview | SkippedImage)[];
  readonly deliveries: readonly CommitPreview[];
  readonly explanations?: readonly ImageExplanation[] | undefined;
  /** What it was planned as, and what can't be known here, as sentences. */
  readonly notes?: readonly string[] | undefined;
}

/** Which place would get whose value, and what would be committed. */
export interface PairsValue extends Due {
  readonly pairs: readonly PlacePair[];
  readonly deliveries: readonly CommitPreview[];
}

interface Branch {
  readonly repo: string;
  readonly branch: string;
}

/** What is held on each branch, whichever app and delivery it was held for. */
export interface HoldsValue {
  readonly branches: readonly (Branch & { readonly holds: readonly StandingHold[] })[];
}

/** What waits on each branch. */
export interface QueueValue {
  readonly queues: readonly (Branch & { readonly waiting: readonly Waiting[] })[];
}

/** One thing that became of a delivery, as its commit tells it. Times are ISO 8601. */
export interface DeliveryEvent extends HistoryRecord, Branch {
  /** What it was about, in a word each. */
  readonly services: readonly string[];
  /** When Argo CD had it healthy, where that was kept. */
  readonly healthyAt?: string | undefined;
  /** From the app repo's commit to the config repo's, and from that to healthy; undefined where that isn't known. */
  readonly leadSeconds?: number | undefined;
  readonly healthySeconds?: number | undefined;
}

/** What was delivered, newest first. */
export interface HistoryValue {
  readonly entries: readonly DeliveryEvent[];
  /** What waits for review, of deliveries that are proposed; by which pull request, as far as the host tells. */
  readonly proposals?: readonly (Branch & { readonly delivery: string; readonly proposal: OpenProposal })[] | undefined;
  /** Commits of others among them, which changed none of the values. */
  readonly others: number;
  /** Why nobody was asked about healthy times that are kept somewhere. */
  readonly notAsked?: string | undefined;
  /** All commits of the branches were read. */
  readonly whole: boolean;
}

/** Where a commit of the app repo is. What isn't in the checkout is known by its id alone. Times are ISO 8601. */
export interface WhereValue {
  readonly commit: string;
  readonly subject: string | undefined;
  readonly author: Person | undefined;
  readonly committedAt: string | undefined;
  readonly url: string | undefined;
  /** Branches and tags that have it, as far as the checkout tells. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly images: readonly ImageStanding[];
  readonly deliveries: readonly DeliveryStanding[];
}

/** One service in one environment. Times are ISO 8601. */
export interface StatusRow extends Branch, HeldPlace {
  readonly service: string;
  readonly delivery: string;
  /** Undefined where the file or the path isn't there. */
  readonly value: string | undefined;
  /** The app repo's commit that it is from, where something tells, and its repository and subject. */
  readonly commit: string | undefined;
  readonly url: string | undefined;
  readonly subject: string | undefined;
  /** Who set it and when, and by which commit of the config repo. */
  readonly by: string | undefined;
  readonly at: string | undefined;
  readonly configCommit: string | undefined;
  /** Somebody set it to something else since the last delivery. */
  readonly byHand: boolean;
  readonly hold: Hold | undefined;
  /** What waits for review. */
  readonly proposed?: OpenProposal | undefined;
  /** What it is to get from the delivery that it comes after, and why not yet. */
  readonly candidate?: Candidate | undefined;
  /** Commits behind the environment that has the most of this service, as far as the checkout's git can count them. */
  readonly behind: number | undefined;
  /** What Argo CD shows of the delivery's applications, or why it wasn't asked. */
  readonly live: readonly LiveLook[] | undefined;
  readonly notAsked: string | undefined;
}

/** What is where. */
export interface StatusValue {
  readonly rows: readonly StatusRow[];
}

/** Where the dashboard was served, or which files it was written to. */
export interface UiValue {
  readonly url?: string | undefined;
  readonly dir?: string | undefined;
  readonly files?: readonly string[] | undefined;
}

/** What an edit of a local file did, or would do. */
export interface EditValue {
  readonly file: string;
  readonly changes: readonly Change[];
  readonly diff: string;
  readonly written: boolean;
}

/** The files that were written, or would be. */
export interface InitValue {
  readonly files: readonly { readonly file: string; readonly text: string }[];
  readonly written: boolean;
}

/** The files that were written, or would be, and what was done with each step. */
export interface MigrateValue {
  readonly files: readonly {
    readonly file: string;
    readonly before: string | undefined;
    readonly after: string;
  }[];
  readonly findings: readonly {
    readonly file: string;
    readonly line: number;
    readonly job: string;
    readonly step: string;
    /** replaced: Tagboat does it now. kept: it is no part of a delivery, or prepares one. left: it can't be taken over. */
    readonly is: 'replaced' | 'kept' | 'left' | 'note';
    readonly text: string;
  }[];
  readonly written: boolean;
}

/** What was found, and what `--fix` mended; with `--trust-policy`, who may assume the role. */
interface DoctorValue {
  readonly findings: readonly Finding[];
  readonly mended?: readonly Pick<Finding, 'code' | 'message'>[];
  /** With `--host`: each config repo's host, what of its kind is proved without it, and what it allows. */
  readonly hosts?: readonly {
    readonly repo: string;
    readonly host: string;
    readonly proved: string;
    readonly answers: readonly {
      readonly asks: string;
      readonly is: 'yes' | 'no' | 'unknown';
      /** The host's words, or why nobody knows. */
      readonly said?: string | undefined;
    }[];
  }[];
  readonly mayAssume?: readonly string[];
  readonly verdict?: 'allowed' | 'refused' | 'denied' | 'unknown' | undefined;
  /** The smallest policy that does what is wanted. */
  readonly policy?: string | undefined;
}

/** The config file, and the variables that it names and that aren't set. */
interface ValidateValue {
  readonly file: string;
  readonly unset: readonly string[];
}

interface DemoValue {
  /** What each run's result would be. */
  readonly runs: readonly unknown[];
  readonly proofs?: readonly { readonly about: string; readonly command: string; readonly output: string }[];
}

/** The last event of a command. Its value is null where an error kept the command from making one. */
type ResultOf<C extends string, V> = Omit<Extract<Event, { type: 'result' }>, 'command' | 'value'> & {
  readonly command: C;
  readonly value: V | null;
};

type Result =
  | ResultOf<'ship' | 'build' | 'commit' | 'rollback' | 'retire' | 'hold' | 'unhold' | 'release', RunValue>
  | ResultOf<'promote', RunValue | PairsValue>
  | ResultOf<'wait', WaitValue>
  | ResultOf<'plan', PlanValue>
  | ResultOf<'holds', HoldsValue>
  | ResultOf<'queue', QueueValue>
  | ResultOf<'history', HistoryValue>
  | ResultOf<'where', WhereValue>
  | ResultOf<'status', StatusValue>
  | ResultOf<'ui', UiValue>
  | ResultOf<'edit', EditValue>
  | ResultOf<'init', InitValue>
  | ResultOf<'migrate', MigrateValue>
  | ResultOf<'doctor', DoctorValue>
  | ResultOf<'validate', ValidateValue>
  | ResultOf<'demo', DemoValue>
  /** A schema, or the help. */
  | ResultOf<'schema' | 'help' | 'completion', { readonly [key: string]: unknown }>;

/** A line of what `--json` prints. `npm run reference` makes `tagboat.events.schema.json` of this type. */
export type JsonEvent = (Exclude<Happening, { type: 'result' }> & Pick<Event, 'at'>) | Result;
