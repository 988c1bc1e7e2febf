import { type Place, TagboatError } from '../../errors.ts';
import { beginning } from '../../wire/text/shorten.ts';
import type { Base } from '../base/base.ts';
import { configVariables, type OciImageConfig, scratchConfig } from '../base/config.ts';
import type { OpensBase } from '../base/open.ts';
import type { Context } from '../context/context.ts';
import { type Dockerfile, readTrigger } from '../dockerfile/dockerfile.ts';
import type { Instruction } from '../dockerfile/instruction.ts';
import { invalid, Misread } from '../dockerfile/invalid.ts';
import type { Needed, NeededStage, Origin } from '../dockerfile/stages.ts';
import { type PlatformParts, readPlatform } from '../platform.ts';
import { createBreath } from '../tree/breath.ts';
import { findOwner } from '../tree/owner.ts';
import { createRootfs, type TreeChange } from '../tree/rootfs.ts';
import { Blocked, cloneTree, type Dir, dirOf, follow, partsOf } from '../tree/tree.ts';
import type { Workspace } from '../tree/workspace.ts';
import { apply, type Progress, type StageScope } from './apply.ts';
import { type Transferring, transfer } from './transfer.ts';

/** What an instruction changed; each becomes a layer. */
export type LayerChanges = readonly TreeChange[];

/** A stage gone through: its files, its config, and what makes its image. */
export interface DoneStage {
  readonly root: Dir;
  readonly config: OciImageConfig;
  readonly variables: ReadonlyMap<string, string>;
  readonly base: Base | undefined;
  /** On top of the base's. */
  readonly layers: readonly LayerChanges[];
}

