import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import type { Needed } from '../dockerfile/stages.ts';
import type { TakenFiles, Taking } from './files.ts';
import { createInputs, type Input, sha256 } from './inputs.ts';
import type { Layout } from './layout.ts';
import { stageDigests } from './stage.ts';
import { NeedsBase } from './standing.ts';

/** The encoding that docs/fingerprint.md describes. Another one gives every image a new fingerprint. */
const version = 1;

/** All that decides an image's content, hashed. */
export interface Fingerprint {
  /** 64 hex digits. */
  readonly hash: string;
  readonly inputs: readonly Input[];
  /** Where it is more careful than it would have to be, as sentences. */
  readonly careful: readonly string[];
}

/** What the fingerprint of one image is made of, besides what has to be read. */
export interface Question {
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
export interface Reading {
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

/** Works out the fingerprint. Throws Undecided, and Misread for what only shows once variables are replaced. */
export async function fingerprintOf(question: Question, reading: Reading): Promise<Fingerprint> {
  try {
    return await worked(question, reading, false);
  } catch (error) {
    if (!(error instanceof NeedsBase)) throw error;
    // A base's config is read only where which files are copied depends on its variables.
    return worked(question, reading, true);
  }
}

async function worked(question: Question, reading: Reading, withBase: boolean): Promise<Fingerprint> {
  const inputs = createInputs();
  const careful = new Set<string>();
  for (const [name, value] of question.settings) inputs.add('setting', name, value);
  const platforms: (readonly [string, string])[] = [];
  for (const { platform, needed } of question.platforms) {
    inputs.add('setting', `platform ${platform}`, '');
    const digest = await stageDigests({ question, platform, needed, reading, withBase, inputs, careful });
    platforms.push([platform, digest]);
  }
  const settings = [...question.settings].sort(byFirst);
  const hash = sha256(JSON.stringify(['tagboat fingerprint', version, settings, platforms.sort(byFirst)]));
  return { hash, inputs: inputs.all(), careful: [...careful] };
}

function byFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
