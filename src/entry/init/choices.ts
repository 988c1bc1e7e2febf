import type { SeenImage } from './find-images.ts';
import type { Offer } from './find-places.ts';

/** A value, and why it is that one: it stands as a comment beside it. */
export interface Choice {
  readonly value: string;
  readonly why: string | undefined;
}

/** Everything that files are written from. */
export interface Choices {
  readonly images: readonly SeenImage[];
  readonly registry: Choice;
  readonly aws: { readonly account: string; readonly region: string; readonly role: string } | undefined;
  /** The app repo, owner/name or its path on another host. */
  readonly app: string;
  readonly from: Choice;
  readonly delivery:
    | {
        readonly repo: Choice;
        readonly branch: Choice;
        readonly places: readonly Offer[];
        readonly application: Choice | undefined;
        readonly argocd: string | undefined;
      }
    | undefined;
  readonly ci: 'github' | 'gitlab';
}

/** A file that is to be written. */
export interface NewFile {
  readonly file: string;
  readonly text: string;
}
