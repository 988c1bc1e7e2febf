import { readFile, stat } from 'node:fs/promises';
import { TagboatError } from '../errors.ts';
import type { ImagePlan } from '../plan.ts';
import type { World } from '../wire/world.ts';
import { builderNeed, type Choice, chooseEngine, type Need, type Probe } from './choose.ts';
import { type Needed, neededStages } from './dockerfile/stages.ts';
import { type Dockerfile, readDockerfile, readSyntax } from './dockerfile.ts';
import { probeTool } from './engine/tool.ts';
import { readPlatform, showPlatform } from './platform.ts';
import type { Run } from './run.ts';

/** A build worked out: which engine, and what is known of the Dockerfile. */
export interface Prepared {
  readonly choice: Choice;
  /** The stages of all platforms; none when only the builder understands the Dockerfile. */
  readonly needed: Needed;
  /** Undefined when only the builder understands it; assemble is never chosen then. */
  readonly dockerfile: Dockerfile | undefined;
}

/** Reads the Dockerfile and chooses the engine. Throws what stops the build before anything is pushed. */
export async function prepare(world: World, image: ImagePlan, run: Run): Promise<Prepared> {
  const text = await readText(image);
  const there = await stat(image.context).catch(() => undefined);
  if (there?.isDirectory() !== true) {
    throw new TagboatError('CONTEXT_NOT_FOUND', { image: image.name, dir: image.context });
  }
  const probe = probing(world, image, run);
  const read = readAll(text, image, run);
  if (read.is === 'read') {
    const choice = await chooseEngine(image, read.need, probe);
    return { choice, needed: read.needed, dockerfile: read.dockerfile };
  }
  // A builder has its own reader, which may know more than ours: what was asked for by name decides for itself.
  const byName = image.engine !== 'auto' && image.engine !== 'assemble';
  if (!byName && (image.engine === 'assemble' || read.syntax === undefined)) throw read.error;
  const what = `its syntax, ${read.syntax}, is more than can be read here`;
  const choice = await chooseEngine(image, { what, place: { file: image.dockerfile, line: 1, column: 1 } }, probe);
  return { choice, needed: { stages: [], globals: new Map() }, dockerfile: undefined };
}

/** Whether a builder is there, asked once a run. */
export function probing(world: World, image: ImagePlan, run: Run): Probe {
  return (tool) => run.once(`probe ${tool} ${image.builder ?? ''}`, () => probeTool(tool, image, world));
}

type Reading =
  | { readonly is: 'read'; readonly dockerfile: Dockerfile; readonly needed: Needed; readonly need: Need | undefined }
  | { readonly is: 'unread'; readonly error: TagboatError; readonly syntax: string | undefined };

function readAll(text: string, image: ImagePlan, run: Run): Reading {
  const platforms = image.platforms.length === 0 ? [run.machine] : image.platforms;
  const parts = platforms.map(readPlatform);
  try {
    const dockerfile = readDockerfile(text, image.dockerfile);
    const { target, args } = image;
    const all = parts.map((platform) =>
      neededStages(dockerfile, {
        target,
        args,
        buildPlatform: run.machine,
        targetPlatform: showPlatform(platform),
      }),
    );
    const need = all.map((needed) => builderNeed(dockerfile, needed)).find((found) => found !== undefined);
    // The stages are the same for every platform, save for names with TARGETARCH and the like in them.
    const stages = all.flatMap((needed) => needed.stages);
    return { is: 'read', dockerfile, needed: { stages, globals: all[0]?.globals ?? new Map() }, need };
  } catch (error) {
    if (error instanceof TagboatError) return { is: 'unread', error, syntax: readSyntax(text) };
    throw error;
  }
}

const mostDockerfile = 4 * 1024 * 1024;

async function readText(image: ImagePlan): Promise<string> {
  const fail = (reason: string) =>
    new TagboatError('DOCKERFILE_NOT_FOUND', { image: image.name, file: image.dockerfile, reason });
  const there = await stat(image.dockerfile).catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code === 'ENOENT' || error.code === 'ENOTDIR' ? "it isn't there" : (error.code ?? error.message));
  });
  if (!there.isFile()) throw fail('it is no file');
  if (there.size > mostDockerfile) throw fail(`it is larger than ${mostDockerfile / 1024 / 1024} MiB`);
  return readFile(image.dockerfile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code ?? error.message);
  });
}
