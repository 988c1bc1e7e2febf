import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { TagboatError } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';
import { checkInside } from '../context/inside.ts';
import { type Dockerfile, readDockerfile, readSyntax } from '../dockerfile/dockerfile.ts';
import { type Needed, neededStages } from '../dockerfile/stages.ts';
import { readPlatform, showPlatform } from '../platform.ts';
import type { ImageRun } from '../run.ts';
import { builderNeed, type Choice, chooseEngine, type Need, type Probe } from './choose.ts';
import { checkMounts, checkSecrets } from './secrets.ts';
import { probeTool } from './tool.ts';

/** A build worked out: which engine, and what is known of the Dockerfile. */
export interface Prepared {
  readonly choice: Choice;
  /** The stages of all platforms; none when only the builder understands the Dockerfile. */
  readonly needed: Needed;
  /** Undefined when only the builder understands it; assemble is never chosen then. */
  readonly dockerfile: Dockerfile | undefined;
}

/** A Dockerfile as far as it can be read here. */
export type DockerfileReading =
  | {
      readonly is: 'read';
      readonly dockerfile: Dockerfile;
      /** The stages are the same for every platform, save for names with TARGETARCH and the like in them. */
      readonly platforms: readonly { readonly platform: string; readonly needed: Needed }[];
      readonly need: Need | undefined;
      /** Every byte of it was text: what isn't UTF-8 reads alike whatever it is. */
      readonly isUtf8: boolean;
    }
  | { readonly is: 'unread'; readonly error: TagboatError; readonly syntax: string | undefined };

/** Reads the Dockerfile. Throws DOCKERFILE_NOT_FOUND, CONTEXT_NOT_FOUND, NAMED_CONTEXT_NOT_FOUND,
 * PATH_LEAVES_REPO, PLATFORM_INVALID. */
export async function readImage(
  image: ImagePlan,
  { machine, source }: Pick<ImageRun, 'machine' | 'source'>,
): Promise<DockerfileReading> {
  await checkInside(image, source.dir);
  const bytes = await readBytes(image);
  const there = await stat(image.context).catch(() => undefined);
  if (there?.isDirectory() !== true) {
    throw new TagboatError('CONTEXT_NOT_FOUND', { image: image.name, dir: image.context });
  }
  const contexts = image.contexts ?? [];
  for (const one of contexts) {
    if (!('dir' in one)) continue;
    const found = await stat(one.dir).catch(() => undefined);
    if (found?.isDirectory() === true) continue;
    throw new TagboatError('NAMED_CONTEXT_NOT_FOUND', { image: image.name, name: one.name, dir: one.dir });
  }
  const platforms = (image.platforms.length === 0 ? [machine] : image.platforms).map(readPlatform).map(showPlatform);
  const text = bytes.toString('utf8');
  try {
    const dockerfile = readDockerfile(text, image.dockerfile);
    const { target, args } = image;
    const all = platforms.map((platform) => {
      const resolving = { target, args, contexts, buildPlatform: machine, targetPlatform: platform };
      return { platform, needed: neededStages(dockerfile, resolving) };
    });
    const need = all.map(({ needed }) => builderNeed(dockerfile, needed)).find((found) => found !== undefined);
    return { is: 'read', dockerfile, platforms: all, need, isUtf8: bytes.equals(Buffer.from(text)) };
  } catch (error) {
    if (error instanceof TagboatError) return { is: 'unread', error, syntax: readSyntax(text) };
    throw error;
  }
}

/** Chooses the engine. Throws what stops the build before anything is pushed. */
export async function prepare(run: ImageRun, image: ImagePlan, reading: DockerfileReading): Promise<Prepared> {
  const probe = probing(run, image);
  await checkSecrets(image, run.world);
  if (reading.is === 'read') {
    for (const { needed } of reading.platforms) checkMounts(image, reading.dockerfile, needed);
    const choice = await chooseEngine(image, reading.need, probe);
    if (choice.engine === 'buildx') await checkBuilderFiles(image);
    const stages = reading.platforms.flatMap(({ needed }) => needed.stages);
    const globals = reading.platforms[0]?.needed.globals ?? new Map();
    return { choice, needed: { stages, globals }, dockerfile: reading.dockerfile };
  }
  // A builder has its own reader, which may know more than ours: what was asked for by name decides for itself.
  const byName = image.engine !== 'auto' && image.engine !== 'assemble';
  if (!byName && (image.engine === 'assemble' || reading.syntax === undefined)) throw reading.error;
  const what = `its syntax, ${reading.syntax}, is more than can be read here`;
  const choice = await chooseEngine(image, { what, place: { file: image.dockerfile, line: 1, column: 1 } }, probe);
  if (choice.engine === 'buildx') await checkBuilderFiles(image);
  return { choice, needed: { stages: [], globals: new Map() }, dockerfile: undefined };
}

/** Whether a builder is there, asked once a run. */
export function probing(run: ImageRun, image: ImagePlan): Probe {
  return (tool) => probeTool(tool, image, run);
}

/** A certificate that isn't there is told before anything is built; buildx would tell it as a build that failed. */
async function checkBuilderFiles({ name, builderTls }: ImagePlan): Promise<void> {
  if (builderTls === undefined) return;
  for (const file of [builderTls.ca, builderTls.client?.cert, builderTls.client?.key]) {
    if (file === undefined) continue;
    await access(file, constants.R_OK).catch(({ code, message }: NodeJS.ErrnoException) => {
      const reason = code === 'ENOENT' || code === 'ENOTDIR' ? "it isn't there" : (code ?? message);
      throw new TagboatError('BUILDER_FILE_UNREADABLE', { image: name, file, reason });
    });
  }
}

const mostDockerfile = 4 * 1024 * 1024;

async function readBytes(image: ImagePlan): Promise<Buffer> {
  const fail = (reason: string) =>
    new TagboatError('DOCKERFILE_NOT_FOUND', { image: image.name, file: image.dockerfile, reason });
  const there = await stat(image.dockerfile).catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code === 'ENOENT' || error.code === 'ENOTDIR' ? "it isn't there" : (error.code ?? error.message));
  });
  if (!there.isFile()) throw fail('it is no file');
  if (there.size > mostDockerfile) throw fail(`it is larger than ${mostDockerfile / 1024 / 1024} MiB`);
  return readFile(image.dockerfile).catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code ?? error.message);
  });
}
