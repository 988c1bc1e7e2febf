import { type Place, TagboatError } from '../../errors.ts';
import type { NamedContext } from '../../plan/image.ts';
import { fullName } from '../../wire/oci/reference.ts';
import type { Dockerfile, DockerfileStage } from './dockerfile.ts';
import { expand, type Lookup } from './expand.ts';
import type { Instruction } from './instruction.ts';
import { didYouMean, invalid, placed } from './invalid.ts';

/** Where files come from besides the context. */
export type Origin =
  | { readonly is: 'scratch' }
  | { readonly is: 'stage'; readonly index: number }
  /** `context` is the named context by which it comes, where one does. */
  | { readonly is: 'image'; readonly reference: string; readonly context?: string }
  | Exclude<NamedContext, { is: 'image' }>;

/** A stage with its FROM resolved and its other origins known. */
export interface NeededStage {
  readonly stage: DockerfileStage;
  readonly base: Origin;
  /** What `--platform` comes to. */
  readonly platform: string | undefined;
  /** What each `COPY --from` comes to. */
  readonly copies: ReadonlyMap<Instruction, Origin>;
}

/** The stages that a target needs, in the file's order; the last one is the target. */
export interface Needed {
  readonly stages: readonly NeededStage[];
  /** Arguments that every stage may take up with a bare `ARG name`. */
  readonly globals: ReadonlyMap<string, string>;
}

export interface Resolving {
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Build contexts by name. */
  readonly contexts: readonly NamedContext[];
  /** `linux/arm64` of the machine, and of the image. */
  readonly buildPlatform: string;
  readonly targetPlatform: string;
}

/** Works out which stages a target needs and where each comes from. Throws DOCKERFILE_INVALID, TARGET_NOT_FOUND. */
export function neededStages(dockerfile: Dockerfile, resolving: Resolving): Needed {
  const globals = globalArguments(dockerfile, resolving);
  const lookup: Lookup = (name) => globals.get(name);
  const named = createNamed(resolving.contexts);
  const resolved = dockerfile.stages.map((stage) => resolve(dockerfile, stage, lookup, named));
  const target = findTarget(dockerfile, resolving.target);
  const wanted = new Set<number>();
  const want = (index: number): void => {
    if (wanted.has(index)) return;
    wanted.add(index);
    const found = resolved[index];
    if (found === undefined) return;
    for (const origin of [found.base, ...found.copies.values()]) if (origin.is === 'stage') want(origin.index);
  };
  want(target);
  return { stages: resolved.filter((stage) => wanted.has(stage.stage.index)), globals };
}

function globalArguments(dockerfile: Dockerfile, resolving: Resolving): Map<string, string> {
  const target = resolving.target ?? dockerfile.stages.at(-1)?.name ?? '';
  const globals = new Map<string, string>([
    ...platformArguments('BUILD', resolving.buildPlatform),
    ...platformArguments('TARGET', resolving.targetPlatform),
    ['TARGETSTAGE', target === '' ? 'default' : target],
  ]);
  for (const name of globals.keys()) {
    const given = own(resolving.args, name);
    if (given !== undefined) globals.set(name, given);
  }
  for (const argument of dockerfile.globals) {
    const given = own(resolving.args, argument.name);
    const place = () => dockerfile.place(argument.at);
    const { escape } = dockerfile.directives;
    const value =
      given ??
      placed(place, () =>
        argument.value === undefined ? undefined : expand(argument.value, (name) => globals.get(name), { escape }).text,
      );
    if (value !== undefined) globals.set(argument.name, value);
  }
  return globals;
}

/** The automatic platform arguments (docs.docker.com, "Automatic platform ARGs in the global scope"). */
function platformArguments(prefix: string, platform: string): [string, string][] {
  const [os = '', architecture = '', variant = ''] = platform.split('/');
  return [
    [`${prefix}PLATFORM`, platform],
    [`${prefix}OS`, os],
    [`${prefix}OSVERSION`, ''],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ];
}

function own(args: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(args, name) ? args[name] : undefined;
}

/** What a name means by the contexts alone. */
type Named = (name: string) => Origin | undefined;

