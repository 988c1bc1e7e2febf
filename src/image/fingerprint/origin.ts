import { isPinnedGit } from '../dockerfile/fetched.ts';
import type { NeededStage, Origin } from '../dockerfile/stages.ts';
import { addFiles, type Code, type StageWork } from './standing.ts';
import { Undecided } from './undecided.ts';

/** What comes neither from a stage nor from nowhere. */
type Outside = Exclude<Origin, { is: 'stage' | 'scratch' }>;

/** What a stage stands on. Of a folder all counts that its .dockerignore leaves. */
export async function baseCode(origin: Outside, platform: string | undefined, work: StageWork): Promise<Code> {
  if (origin.is !== 'folder') return originCode(origin, platform, work);
  const taken = await work.reader.files({ source: '/', folder: origin.dir });
  addFiles(taken, origin.name, work);
  return ['folder', ['files', taken.digest]];
}

/** What is copied or mounted from an image, or from a named context that only a builder can open. */
export async function originCode(
  origin: Exclude<Outside, { is: 'folder' }>,
  platform: string | undefined,
  work: StageWork,
): Promise<Code> {
  const { reader, inputs, careful, question } = work;
  // The image's own platform stands beside the target's digest.
  const own = platform === undefined ? [] : [platform];
  switch (origin.is) {
    case 'image': {
      const { reference, context } = origin;
      const digest = await reader.baseDigest(reference, platform ?? work.platform);
      inputs.add('base image', context === undefined ? reference : `${reference} (context ${context})`, digest);
      return ['image', digest, ...own];
    }
    case 'layout': {
      const digest = await reader.layoutDigest(origin);
      inputs.add('base image', `OCI layout (context ${origin.name})`, digest);
      return ['image', digest, ...own];
    }
    case 'fetched': {
      const { name, url } = origin;
      inputs.add('base image', `${url} (context ${name})`, url);
      if (isPinnedGit(url)) return ['image', url];
      if (!question.refreshes) {
        throw new Undecided(`the context ${name} is fetched from ${url}, and that may be another one each time`);
      }
      careful.add(`The context ${name} is fetched again from ${url} when the image is refreshed.`);
      return ['image', url];
    }
  }
}

/** The variables that a base brings along. Throws what baseVariables and layoutVariables do. */
export async function variablesOf(
  { base, platform }: NeededStage,
  work: StageWork,
): Promise<ReadonlyMap<string, string>> {
  switch (base.is) {
    case 'image':
      return work.reader.baseVariables(base.reference, platform ?? work.platform);
    case 'layout':
      return work.reader.layoutVariables(base, platform ?? work.platform);
    default:
      return new Map();
  }
}