/** What going through stages needs. */
export interface StageJob {
  readonly dockerfile: Dockerfile;
  readonly needed: Needed;
  readonly context: Context;
  /** Opens the folder of a named context. */
  readonly folder: (dir: string) => Promise<Context>;
  readonly args: Readonly<Record<string, string>>;
  readonly platform: PlatformParts;
  /** ISO 8601, for the history. */
  readonly created: string;
  readonly workspace: Workspace;
  readonly open: OpensBase;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Goes through the stages that the target needs, in order; answers the target. */
export async function buildStages(work: StageJob): Promise<DoneStage> {
  const done = new Map<number, DoneStage>();
  let last: DoneStage | undefined;
  for (const needed of work.needed.stages) {
    last = await buildStage(needed, done, work);
    done.set(needed.stage.index, last);
  }
  if (last === undefined) throw invalid({ file: work.dockerfile.file }, 'there is no stage to build');
  return last;
}

interface Start extends Omit<DoneStage, 'variables'> {
  readonly variables: ReadonlyMap<string, string>;
}

async function buildStage(
  needed: NeededStage,
  done: ReadonlyMap<number, DoneStage>,
  work: StageJob,
): Promise<DoneStage> {
  const { stage } = needed;
  const start = await startOf(needed, done, work);
  const config = structuredClone(start.config);
  const triggers = (config.config.OnBuild ?? []).map((trigger) => readTrigger(trigger, stage, work.dockerfile));
  delete config.config.OnBuild;
  const progress: Progress = {
    config,
    variables: new Map([...start.variables, ...configVariables(config)]),
    ownCmd: false,
  };
  const scope: StageScope = {
    escape: work.dockerfile.directives.escape,
    args: work.args,
    globals: work.needed.globals,
  };
  const rootfs = createRootfs(cloneTree(start.root));
  const layers = [...start.layers];
  const breathe = createBreath(work.signal);
  for (const [index, instruction] of [...triggers, ...stage.instructions].entries()) {
    work.signal.throwIfAborted();
    await breathe();
    const place = () => work.dockerfile.place(instruction.at);
    await guarded(place, async () => {
      if (apply(instruction, progress, scope)) return;
      if (instruction.is === 'copy' || instruction.is === 'add') {
        if (index < triggers.length && instruction.is === 'copy' && instruction.from !== undefined) {
          throw needsBuilder('its base image has an ONBUILD trigger that copies from another image', place());
        }
        const from = await fromOf(instruction, needed, done, work);
        const { context, workspace, warn } = work;
        await transfer(instruction, {
          rootfs,
          progress,
          scope,
          context,
          from,
          workspace,
          warn,
          place: work.dockerfile.place,
        });
      } else if (instruction.is === 'workdir') {
        await makeWorkdir(rootfs, progress);
      } else {
        const why =
          index < triggers.length
            ? `its base image has the ONBUILD trigger ${beginning(instruction.source, 80)}`
            : 'RUN has to be run';
        throw needsBuilder(why, place());
      }
    });
    const changes = await rootfs.takeChanges();
    if (changes.length > 0) layers.push(changes);
    config.history.push({
      created: work.created,
      // As written: with its arguments filled in, it would tell their values to everybody who pulls the image.
      created_by: instruction.source,
      comment: 'tagboat',
      empty_layer: changes.length === 0,
    });
  }
  return { root: rootfs.root, config, variables: progress.variables, base: start.base, layers };
}

async function startOf(needed: NeededStage, done: ReadonlyMap<number, DoneStage>, work: StageJob): Promise<Start> {
  const { base, platform, stage } = needed;
  const place = work.dockerfile.place(stage.base.at);
  if (base.is === 'stage') return earlier(base.index, done);
  const parts = platform === undefined ? work.platform : readPlatform(platform);
  return openOrigin(base, parts, platform !== undefined, place, work);
}

function earlier(index: number, done: ReadonlyMap<number, DoneStage>): DoneStage {
  const stage = done.get(index);
  if (stage === undefined) throw new Error(`stage ${index} is needed and was not built`);
  return stage;
}

async function openOrigin(
  origin: Exclude<Origin, { is: 'stage' }>,
  platform: PlatformParts,
  explicit: boolean,
  place: Place,
  work: StageJob,
): Promise<Start> {
  if (origin.is === 'scratch') {
    const root = dirOf({ mode: 0o755, uid: 0, gid: 0, mtime: undefined });
    return { root, config: scratchConfig(work.platform), variables: new Map(), base: undefined, layers: [] };
  }
  // What is chosen to be assembled has no such base; ONBUILD triggers name none either.
  if (origin.is !== 'image') throw needsBuilder(`it stands on the build context ${origin.name}`, place);
  const { base, root } = await work.open(origin.reference, platform, explicit, place);
  return { root, config: base.config, variables: new Map(), base, layers: [] };
}

async function fromOf(
  instruction: Instruction,
  needed: NeededStage,
  done: ReadonlyMap<number, DoneStage>,
  work: StageJob,
): Promise<Transferring['from']> {
  const origin = needed.copies.get(instruction);
  if (origin === undefined) return undefined;
  if (origin.is === 'stage') {
    const name = work.dockerfile.stages[origin.index]?.name ?? String(origin.index);
    return { name: `the stage ${name}`, root: earlier(origin.index, done).root };
  }
  if (origin.is === 'folder') {
    const context = await work.folder(origin.dir);
    return { name: `the build context ${origin.name}`, root: context.root, context };
  }
  const { root } = await openOrigin(origin, work.platform, false, work.dockerfile.place(instruction.at), work);
  return { name: origin.is === 'image' ? `the image ${origin.reference}` : origin.is, root };
}

/** WORKDIR makes its folder, owned by the USER of that moment. */
async function makeWorkdir(rootfs: ReturnType<typeof createRootfs>, progress: Progress): Promise<void> {
  const { WorkingDir: dir = '/', User: user = '' } = progress.config.config;
  const owner = user === '' ? { uid: 0, gid: 0 } : await findOwner(user, rootfs.root);
  const path = await follow(rootfs.root, partsOf(dir));
  await rootfs.makeDirs(path, { mode: 0o755, uid: owner.uid, gid: owner.gid, mtime: undefined });
}

function needsBuilder(needs: string, place: Place): TagboatError<'ASSEMBLE_NEEDS_BUILDER'> {
  return new TagboatError('ASSEMBLE_NEEDS_BUILDER', { needs }, { place });
}

async function guarded(place: () => Place, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Misread) throw invalid(place(), error.message);
    if (error instanceof Blocked) {
      throw new TagboatError('COPY_BLOCKED', { path: error.path, reason: error.message }, { place: place() });
    }
    throw error;
  }
}
