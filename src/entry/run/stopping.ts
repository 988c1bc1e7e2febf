import { exitCodes } from '../../errors/codes.ts';
import { type ErrorReport, reportOf, TagboatError } from '../../errors.ts';
import { type Emit, emitNotice } from '../../events.ts';

/** What a run has of the process around it. Tests run many in one process, each with an outside of its own. */
export type Outside = Pick<NodeJS.Process, 'env' | 'cwd' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'>;

/** How a command ended. A thrown error is an ending too. */
export interface Ending {
  readonly exitCode?: number;
  readonly errors?: readonly ErrorReport[];
  readonly value: unknown;
}

// GitHub's runner sends SIGINT when a job is cancelled, SIGTERM 7.5 s later and SIGKILL after another 2.5 s. By then
// intents are withdrawn, tokens are revoked and the result is told.
const workMs = 3_000;
const allMs = 6_000;

/** Interrupts that come together are one: npx hands on what its whole process group got. */
const oneMs = 300;

/** Aborts on the first signal; a second Ctrl-C ends the process, for a peer or a child that doesn't let go. */
export function listen(controller: AbortController, emit: Emit, outside: Outside): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let interruptedAt: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    const again = interruptedAt !== undefined && performance.now() - interruptedAt > oneMs;
    if (signal === 'SIGINT' && again) outside.exit(exitCodes.interrupted);
    if (signal === 'SIGINT') interruptedAt ??= performance.now();
    if (controller.signal.aborted) return;
    emitNotice(emit, 'info', 'run', 'STOPPING', { signal }, 'Stopping and cleaning up; Ctrl-C once more ends at once.');
    controller.abort(new TagboatError('INTERRUPTED', { signal }));
  };
  for (const signal of signals) outside.on(signal, stop);
  return () => {
    for (const signal of signals) outside.off(signal, stop);
  };
}

/** The work, or the signal's reason once it has had its time to end by itself after the signal was aborted. */
export async function withinTidying<T>(signal: AbortSignal, work: Promise<T>, ms = workMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let begin: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    begin = () => {
      timer = setTimeout(() => reject(signal.reason), ms);
    };
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true });
  });
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    signal.removeEventListener('abort', begin);
    clearTimeout(timer);
  }
}

/** The command's ending, with a thrown error as one, and a stop by signal told as such whatever it made fail. */
export async function endingOf(
  work: Promise<Ending>,
  fault: Promise<never>,
  controller: AbortController,
  debug: (error: unknown) => void,
): Promise<Ending> {
  let ending: Ending;
  const { signal } = controller;
  const inTime = withinTidying(signal, work, allMs);
  try {
    ending = await Promise.race([inTime, fault]);
    if ((ending.errors ?? []).length === 0) return ending;
  } catch (error) {
    debug(error);
    ending = { errors: [reportOf(error)], value: null };
    if (!signal.aborted) {
      // After a fault elsewhere the command is still at work: it is told to stop, and has a moment to clean up.
      controller.abort(error);
      await inTime.catch(() => undefined);
      return ending;
    }
  }
  if (!signal.aborted) return ending;
  const interrupted = reportOf(signal.reason);
  const others = (ending.errors ?? []).filter((error) => error.code !== interrupted.code);
  return { ...ending, exitCode: interrupted.exitCode, errors: [interrupted, ...others] };
}

/** Rejects with an error that nobody caught: a bug, which must end the run with its result told. */
export function firstFault(outside: Outside): { happened: Promise<never>; stop: () => void } {
  let fail: (error: unknown) => void = () => undefined;
  const happened = new Promise<never>((_, reject) => {
    fail = reject;
  });
  happened.catch(() => undefined);
  const faulty = (error: unknown): void => fail(error);
  outside.on('uncaughtException', faulty);
  outside.on('unhandledRejection', faulty);
  return {
    happened,
    stop: () => {
      outside.off('uncaughtException', faulty);
      outside.off('unhandledRejection', faulty);
    },
  };
}
