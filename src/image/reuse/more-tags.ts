import { TagboatError } from '../../errors.ts';
import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import type { ImageJob } from '../job.ts';
import { allInParallel } from '../parallel.ts';
import { atRegistry } from '../registry.ts';
import { digestTagged } from './content-tag.ts';
import { tagAgain } from './tags.ts';

const tagsAtOnce = 4;

/**
 * Gives an image that the repository has the other tags that it is to have, whatever built it: a request for each that
 * names nothing or another image. They are not read back: a tag that many commits share may be moved on at once. Throws
 * TAG_IMMUTABLE, TAG_REFUSED, TAG_LIMIT and the registry's other errors.
 */
export async function putMoreTags(job: ImageJob, digest: Digest): Promise<void> {
  const { image, target } = job;
  const { registry, repository } = target;
  const { client } = registry;
  const reference = `${image.registry.host}/${repository}@${digest}`;
  let reading: Promise<ManifestBytes | undefined> | undefined;
  await allInParallel(image.tags ?? [], tagsAtOnce, async (tag) => {
    const before = await digestTagged({ ...target, tag });
    if (before === digest) return;
    reading ??= atRegistry(registry, repository, digest, () => client.getManifest(repository, digest));
    const manifest = await reading;
    if (manifest === undefined || !(await tagAgain({ ...target, tag }, manifest))) {
      throw new TagboatError('PUSH_UNCONFIRMED', { reference });
    }
    tellMoved({ ...job, image: { ...image, tag } }, before, digest);
  });
}

/** Says that a tag which names one image meant another one before: who has that one sees no change in the tag. */
export function tellMoved(
  { run: { source }, image: { name, tag }, tell }: ImageJob,
  before: Digest | undefined,
  now: Digest,
  names = tag.includes(source.commit.slice(0, 12)),
): void {
  if (before === undefined || before === now || !names) return;
  const who = 'A value that names it stays as it is, and what runs the earlier image already may go on with it';
  const what = `the tag ${tag} named another image before, ${before}`;
  tell('warning', 'TAG_MOVED', `${what}. ${who}; \`{digest.${name}}\` tells them apart.`);
}
