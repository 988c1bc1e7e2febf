import { TagboatError } from '../../errors.ts';
import type { ImagePlan, Source } from '../../plan.ts';
import type { Command } from '../../wire/exec.ts';
import { isDigest } from '../../wire/oci/digest.ts';
import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import type { World } from '../../wire/world.ts';
import type { BuildLog } from './log.ts';
import type { Login } from './login.ts';
import type { BuildProgress } from './rawjson.ts';
import type { Tool } from './tool.ts';

/** What every builder is given. */
export interface BuilderJob {
  readonly image: ImagePlan;
  readonly login: Login;
  readonly log: BuildLog;
  /** Some registry of this build speaks plain HTTP, the image's own or a base's. */
  readonly insecure: boolean;
  readonly warn: (message: string) => void;
  /** How far the build is, where the builder tells it in a form to read. */
  readonly progress: (progress: BuildProgress) => void;
  /** The app repo's commit. */
  readonly source: Source;
  /** What the builder may use of earlier builds. */
  readonly freshness: Freshness;
  /** Called once all that the builder reads of the context is read, where it knows that before it pushes. */
  readonly built: () => void;
  /** What the registry has under the image's name now. */
  readonly pushed: () => Promise<ManifestBytes | undefined>;
}

export interface Freshness {
  /** Bases are those of their registries, whatever the builder keeps under their names: a fingerprint named those. */
  readonly pull: boolean;
  /** No step is taken from a cache: what it fetched then is to be fetched again. */
  readonly steps: boolean;
}

/** Builds and pushes; answers the digest that the builder says it pushed, if it says one. */
export type Builder = (world: World, job: BuilderJob) => Promise<Digest | undefined>;

/** Runs one step of a builder. Throws BUILD_FAILED with the builder's last lines. */
export async function runStep(
  world: World,
  job: BuilderJob,
  engine: Tool,
  step: 'build' | 'push',
  command: Pick<Command, 'program' | 'args' | 'env'>,
  reading: Pick<Command, 'onLine' | 'longestLine'> = {},
): Promise<string> {
  const ended = await world.exec({ onLine: job.log.line, ...command, ...reading, signal: world.signal });
  if (ended.code === 0) return ended.stdout;
  const code = ended.missing
    ? `${command.program} is not installed`
    : ended.code === null
      ? `signal ${ended.signal}`
      : `exit code ${ended.code}`;
  const text = job.log.last().slice(-40).join('\n').slice(-2_000);
  throw new TagboatError('BUILD_FAILED', { image: job.image.name, engine, step, code }, { peer: { code, text } });
}

/** What all builders are told alike: `--build-arg` and the like, in the order of the plan. */
export function buildFlags({ image, freshness }: BuilderJob): string[] {
  return [
    ...(freshness.pull ? ['--pull'] : []),
    ...(freshness.steps ? ['--no-cache'] : []),
    ...Object.entries(image.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...(image.target === undefined ? [] : ['--target', image.target]),
    ...(image.platforms.length === 0 ? [] : ['--platform', image.platforms.join(',')]),
    '--file',
    image.dockerfile,
  ];
}

/** A digest if this is one. */
export function digestIn(text: unknown): Digest | undefined {
  return typeof text === 'string' && isDigest(text.trim()) ? (text.trim() as Digest) : undefined;
}
