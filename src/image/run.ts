import { arch } from 'node:os';
import type { Emit } from '../events.ts';
import type { Platform, RegistryPlan, Source } from '../plan.ts';
import type { Secret } from '../wire/secret.ts';
import type { World } from '../wire/world.ts';
import { machinePlatform } from './platform.ts';
import { type CredentialFor, openRegistries, type Registry } from './registry.ts';

/** What every image of a run is built with. */
export interface ImageRunOptions {
  readonly source: Source;
  readonly credential: CredentialFor;
  /** The job's identity for an audience, as a token of its OpenID Connect issuer. Absent: there is none. */
  readonly identity?: (audience: string) => Promise<Secret>;
  /** Builds whatever is there already, under the tag or under the fingerprint. */
  readonly rebuild?: boolean;
  /** Whether who only looks asks for the right to push too. Default true. */
  readonly pushes?: boolean | undefined;
  /**
   * Takes what only a run's end has to wait for: keeping an image that is in the registry for later builds. It rejects
   * with the signal's reason and bugs alone. Absent: each image waits for its own.
   */
  readonly beside?: (work: Promise<void>) => void;
}

/** What the images of one run share: what was found out for one serves the others. */
export interface ImageRun extends ImageRunOptions {
  readonly world: World;
  readonly emit: Emit;
  readonly registry: (plan: RegistryPlan) => Registry;
  /** This machine as a platform. */
  readonly machine: Platform;
  /** For questions that are asked once a run. */
  readonly once: Once;
}

/** Answers a question by `work` the first time and remembers that. A failed answer is asked for again. */
export type Once = <T>(question: string, work: () => Promise<T>) => Promise<T>;

/** Begins a run's building. Every password that it is given for a registry is masked first. */
export function createImageRun(world: World, emit: Emit, options: ImageRunOptions): ImageRun {
  const credential: CredentialFor = async (registry) => {
    const found = await options.credential(registry);
    if (found !== undefined) world.mask(found.password.reveal());
    return found;
  };
  return {
    ...options,
    world,
    emit,
    credential,
    registry: openRegistries(world, credential),
    machine: machinePlatform(arch()),
    once: createOnce(),
  };
}

/** A memory of its own. */
export function createOnce(): Once {
  const answers = new Map<string, Promise<unknown>>();
  return <T>(question: string, work: () => Promise<T>) => {
    const known = answers.get(question) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = work();
    answers.set(question, answer);
    answer.catch(() => answers.delete(question));
    return answer;
  };
}
