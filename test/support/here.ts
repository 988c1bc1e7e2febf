import { expect } from 'vitest';
import type { Body, Session } from '../../src/entry/run/session.ts';
import type { Ending } from '../../src/entry/run/stopping.ts';
import type { ErrorReport } from '../../src/errors.ts';
import { reportOf } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import type { Verdict } from '../../src/plan/deploy.ts';
import type { CommitOutcome } from '../../src/plan/outcome.ts';
import type { Env, World } from '../../src/wire/world.ts';
import { faultsOf } from './events.ts';
import { jumpingClock, type TestWorld, testWorld } from './world.ts';

export interface HereOptions {
  /** Which command it is: then what came of it is held against the schema of events. */
  readonly command?: string;
  readonly cwd?: string;
  readonly env?: Env;
  /** Milliseconds of silence after which a peer is given up, whatever the command would wait. */
  readonly idleMs?: number;
  /** Told of each event as it comes. */
  readonly onEvent?: (event: Happening) => void;
  /** Parts of the world that are other ones; asked with the world they are for. */
  readonly world?: (own: TestWorld) => Partial<World>;
}

/** How a command ended in this process. */
export interface HereResult {
  readonly exitCode: number;
  readonly errors: readonly ErrorReport[];
  readonly commits: readonly CommitOutcome[];
  readonly verdicts: readonly Verdict[];
  readonly events: readonly Happening[];
  readonly value: unknown;
}

/**
 * Runs a whole command in this process, against real servers, in a world whose waits are over at once: for faults that
 * are tried again for minutes. What the process itself adds (signals, streams) is `cli`'s to show.
 */
export async function here(body: Body, options: HereOptions = {}): Promise<HereResult> {
  const { cwd = '/', env = {}, idleMs } = options;
  const own = testWorld({
    clock: jumpingClock(Date.now()),
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
  });
  const impatient: Partial<World> = idleMs === undefined ? {} : { http: (request) => own.http({ ...request, idleMs }) };
  const session: Session = {
    command: options.command ?? 'here',
    world: { ...own, ...impatient, ...options.world?.(own) },
    emit: (event) => {
      own.emit(event);
      options.onEvent?.(event);
    },
    cwd,
    settings: { json: true, quiet: false, color: false },
    hooks: [],
    commented: [],
    unplanned: [],
    interactive: false,
    started: () => undefined,
    print: () => undefined,
    say: () => undefined,
    clean: (text) => text,
    debug: () => undefined,
  };
  const ending: Ending = await body(session).catch((error: unknown) => ({ errors: [reportOf(error)], value: null }));
  const errors = ending.errors ?? [];
  const { commits = [], verdicts = [] } = (ending.value ?? {}) as Partial<HereResult>;
  const exitCode = ending.exitCode ?? errors[0]?.exitCode ?? 0;
  const { command } = options;
  const { value } = ending;
  const result = command === undefined ? [] : [{ type: 'result', command, exitCode, seconds: 0, errors, value }];
  const at = new Date().toISOString();
  const told = [...own.events, ...result].map((event) => JSON.parse(JSON.stringify({ ...event, at })) as object);
  expect(told.flatMap(faultsOf)).toEqual([]);
  return { exitCode, errors, commits, verdicts, events: own.events, value };
}
