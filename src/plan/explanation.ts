/** Which inputs of an image changed since it was last built. */
export type ImageExplanation =
  | {
      readonly is: 'compared';
      readonly image: string;
      /** The tag or digest of the image compared with. */
      readonly since: string;
      /** The fingerprint is the same one. */
      readonly same: boolean;
      readonly changes: readonly {
        readonly kind: string;
        readonly name: string;
        readonly how: 'changed' | 'added' | 'removed';
      }[];
      /** Inputs of the earlier image that weren't kept for want of room. */
      readonly leftOut: number;
    }
  | { readonly is: 'unknown'; readonly image: string; readonly why: string };
