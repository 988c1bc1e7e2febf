/** Stands in an image's tag for what it is made of, until that is known. Tags have no braces, so it is nothing else. */
export const contentVariable = '{content}';

/** How layers are compressed. */
export type Compression = 'gzip' | 'zstd';

/** What BuildKit says about an image it builds, kept beside the image in its index (in-toto statements). */
export interface Attest {
  /** A list of what is in the image; a text names the image of the generator, `true` is BuildKit's own. */
  readonly sbom: boolean | string;
  /** How it was built (SLSA provenance). `max` tells build arguments and sources too. */
  readonly provenance: 'max' | 'min' | false;
}

/** A build context by its name: what a Dockerfile's FROM, `--from` and mounts may mean instead of a stage or an image. */
export type NamedContext = { readonly name: string } & (
  | { readonly is: 'folder'; readonly dir: string }
  | { readonly is: 'image'; readonly reference: string }
  /** An OCI image layout (OCI image spec, image-layout.md). Without tag and digest, the tag is `latest`. */
  | {
      readonly is: 'layout';
      readonly dir: string;
      readonly tag: string | undefined;
      readonly digest: string | undefined;
    }
  /** What the builder fetches: a git repository, or a file by http. */
  | { readonly is: 'fetched'; readonly url: string }
);

/** What a BuildKit daemon's certificate is checked with, and ours for it: files of this machine, by absolute paths. */
export interface BuilderTls {
  /** The CA that signed the daemon's certificate. */
  readonly ca: string;
  readonly client: { readonly cert: string; readonly key: string } | undefined;
  /** The name in the daemon's certificate. Undefined: the host of its address. */
  readonly serverName: string | undefined;
}

/** Which builder the buildx engine uses. */
export interface BuilderPlan {
  /** A builder's name, or the address of a BuildKit daemon (`tcp://…`, `unix://…`). */
  readonly builder: string | undefined;
  /** For a daemon that is reached by TLS. */
  readonly builderTls?: BuilderTls | undefined;
}

/** Whose signature an image must have. */
export interface RequiredSignature {
  /** The OpenID Connect issuer. */
  readonly issuer: string;
  /** The certificate's name, a pattern as branches have. */
  readonly subject: string;
  /** The file of sigstore's trusted root. */
  readonly trustRoot: string;
}

/** What an image must have to be delivered. */
export interface Required {
  readonly signed?: RequiredSignature | undefined;
  readonly sbom?: boolean | undefined;
}

/** Where signatures come from: URLs of a certificate authority and of a transparency log, sigstore's own or others. */
export interface SignPlan {
  readonly fulcio: string;
  readonly rekor: string;
}

/** A label or an annotation. */
export interface Mark {
  readonly name: string;
  /** As the config has it. This counts in a fingerprint: what its variables come to is another thing at each commit. */
  readonly template: string;
  /** Undefined: a variable of it is unknown in this run, so the image doesn't get it. */
  readonly value: string | undefined;
}

/** The names and values of those that this run has a value for. */
export function givenMarks(
  marks: readonly Mark[] | undefined = [],
): readonly (readonly [name: string, value: string])[] {
  return marks.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
}

/** A tag, label or annotation that an image doesn't get in this run. */
export interface LeftOut {
  /** Where the config has it: `tags[1]`, `labels.NAME`. */
  readonly key: string;
  readonly template: string;
  /** As the end of a sentence. */
  readonly why: string;
}

/** A secret that a RUN may mount by its id. A file is absolute. */
export type BuildSecret =
  | { readonly id: string; readonly from: 'env'; readonly variable: string }
  | { readonly id: string; readonly from: 'src'; readonly file: string };

/** What a RUN may reach other machines by with SSH, by its id: a key's file, absolute, or the agent. */
export interface BuildSsh {
  readonly id: string;
  /** Undefined: the agent at SSH_AUTH_SOCK. */
  readonly key: string | undefined;
}

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
