import { type Place, TagboatError } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';
import { findSource } from '../assemble/copy.ts';
import { findSources, sourcePath } from '../assemble/sources.ts';
import { type Context, openContext } from '../context/context.ts';
import { expand } from '../dockerfile/expand.ts';
import { isFetched } from '../dockerfile/fetched.ts';
import type { Instruction } from '../dockerfile/instruction.ts';
import type { NeededStage } from '../dockerfile/stages.ts';
import { partsOf } from '../tree/tree.ts';
import type { DockerfileReading } from './prepare.ts';

/**
 * Whether each file that a COPY or ADD takes of a context is there, whatever builds the image. What only a build can
 * tell (variables of a base image, files of other stages) is left to it. Throws COPY_SOURCE_MISSING, CONTEXT_*,
 * DOCKERIGNORE_INVALID.
 */
export async function checkSources(image: ImagePlan, reading: DockerfileReading, signal: AbortSignal): Promise<void> {
  if (reading.is === 'unread') return;
  const opened = new Map<string, Promise<Context>>();
  const open = (dir: string, dockerfile: string | undefined): Promise<Context> => {
    const context = opened.get(dir) ?? openContext(image.name, dir, dockerfile, { keep: true, signal });
    opened.set(dir, context);
    return context;
  };
  const own = await open(image.context, image.dockerfile);
  for (const { platform, needed } of reading.platforms) {
    const automatic = automaticArguments(platform);
    for (const stage of needed.stages) {
      const known = new Map<string, string>();
      for (const instruction of stage.stage.instructions) {
        learn(instruction, known, (name) => image.args[name] ?? needed.globals.get(name) ?? automatic.get(name));
        if (instruction.is !== 'copy' && instruction.is !== 'add') continue;
        const context = await contextOf(instruction, stage, own, open);
        if (context === undefined) continue;
        for (const { text, at } of instruction.sources) {
          const { text: source, unset } = filled(text, known);
          if (unset || isFetched(source) || (instruction.is === 'copy' && instruction.parents)) continue;
          await mustBeThere(source, context, reading.dockerfile.place(at));
        }
      }
    }
  }
}

interface Opened extends Context {
  readonly name?: string;
}

/** The context that it copies from; undefined where that is a stage or an image. */
async function contextOf(
  instruction: Instruction,
  { copies }: NeededStage,
  own: Context,
  open: (dir: string, dockerfile: string | undefined) => Promise<Context>,
): Promise<Opened | undefined> {
  const origin = copies.get(instruction);
  if (origin?.is === 'folder') return { ...(await open(origin.dir, undefined)), name: origin.name };
  const from = instruction.is === 'copy' && instruction.from !== undefined;
  return origin === undefined && !from ? own : undefined;
}

async function mustBeThere(source: string, { root, name, ...context }: Opened, place: Place): Promise<void> {
  const { path, outside } = sourcePath(source);
  const found = await findSources(root, path).catch(() => undefined);
  // What can't be followed here, the build tells better.
  if (found === undefined || found.wild) return;
  for (const parts of found.paths) {
    const node = await findSource({ root, path: parts }).catch(() => 'blocked' as const);
    if (node !== undefined) continue;
    if (name === undefined && outside) throw new TagboatError('CONTEXT_OUTSIDE', { source, read: path }, { place });
    const ignored =
      context.ignore?.test(partsOf(path).join('/'), undefined).out === true ? context.ignoreFile : undefined;
    throw new TagboatError('COPY_SOURCE_MISSING', { source, from: name, ignored }, { place });
  }
}

/** What ARG and ENV make known. A value that rests on something unknown is unknown. */
function learn(
  instruction: Instruction,
  known: Map<string, string>,
  given: (name: string) => string | undefined,
): void {
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    const { text, unset } = filled(value, known);
    if (unset) known.delete(name);
    else known.set(name, text);
  };
  if (instruction.is === 'arg') for (const { name, value } of instruction.args) set(name, given(name) ?? value);
  if (instruction.is === 'env') for (const { name, value } of instruction.pairs) set(name, value);
}

function filled(text: string, known: ReadonlyMap<string, string>): { readonly text: string; readonly unset: boolean } {
  let unset = false;
  const lookup = (name: string): string | undefined => {
    if (!known.has(name)) unset = true;
    return known.get(name);
  };
  const done = expand(text, lookup, { escape: '\\' });
  return { text: done.text, unset };
}

function automaticArguments(platform: string): ReadonlyMap<string, string> {
  const [system = '', machine = '', variant = ''] = platform.split('/');
  return new Map([
    ['TARGETPLATFORM', platform],
    ['TARGETOS', system],
    ['TARGETARCH', machine],
    ['TARGETVARIANT', variant],
  ]);
}
