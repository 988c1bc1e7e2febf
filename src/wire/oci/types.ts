import type { Readable } from 'node:stream';

/** `sha256:` and 64 hex digits (OCI image spec, descriptor.md). */
export type Digest = `sha256:${string}`;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string } | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly artifactType?: string | undefined;
  /** Where else the content lies, for what a registry must not hand on. */
  readonly urls?: readonly string[] | undefined;
}

/** A manifest or index exactly as the registry holds it: its digest is that of `bytes`. */
export interface ManifestBytes {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** How a blob came to be in a repository. */
export type BlobPush = 'exists' | 'mounted' | 'uploaded';

/** A blob to send. `open` is called once a try, so a failed upload can begin again. */
export interface BlobSource {
  readonly digest: Digest;
  readonly size: number;
  readonly open: () => Readable;
  /** The bytes from `start` on, for a source that can begin there: an upload that was cut then reads nothing twice. */
  readonly openAt?: (start: number) => Readable;
}

/** One registry, spoken to by the OCI distribution spec. Every digest that comes in is verified. Throws OciFailure. */
export interface OciClient {
  readonly host: string;
  /** Says that this run writes to a repository: what is asked there is then asked with those rights. */
  writesTo(repository: string): void;
  /** Begins an upload and drops it: whoever may not push, or has no repository there, learns it before anything is sent. */
  tryPush(repository: string): Promise<void>;
  /** The descriptor behind a tag or digest, or undefined when there is none. */
  headManifest(repository: string, reference: string): Promise<Descriptor | undefined>;
  /** The manifest or index behind a tag or digest, or undefined when there is none. At most 4 MiB. */
  getManifest(repository: string, reference: string): Promise<ManifestBytes | undefined>;
  /**
   * Puts it under a tag or its digest; one with a `subject` is among that one's referrers then. An immutable tag that
   * already has this digest is a success.
   */
  putManifest(repository: string, reference: string, manifest: ManifestBytes): Promise<void>;
  /** Its size in bytes, or undefined when the repository doesn't have it. */
  hasBlob(repository: string, digest: Digest): Promise<number | undefined>;
  /** The blob as a stream that fails at its end unless length and digest are right. */
  getBlob(repository: string, descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<Readable>;
  /** What refers to a manifest, as far as the registry or those who pushed it keep a list of it. */
  referrers(repository: string, digest: Digest): Promise<readonly Descriptor[]>;
  /** Makes the repository have the blob: there already, mounted from a sibling repository, or uploaded in chunks. `absent`: probably not there, so it isn't asked after first. */
  pushBlob(repository: string, blob: BlobSource, from?: readonly string[], absent?: boolean): Promise<BlobPush>;
}
