import { type Place, TagboatError } from '../../errors.ts';
import type { Engine, ImagePlan } from '../../plan.ts';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import { isFetched } from '../dockerfile/fetched.ts';
import type { Needed, NeededStage, Origin } from '../dockerfile/stages.ts';
import type { Tool } from './tool.ts';

/** What makes a builder necessary, with the line that does. */
export interface Need {
  readonly what: string;
  readonly place: Place;
}

export interface Choice {
  readonly engine: Engine;
  /** A whole sentence. */
  readonly why: string;
}

/** Whether a builder can be used, and if not, why. */
export type Probe = (
  tool: Tool,
) => Promise<{ readonly usable: true } | { readonly usable: false; readonly reason: string }>;

/** The first thing in the needed stages that can't be put together here; undefined when nothing needs a builder. */
export function builderNeed(dockerfile: Dockerfile, needed: Needed): Need | undefined {
  const { syntax } = dockerfile.directives;
  if (syntax !== undefined && !/^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@].*)?$/.test(syntax)) {
    return { what: `its syntax is ${syntax}`, place: { file: dockerfile.file, line: 1, column: 1 } };
  }
  for (const one of needed.stages) {
    const { stage } = one;
    const fetched = originNeed(one, dockerfile);
    if (fetched !== undefined) return fetched;
    for (const instruction of stage.instructions) {
      const place = dockerfile.place(instruction.at);
      const line = `line ${instruction.at.line}`;
      if (instruction.is === 'run') return { what: `${line} has a RUN`, place };
      if (instruction.is !== 'add' && instruction.is !== 'copy') continue;
      const remote = instruction.is === 'add' ? instruction.sources.find((word) => isFetched(word.text)) : undefined;
      if (remote !== undefined) return { what: `${line} has an ADD that fetches ${remote.text}`, place };
    }
  }
  return undefined;
}

/** A stage that stands on, or copies out of, a named context that can't be read here. */
function originNeed({ stage, base, copies }: NeededStage, dockerfile: Dockerfile): Need | undefined {
  const what = (origin: Origin, isBase: boolean): string | undefined => {
    switch (origin.is) {
      case 'folder':
        return isBase ? `stands on the folder of the context ${origin.name}` : undefined;
      case 'layout':
        return `takes the context ${origin.name}, an OCI layout`;
      case 'fetched':
        return `takes the context ${origin.name}, which is fetched from ${origin.url}`;
      default:
        return undefined;
    }
  };
  const origins = [[stage.base.at, what(base, true)] as const].concat(
    [...copies].map(([instruction, origin]) => [instruction.at, what(origin, false)] as const),
  );
  const found = origins.find(([, need]) => need !== undefined);
  return found && { what: `line ${found[0].line} ${found[1]}`, place: dockerfile.place(found[0]) };
}

const builders = ['buildx', 'docker', 'buildah'] as const;

/** Which engine builds an image, and why. Throws BUILD_NO_ENGINE, ENGINE_UNUSABLE, ASSEMBLE_NEEDS_BUILDER. */
export async function chooseEngine(image: ImagePlan, need: Need | undefined, probe: Probe): Promise<Choice> {
  if (image.engine === 'assemble') {
    if (need !== undefined)
      throw new TagboatError('ASSEMBLE_NEEDS_BUILDER', { needs: need.what }, { place: need.place });
    return { engine: 'assemble', why: 'The engine assemble is asked for.' };
  }
  if (image.engine !== 'auto') {
    const found = await probeFor(image, image.engine, probe);
    if (found.usable) return { engine: image.engine, why: `The engine ${image.engine} is asked for.` };
    throw new TagboatError('ENGINE_UNUSABLE', { image: image.name, engine: image.engine, reason: found.reason });
  }
  if (need === undefined) return { engine: 'assemble', why: 'No instruction has to be run, so no builder is needed.' };
  const passed: string[] = [];
  for (const engine of builders) {
    const found = await probeFor(image, engine, probe);
    if (found.usable) {
      const others = passed.length === 0 ? '' : ` (${passed.join('; ')})`;
      return { engine, why: `${capital(need.what)}, which needs a builder, and ${engine} is there${others}.` };
    }
    passed.push(`${engine}: ${found.reason}`);
  }
  const about = { image: image.name, needs: need.what, tried: passed.join('; ') };
  throw new TagboatError('BUILD_NO_ENGINE', about, { place: need.place });
}

async function probeFor(image: ImagePlan, tool: Tool, probe: Probe): ReturnType<Probe> {
  if (tool === 'docker' && image.platforms.length > 1) {
    return { usable: false, reason: 'it builds one platform at a time, and several are asked for' };
  }
  if (tool === 'docker' && image.annotations !== undefined) {
    return { usable: false, reason: 'its images have no annotations' };
  }
  if (tool !== 'buildx' && image.contexts !== undefined && image.contexts.length > 0) {
    return { usable: false, reason: 'it takes no build contexts by name' };
  }
  return probe(tool);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
