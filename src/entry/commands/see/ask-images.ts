import type { Auth } from '../../../auth/auth.ts';
import { planRun } from '../../../config/plan/run.ts';
import type { Config } from '../../../config/shape/checked.ts';
import { openRegistries, taggedNow } from '../../../image/registry.ts';
import { contentVariable } from '../../../plan/image.ts';
import type { ImageStanding } from '../../../plan/where.ts';
import { type ImagePlan, imageName, type Source } from '../../../plan.ts';
import type { Glancing } from './glance.ts';

/** The images of a commit, each asked of its registry where that can be asked. A registry that can't keeps nothing back. */
export async function imagesAtRegistries(
  look: Glancing,
  auth: Auth,
  config: Config,
  source: Source,
): Promise<ImageStanding[]> {
  const registryOf = openRegistries(look.world, auth.registry);
  const ask = async (name: string): Promise<ImageStanding> => {
    let reference = name;
    try {
      const [image] = planRun(config, source, { actions: false, images: [name], deliveries: [] }).images;
      if (image === undefined) return unknown(name, name, 'it is not part of the plan');
      reference = image.from ?? imageName(image);
      const why = whyNotAsked(image);
      if (why !== undefined) return unknown(name, name, why);
      const { repository, tag } = image;
      const found = await look.within(taggedNow({ registry: registryOf(image.registry), repository, tag }));
      return { name, reference, is: found === undefined ? 'notBuilt' : 'built', digest: found?.digest };
    } catch (error) {
      return unknown(name, reference, look.untold(error));
    }
  };
  return Promise.all(config.images.map(({ name }) => ask(name)));
}

function whyNotAsked({ from, tag, registry }: ImagePlan): string | undefined {
  if (from !== undefined) return 'something else builds it';
  if (tag.includes(contentVariable)) return 'its tag is known once it is built: it is named by its content';
  // A variable of the account that isn't set here leaves its place empty.
  return /^[\w.-]+(?::\d+)?$/.test(registry.host)
    ? undefined
    : "its registry's name has a variable that isn't set here";
}

function unknown(name: string, reference: string, why: string): ImageStanding {
  return { name, reference, is: 'unknown', why };
}
