import { TagboatError } from '../../errors.ts';
import { givenMarks } from '../../plan/image.ts';
import type { Command } from '../../wire/exec.ts';
import { isDigest } from '../../wire/oci/digest.ts';
import type { Digest } from '../../wire/oci/types.ts';
import { ending } from '../../wire/text/shorten.ts';
import type { ImageJob } from '../job.ts';
import type { Login } from './login.ts';
import type { Tool } from './tool.ts';

/** How a builder is to build a job's image. */
export interface Building {
  readonly login: Login;
  /** The images that it stands on and copies from, as the Dockerfile names them. */
  readonly bases: readonly string[];
  /** Some registry of this build speaks plain HTTP, the image's own or a base's. */
  readonly insecure: boolean;
  /** What the builder may use of earlier builds. */
  readonly freshness: Freshness;
  /** Called once all that the builder reads of the context is read, where it knows that before it pushes. */
  readonly built: () => void;
}

export interface Freshness {
  /** Bases are those of their registries, whatever the builder keeps under their names: a fingerprint named those. */
  readonly pull: boolean;
  /** No step is taken from a cache: what it fetched then is to be fetched again. */
  readonly steps: boolean;
  /** The tag of an earlier image of the same input that lacks some parts: the layers that it has are none to be made. */
  readonly lacking?: string | undefined;
}

/** Builds and pushes; answers the digest that the builder says it pushed, if it says one. */
export type Builder = (job: ImageJob, building: Building) => Promise<Digest | undefined>;

type Step = 'build' | 'push';

/**
 * Runs one step of a builder; where one command builds and pushes, `step` tells afterwards which of them failed. Throws
 * BUILD_FAILED and PUSH_FAILED with the builder's last lines.
 */
export async function runStep(
  { run: { world }, image, log }: ImageJob,
  engine: Tool,
  step: Step | (() => Step),
  command: Pick<Command, 'program' | 'args' | 'env'>,
  reading: Pick<Command, 'onLine' | 'longestLine'> = {},
): Promise<string> {
  const ended = await world.exec({ onLine: log.line, ...command, ...reading, signal: world.signal });
  if (ended.code === 0) return ended.stdout;
  const code = ended.missing
    ? `${command.program} is not installed`
    : ended.code === null
      ? `signal ${ended.signal}`
      : `exit code ${ended.code}`;
  const text = ending(log.last().slice(-40).join('\n'), 2_000);
  const failed = (typeof step === 'string' ? step : step()) === 'push' ? 'PUSH_FAILED' : 'BUILD_FAILED';
  throw new TagboatError(failed, { image: image.name, engine, code }, { peer: { code, text } });
}

/** What all builders are told alike: `--build-arg` and the like, in the order of the plan. */
export function buildFlags({ image }: ImageJob, { freshness }: Building): string[] {
  return [
    ...(freshness.pull ? ['--pull'] : []),
    ...(freshness.steps ? ['--no-cache'] : []),
    ...Object.entries(image.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...givenMarks(image.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
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
