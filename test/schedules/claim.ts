import type { ErrorReport } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import type { CommitOutcome } from '../../src/plan/outcome.ts';
import type { Schedule, WriterPlan } from './schedule.ts';

/** What a writer said at its end. */
export interface Claim {
  readonly plan: WriterPlan;
  readonly says:
    | { readonly is: 'landed'; readonly commit: string; readonly parent: string }
    | { readonly is: 'unchanged'; readonly tip: string }
    /** It says that nothing of its own landed. */
    | { readonly is: 'failed'; readonly error: ErrorReport }
    /** It says that it doesn't know. */
    | { readonly is: 'unsure'; readonly error: ErrorReport }
    /** Told to stop; says nothing about what became of a push under way. */
    | { readonly is: 'stopped' }
    | { readonly is: 'killed' }
    /** Nothing that a writer may end as. */
    | { readonly is: 'broken'; readonly why: string };
}

export interface WriterEnd {
  readonly plan: WriterPlan;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly wasEnded: boolean;
  readonly lines: readonly (Event | Record<string, unknown>)[];
}

export function claimFrom(end: WriterEnd, through: Schedule['through']): Claim {
  return { plan: end.plan, says: through === 'cli' ? fromCli(end) : fromLibrary(end) };
}

type Says = Claim['says'];

function fromLibrary(end: WriterEnd): Says {
  const said = end.lines[0] as
    | CommitOutcome
    | { is: 'failed'; error: ErrorReport; unsure: boolean }
    | { is: 'stopped' }
    | undefined;
  if (said === undefined) return withoutWord(end);
  if (said.is === 'failed') return failure(said.error, said.unsure);
  return said.is === 'stopped' ? said : fromOutcome(said);
}

function fromCli(end: WriterEnd): Says {
  const events = end.lines as readonly Event[];
  const finished = events.find((event) => event.type === 'commit.finished');
  if (finished?.type === 'commit.finished') return fromOutcome(finished.outcome);
  if (end.code === 130) return { is: 'stopped' };
  const result = events.at(-1);
  const error = result?.type === 'result' ? result.errors[0] : undefined;
  if (error === undefined) return withoutWord(end);
  const warned = events.some(
    (event) => event.type === 'notice' && event.level === 'warning' && event.stage === 'commit',
  );
  // The hint is all else that a user has to tell by.
  return failure(error, warned || error.hint.startsWith('It may yet take the commit.'));
}

function fromOutcome(outcome: CommitOutcome): Says {
  switch (outcome.is) {
    case 'landed':
      return { is: 'landed', commit: outcome.commit, parent: outcome.parent };
    case 'unchanged':
      return { is: 'unchanged', tip: outcome.tip };
    default:
      return { is: 'broken', why: `it ended as ${outcome.is}` };
  }
}

function failure(error: ErrorReport, unsure: boolean): Says {
  if (error.code === 'BUG') return { is: 'broken', why: error.message };
  return { is: unsure ? 'unsure' : 'failed', error };
}

function withoutWord({ signal, code, wasEnded, stderr }: WriterEnd): Says {
  if (wasEnded && signal !== null) return { is: 'killed' };
  return { is: 'broken', why: `it ended without a word (${signal ?? code}): ${stderr.slice(-500)}` };
}
