import { readFile } from 'node:fs/promises';
import { TagboatError } from '../../errors.ts';
import { sha256 } from '../fingerprint/inputs.ts';
import { otherOptions } from '../fingerprint/settings.ts';
import type { ImageJob } from '../job.ts';
import type { TakeFiles } from './take-fingerprint.ts';

/**
 * A hash of what can be told of an input that is undecided: the commit, the Dockerfile, the options, and all files of the
 * contexts. Two builds with the same one, at the same time, are equally good; for a later build it proves nothing.
 * Undefined where even this can't be told.
 */
export async function knownPart({ run, image }: ImageJob, files: TakeFiles): Promise<string | undefined> {
  const { target, args, platforms, engine, contexts = [] } = image;
  const { commit, dirty } = run.source;
  try {
    const dockerfile = (await readFile(image.dockerfile)).toString('base64');
    const folders = [undefined, ...contexts.flatMap((one) => (one.is === 'folder' ? [one.dir] : []))];
    const taken = await Promise.all(folders.map((folder) => files(image, { source: '.', folder })));
    const named = contexts.map((one) => (one.is === 'folder' ? [one.name] : Object.entries(one)));
    const options = [target ?? null, Object.entries(args).sort(), platforms, engine, named, otherOptions(image)];
    const read = [dockerfile, taken.map(({ digest }) => digest)];
    return sha256(JSON.stringify(['tagboat undecided', 1, commit, dirty, options, read]));
  } catch (error) {
    run.world.signal.throwIfAborted();
    // A file that can't be read stops the build itself, which says so better.
    if (error instanceof TagboatError || typeof (error as { code?: unknown }).code === 'string') return undefined;
    throw error;
  }
}
