import { createInputs, type Input, sha256 } from './inputs.ts';
import type { FingerprintQuestion, InputReader } from './question.ts';
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

/** Works out the fingerprint. Throws Undecided, and Misread for what only shows once variables are replaced. */
export async function fingerprintOf(question: FingerprintQuestion, reader: InputReader): Promise<Fingerprint> {
  try {
    return await worked(question, reader, false);
  } catch (error) {
    if (!(error instanceof NeedsBase)) throw error;
    // A base's config is read only where which files are copied depends on its variables.
    return worked(question, reader, true);
  }
}

async function worked(question: FingerprintQuestion, reader: InputReader, withBase: boolean): Promise<Fingerprint> {
  const inputs = createInputs();
  const careful = new Set<string>();
  for (const [name, value] of question.settings) inputs.add('setting', name, value);
  const platforms: (readonly [string, string])[] = [];
  for (const { platform, needed } of question.platforms) {
    inputs.add('setting', `platform ${platform}`, '');
    const digest = await stageDigests({ question, platform, needed, reader, withBase, inputs, careful });
    platforms.push([platform, digest]);
  }
  const settings = [...question.settings].sort(byFirst);
  const hash = sha256(JSON.stringify(['tagboat fingerprint', version, settings, platforms.sort(byFirst)]));
  return { hash, inputs: inputs.all(), careful: [...careful] };
}

function byFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