/** BuildKit looks names up as names of images, so `alpine` and `docker.io/library/alpine:latest` are one. */
function createNamed(contexts: readonly NamedContext[]): Named {
  const byName = new Map(contexts.map((one) => [fullName(one.name) ?? one.name, one]));
  return (name) => {
    const found = /^(?:context|scratch)$/i.test(name) ? undefined : byName.get(fullName(name) ?? '');
    if (found?.is !== 'image') return found;
    const origin = imageOrScratch(found.reference);
    return origin.is === 'image' ? { ...origin, context: found.name } : origin;
  };
}

function resolve(dockerfile: Dockerfile, stage: DockerfileStage, lookup: Lookup, named: Named): NeededStage {
  const { escape } = dockerfile.directives;
  const place = () => dockerfile.place(stage.base.at);
  const base = placed(place, () => expand(stage.base.text, lookup, { escape }).text);
  if (base === '') throw invalid(place(), `the base image ${stage.base.text} comes out empty`);
  const platform = placed(place, () =>
    stage.platform === undefined ? undefined : expand(stage.platform, lookup, { escape }).text,
  );
  if (platform === '') throw invalid(place(), `--platform=${stage.platform} comes out empty`);
  const instead = stage.name === undefined ? undefined : named(stage.name);
  // A context takes the place of the whole stage of its name: nothing that stands in it is done.
  if (instead !== undefined)
    return { stage: { ...stage, instructions: [] }, base: instead, platform, copies: new Map() };
  const before = dockerfile.stages.slice(0, stage.index);
  const earlier = before.findLast((other) => other.name !== undefined && other.name === base);
  const copies = new Map<Instruction, Origin>();
  for (const instruction of stage.instructions) {
    const asking = { dockerfile, stage, named, place: dockerfile.place(instruction.at) };
    if (instruction.is === 'copy' && instruction.from !== undefined) {
      copies.set(instruction, origin(instruction.from, asking));
    } else if (instruction.is === 'run') {
      for (const mount of instruction.mounts) {
        if (mount.from === undefined || /\$/.test(mount.from)) continue;
        copies.set({ ...instruction, mounts: [mount] }, origin(mount.from, asking));
      }
    }
  }
  return {
    stage,
    base: earlier === undefined ? (named(base) ?? imageOrScratch(base)) : { is: 'stage', index: earlier.index },
    platform,
    copies,
  };
}

/** What a `--from` is looked up with. */
interface Asking {
  readonly dockerfile: Dockerfile;
  readonly stage: DockerfileStage;
  readonly named: Named;
  readonly place: Place;
}

function origin(from: string, { dockerfile, stage, named, place }: Asking): Origin {
  // `--from` takes no variables: BuildKit refuses them too, because it orders the stages before it expands anything.
  const plain = placed(
    () => place,
    () => expand(from, () => undefined, { escape: dockerfile.directives.escape }).text,
  );
  if (plain !== from) throw invalid(place, '--from takes no variables; name the image in a FROM … AS name of its own');
  const found = dockerfile.stages.findLast((other) => other.name === from.toLowerCase());
  const index = /^[+-]?\d+$/.test(from) ? Number(from) : found?.index;
  if (index === undefined) return named(from) ?? imageOrScratch(from);
  if (index < 0 || index >= dockerfile.stages.length) throw invalid(place, `there is no stage ${from}`);
  if (index >= stage.index)
    throw invalid(place, `the stage ${from} isn't before this one, so nothing can come from it`);
  const name = dockerfile.stages[index]?.name;
  const instead = name === undefined ? undefined : named(name);
  // Of a folder in a stage's place only what is taken counts; an image there has the stage's platform.
  return instead?.is === 'folder' ? instead : { is: 'stage', index };
}

function imageOrScratch(reference: string): Origin {
  return reference === 'scratch' ? { is: 'scratch' } : { is: 'image', reference };
}

function findTarget(dockerfile: Dockerfile, target: string | undefined): number {
  if (target === undefined || target === '') return dockerfile.stages.length - 1;
  const found = dockerfile.stages.findLast((stage) => stage.name === target.toLowerCase());
  if (found !== undefined) return found.index;
  const names = dockerfile.stages.map((stage) => stage.name).filter((name) => name !== undefined);
  const data = { target, stages: names, guess: didYouMean(target, names) };
  throw new TagboatError('TARGET_NOT_FOUND', data, { place: { file: dockerfile.file } });
}
