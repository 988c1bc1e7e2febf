import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import type { Needed } from '../dockerfile/stages.ts';
import type { TakenFiles, Taking } from './files.ts';
import type { Layout } from './layout.ts';

/** What the fingerprint of one image is made of, besides what has to be read. */
export interface FingerprintQuestion {
  readonly dockerfile: Dockerfile;
  /** The stages for each platform. */
  readonly platforms: readonly { readonly platform: string; readonly needed: Needed }[];
  readonly args: Readonly<Record<string, string>>;
  /** What else decides the result: the engine, a frontend's digest. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Whether the image is built again now and then, so that what is fetched without a checksum may stay until then. */
  readonly refreshes: boolean;
}

/** What has to be read for a fingerprint. Each may reject; whoever asks for the fingerprint knows what that means. */
export interface InputReader {
  /** The digest that a base image's name means. */
  readonly baseDigest: (reference: string, platform: string | undefined) => Promise<string>;
  /** The environment that a base image brings along. */
  readonly baseVariables: (reference: string, platform: string) => Promise<ReadonlyMap<string, string>>;
  /** What decides the image in an OCI layout. */
  readonly layoutDigest: (layout: Layout) => Promise<string>;
  /** The environment that an image in an OCI layout brings along. */
  readonly layoutVariables: (layout: Layout, platform: string) => Promise<ReadonlyMap<string, string>>;
  readonly files: (taking: Taking) => Promise<TakenFiles>;
}
