import { setMaxListeners } from 'node:events';
import { reportOf } from '../../../errors.ts';
import type { World } from '../../../wire/world.ts';
import type { Body } from '../../run/session.ts';

/** How long peers are waited for by whom sits before a screen, milliseconds. */
export interface Glance {
  /** What one of them may be silent, and for how long its failures are tried again. */
  readonly silentMs: number;
  readonly againMs: number;
  /** All that is asked together. */
  readonly wholeMs: number;
}

const usual: Glance = { silentMs: 4_000, againMs: 500, wholeMs: 15_000 };

/** The same where git's own answer is what is looked at: a host that is counting says a word every five seconds (uploadpack.keepAlive). */
const reading = { silentMs: 10_000, againMs: 500 };

/** A command that only looks: it tells of a peer that is mute before whoever waits for it takes it for mute itself. */
export function atAGlance(body: Body): Body {
  return (session) => body({ ...session, world: hasty(session.world) });
}

/** The same world, where peers have less time. */
export function hasty(world: World, { silentMs, againMs }: Omit<Glance, 'wholeMs'> = reading): World {
  return {
    ...world,
    patienceMs: againMs,
    http: (request) => world.http({ ...request, idleMs: Math.min(request.idleMs ?? silentMs, silentMs) }),
  };
}

/** A world for looks at peers that may be closed, and its end. */
export interface Glancing {
  readonly world: World;
  /** The answer. Throws what ended the look before it: what is asked with another world's patience may go on. */
  within<T>(answer: Promise<T>): Promise<T>;
  /** Why something wasn't asked, in words. Throws the run's own stop. */
  untold(error: unknown): string;
  /** Whether the time for all of it is over: what failed then, failed by that. */
  late(): boolean;
  over(): void;
}

/** Asks with less patience than what delivers: a look that fails is told of, and taken again by whoever wants to know. */
export function glancing(world: World, glance: Glance = usual): Glancing {
  const { wholeMs } = glance;
  const late = new Error(`there was no answer within ${Math.ceil(wholeMs / 1_000)} s`);
  const [end, timer] = [new AbortController(), new AbortController()];
  const { signal } = end;
  setMaxListeners(0, signal);
  const stop = (): void => end.abort(world.signal.reason);
  world.signal.addEventListener('abort', stop, { once: true });
  if (world.signal.aborted) stop();
  world.clock.sleep(wholeMs, timer.signal).then(
    () => end.abort(late),
    () => undefined,
  );
  return {
    world: { ...hasty(world, glance), signal },
    within: (answer) =>
      new Promise((resolve, reject) => {
        const ended = (): void => reject(signal.reason);
        signal.addEventListener('abort', ended, { once: true });
        if (signal.aborted) ended();
        answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', ended));
      }),
    untold: (error) => {
      world.signal.throwIfAborted();
      if (signal.aborted) return late.message;
      const { code, message } = reportOf(error);
      return `${message} (${code})`;
    },
    late: () => signal.reason === late,
    over: () => {
      timer.abort();
      world.signal.removeEventListener('abort', stop);
    },
  };
}
