/** What became of the images and config commits of a run, or would. Pure data, as in plan.ts. */

import type { ErrorReport } from '../errors.ts';
import type { Engine } from '../plan.ts';
import type { HookForm } from '../wire/hook/forms.ts';
import type { Verdict } from './deploy.ts';
import type { HoldChange } from './holds.ts';
import type { LeftOut } from './image.ts';
import type { WrittenFile } from './pull-request.ts';
import type { ValueType } from './value.ts';

export interface PushedImage {
  readonly name: string;
  /** `host/repository:tag`. */
  readonly reference: string;
  /** Its other tags, where it is to have more than one. */
  readonly tags?: readonly string[] | undefined;
  /** `sha256:…` as read back from the registry. */
  readonly digest: string;
}

/** An image that the registry has now, and how it came there. */
export type ImagePushed =
  | (PushedImage & {
      readonly is: 'built';
      readonly engine: Engine;
      /** Why this engine, as a sentence. */
      readonly why: string;
      readonly seconds: number;
    })
  | (PushedImage & { readonly is: 'reused'; readonly why: string; readonly seconds: number });

/** An image that isn't built, because nothing would come of it. */
export interface SkippedImage {
  readonly is: 'skipped';
  readonly name: string;
  /** `host/repository:tag`, which may not be there. */
  readonly reference: string;
  /** A whole sentence. */
  readonly why: string;
  /** In a plan: whether it would be built can't be told here. */
  readonly unknown?: boolean | undefined;
}

/** What became of one image. */
export type ImageOutcome = ImagePushed | SkippedImage;

/** A dry run's answer: what would become of one image, and what it would not get for want of a value. */
export type ImagePreview = { readonly leftOut?: readonly LeftOut[] | undefined } & (
  | (Omit<PushedImage, 'digest'> & {
      readonly is: 'built';
      readonly engine: Engine;
      readonly why: string;
      /** What it will be found by in later runs, 64 hex digits; or why it is built every time, as a sentence. */
      readonly fingerprint?: string;
      readonly undecided?: string;
      /** Why an image of the same input that is there isn't used, as a sentence. */
      readonly anew?: string;
      /** Why one that may be in another repository isn't used, as sentences. */
      readonly troubles?: readonly string[];
      /** Where the fingerprint takes in more than it would have to, as sentences. */
      readonly careful?: readonly string[];
    })
  | (PushedImage & { readonly is: 'reused'; readonly why: string })
);

/** One value as it was and as it is. */
export interface Change {
  readonly file: string;
  readonly path: string;
  /** Undefined when the path was created. */
  readonly before: string | undefined;
  readonly after: string;
  /** Lines of the aliases of this value, or of what it is in: these places have changed with it. */
  readonly aliases?: readonly number[] | undefined;
  /** The line of a digest beside the tag that was set, which readers take instead of it. */
  readonly digest?: number | undefined;
  /** What it stands in the place of: the tag, newTag or digest that was there before, whose value `before` is. */
  readonly replaces?: string | undefined;
  /** Where the value is of another type than the one before, or is text that looks like something else. */
  readonly types?: { readonly before: ValueType | 'nothing'; readonly after: ValueType } | undefined;
}

interface AtConfigRepo {
  readonly delivery: string;
  readonly repo: string;
  readonly branch: string;
}

/** What became of one config commit. */
export type CommitOutcome =
  | (AtConfigRepo & {
      readonly is: 'landed';
      /** The config commit's id. */
      readonly commit: string;
      readonly parent: string;
      readonly changes: readonly Change[];
      /** Files that it wrote whole, or removed. */
      readonly written?: readonly WrittenFile[] | undefined;
      /** Unified diff of the files. */
      readonly diff: string;
      /** Pushes tried, 1 when nobody was in the way. */
      readonly attempts: number;
      /** What it did to the holds, with the values that are held. */
      readonly holds?: HoldChange | undefined;
    })
  | (AtConfigRepo & {
      /** Waits for review, on a branch of its own. */
      readonly is: 'proposed';
      readonly pullRequest: { readonly number: number; readonly url: string };
      /** The branch that is proposed, and its commit. */
      readonly head: string;
      readonly commit: string;
      readonly changes: readonly Change[];
      readonly diff: string;
      /** What this run did: made it, brought it up to date, or found it as it is to be. */
      readonly did: 'created' | 'updated' | 'nothing';
    })
  | (AtConfigRepo & { readonly is: 'unchanged'; readonly tip: string })
  | (AtConfigRepo & { readonly is: 'superseded'; readonly by: string; readonly why: string })
  | (AtConfigRepo & {
      readonly is: 'held';
      readonly by: string;
      readonly why: string;
      readonly until: string | undefined;
    });

