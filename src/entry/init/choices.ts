import type { SeenImage } from './find-images.ts';
import type { Offer } from './find-places.ts';

/** A value, and why it is that one: it stands as a comment beside it. */
export interface Chosen {
  readonly value: string;
  readonly why: string | undefined;
}

/** Everything that files are written from. */
export interface Choices {
  readonly images: readonly SeenImage[];
  /** Those that are there and aren't wanted. */
  readonly others: readonly SeenImage[];
  readonly registry: Chosen;
  readonly aws: { readonly account: string; readonly region: string; readonly role: string } | undefined;
  /** The app repo, owner/name or its path on another host; that host, with its port and folder, where origin tells of one. */
  readonly app: string;
  readonly host: string | undefined;
  readonly from: Chosen;
  readonly delivery:
    | {
        readonly repo: Chosen;
        readonly branch: Chosen;
        readonly places: readonly Offer[];
        readonly application: Chosen | undefined;
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
