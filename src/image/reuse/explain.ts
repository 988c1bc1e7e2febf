import type { ImageExplanation } from '../../plan/image.ts';
import { WireFailure } from '../../wire/failure.ts';
import { isDigest } from '../../wire/oci/digest.ts';
import { parseReference } from '../../wire/oci/reference.ts';
import { cacheTags } from '../cache-tag.ts';
import { changedInputs, type InputRecord, readRecord } from '../fingerprint/record.ts';
import type { ImageJob } from '../job.ts';
import { atRegistry } from '../registry.ts';
import { fingerprintNow } from './decide.ts';

/** Which inputs of an image changed since `before`, the values that a config repo has for it now. Reads alone. */
export async function explainChanges(job: ImageJob, before: readonly string[]): Promise<ImageExplanation> {
  const about = { image: job.image.name };
  const input = await fingerprintNow(job);
  if (input.is === 'undecided') return { is: 'unknown', ...about, why: input.why };
  const { fingerprint } = input;
  const found = await lastRecord(job, before);
  if (found === undefined) {
    const why = 'No earlier image of it is known here whose inputs are kept beside it.';
    return { is: 'unknown', ...about, why };
  }
  const changes = found.record.fingerprint === fingerprint.hash ? [] : changedInputs(found.record, fingerprint);
  const same = found.record.fingerprint === fingerprint.hash;
  return { is: 'compared', ...about, since: found.reference, same, changes, leftOut: found.record.leftOut };
}

/** The first of the earlier images that has a record: those that a config repo names, then the last built on the branch. */
async function lastRecord(
  { run, image, target }: ImageJob,
  before: readonly string[],
): Promise<{ record: InputRecord; reference: string } | undefined> {
  const { registry, repository } = target;
  const named = before.flatMap((value) => {
    if (!value.includes('/')) return [value];
    const parsed = parseReference(value);
    return parsed === undefined ? [] : [parsed.digest ?? parsed.tag ?? 'latest'];
  });
  for (const reference of [...named, image.tag, ...cacheTags(image, run.source).read]) {
    if (!isDigest(reference) && !/^[\w][\w.-]{0,127}$/.test(reference)) continue;
    const there = await atRegistry(registry, repository, reference, () =>
      registry.client.headManifest(repository, reference),
    );
    if (there === undefined) continue;
    try {
      const record = await readRecord(registry.client, repository, there.digest);
      if (record !== undefined && record.inputs.length > 0) return { record, reference };
    } catch (error) {
      // What can't be read isn't known; it stops nobody.
      if (!(error instanceof WireFailure)) throw error;
    }
  }
  return undefined;
}