/** One object of the manifests that differs. */
export interface RenderedObject {
  readonly is: 'added' | 'changed' | 'removed';
  readonly kind: string;
  /** Empty where the manifest names none. */
  readonly namespace: string;
  readonly name: string;
}

/** The manifests of one source, as they were and as they would be. */
export interface Rendered {
  readonly application?: string | undefined;
  /** The program that made them: `helm template`, `kustomize build`, `kubectl kustomize`; `plain` YAML needs none. */
  readonly by: string;
  readonly folder: string;
  readonly objects: readonly RenderedObject[];
  /** Unified diff of those objects. Values of Secrets don't stand in it. */
  readonly diff: string;
  /** Why there are none, as a sentence. */
  readonly failed?: string | undefined;
  /** What else there is to know, as sentences. */
  readonly notes: readonly string[];
}

/** A dry run's answer: what would land. */
export interface CommitPreview extends AtConfigRepo {
  /** The branch's, or that of the one from which it is to be made. */
  readonly tip: string;
  /** The branch isn't there: it is made by what lands. */
  readonly isNew?: true | undefined;
  readonly changes: readonly Change[];
  readonly written?: readonly WrittenFile[] | undefined;
  readonly diff: string;
  /** What becomes of the manifests, where that was asked for. */
  readonly rendered?: readonly Rendered[] | undefined;
  /** What the run would end as instead of landing this. */
  readonly instead?: Extract<CommitOutcome, { is: 'superseded' | 'held' }> | undefined;
  /** What it would do to the holds, with the values that would be held. */
  readonly holds?: HoldChange | undefined;
}

/** A rollback's commit, and what became of it. */
export interface RolledBack {
  readonly commit: CommitOutcome;
  readonly verdicts: readonly Verdict[];
}

/** A run's end. `errors` is empty exactly when everything asked for is done. */
export interface RunResult {
  readonly exitCode: number;
  /** A config commit landed. */
  readonly changed: boolean;
  readonly images: readonly ImageOutcome[];
  readonly commits: readonly CommitOutcome[];
  readonly verdicts: readonly Verdict[];
  /** Where a delivery came out unhealthy and is to go back then. */
  readonly rollbacks: readonly RolledBack[];
  readonly errors: readonly ErrorReport[];
}

/** How a delivery of a run can end, in the words of its commit and its verdict. */
export const deliveryEnds = [
  ...(['landed', 'proposed', 'unchanged', 'superseded', 'held'] as const),
  ...(['healthy', 'degraded', 'syncFailed', 'timedOut', 'unknown'] as const),
  ...(['rolledBack', 'failed', 'interrupted'] as const),
];
export type DeliveryEnd = (typeof deliveryEnds)[number];
/** Those that `failed` stands for in a list of what is told. */
export const badEnds: readonly DeliveryEnd[] = ['failed', 'degraded', 'syncFailed', 'timedOut', 'unknown'];
/** What is told where nobody chose. */
export const usuallyTold: readonly DeliveryEnd[] = ['landed', 'healthy', 'rolledBack', 'failed'];

/** Commands that deliver or see a delivery's end; what others commit (a hold) is none. */
export const delivering: readonly string[] = ['ship', 'commit', 'wait', 'promote', 'rollback'];

/** Whom to tell of deliveries' ends. */
export interface HookPlan {
  /** Name of the variable with the URL. */
  readonly variable: string;
  readonly as: HookForm;
  readonly on: readonly DeliveryEnd[];
  /** Undefined: all of them. */
  readonly deliveries: readonly string[] | undefined;
  /** A template. */
  readonly text: string | undefined;
  /** Name of the variable with the key that signs. */
  readonly secret: string | undefined;
}
