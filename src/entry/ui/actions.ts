import { createHash, randomBytes } from 'node:crypto';
import { type ErrorReport, reportOf, type TagboatError, usageError } from '../../errors.ts';
import type { ActValue, PreviewValue } from '../../events/board.ts';
import type { Emit } from '../../events.ts';
import type { CommitPreview } from '../../plan/outcome.ts';
import { hold, unhold } from '../commands/hold.ts';
import { promote } from '../commands/promote/promote.ts';
import { rollback } from '../commands/rollback.ts';
import type { CommonOptions } from '../run/options.ts';
import { type Body, runStarted, type Session } from '../run/session.ts';
import { cleanedValue } from './clean.ts';
import type { Runs } from './runs.ts';

/** What the page may ask to be written. */
const kinds = ['rollback', 'promote', 'hold', 'unhold'] as const;

interface Asked {
  readonly action: (typeof kinds)[number];
  readonly delivery: string;
  /** Of a promotion. */
  readonly from: string;
  /** `file:path` of one value alone. */
  readonly place: string | undefined;
  readonly why: string | undefined;
  readonly until: string | undefined;
}

/** Something that was shown and may be confirmed, once. */
interface Shown {
  readonly asked: Asked;
  /** Of all that was shown. */
  readonly digest: string;
  state: ActValue;
}

/** What was shown is kept so long, and so much of it. */
const mostShown = 50;
const mostWords = 500;

export interface Actions {
  /** Shows what would be written. Throws as the commands do, and USAGE. */
  preview(asked: unknown): Promise<PreviewValue>;
  /** Writes what was shown under an id, unless it would be something else by now. A second time is the same time. */
  act(asked: unknown): ActValue;
  /** Once nothing is under way any more. */
  ended(): Promise<void>;
  /** What became of it. */
  state(id: unknown): ActValue;
}

/** The commands themselves, in this process, for who holds the page's key. `changed` is called whenever a state changes. */
export function takeActions(session: Session, common: CommonOptions, runs: Runs, changed: () => void): Actions {
  const shown = new Map<string, Shown>();
  // One after the other, as they were confirmed.
  let last: Promise<void> = Promise.resolve();
  const remember = (asked: Asked, previews: readonly CommitPreview[]): PreviewValue => {
    const id = randomBytes(12).toString('base64url');
    shown.set(id, { asked, digest: digestOf(previews), state: { is: 'shown' } });
    for (const old of [...shown.keys()].slice(0, -mostShown)) shown.delete(old);
    return cleanedValue({ id, previews }, session.clean) as PreviewValue;
  };
  const run = async (asked: Asked, emit: Emit, review: (previews: readonly CommitPreview[]) => boolean) => {
    const { action } = asked;
    // What is checked out has no part in it.
    const started = (): void => emit(runStarted(action, undefined));
    const quiet = {
      hooks: [],
      commented: [],
      unplanned: [],
      command: action,
      interactive: false,
      print: () => undefined,
      say: () => undefined,
    };
    return bodyOf(asked, { ...common, review })({ ...session, ...quiet, emit, started });
  };
  const look = async (asked: Asked): Promise<PreviewValue> => {
    let previews: readonly CommitPreview[] = [];
    await run(
      asked,
      () => undefined,
      (found) => {
        previews = found;
        return false;
      },
    );
    return remember(asked, previews);
  };
  const write = async (one: Shown): Promise<void> => {
    const set = (state: ActValue): void => {
      one.state = state;
      changed();
    };
    const began = session.world.clock.now();
    const { action } = one.asked;
    const emit: Emit = (happening) => {
      session.emit(happening);
      runs.tell(
        { ...happening, at: new Date(session.world.clock.now()).toISOString() },
        `this page, ${one.asked.delivery}`,
      );
    };
    // Only what is written is a run.
    const early: Parameters<Emit>[0][] = [];
    let agreed = false;
    const tell: Emit = (happening) => (agreed ? emit(happening) : void early.push(happening));
    let errors: readonly ErrorReport[] = [];
    let value: unknown = null;
    let moved: readonly CommitPreview[] | undefined;
    try {
      const ending = await run(one.asked, tell, (previews) => {
        agreed = digestOf(previews) === one.digest;
        if (agreed) for (const happening of early) emit(happening);
        else moved = previews;
        return agreed;
      });
      ({ value, errors = [] } = ending);
    } catch (error) {
      errors = [reportOf(error)];
    }
    const [first] = errors;
    if (agreed) {
      const seconds = Math.round(session.world.clock.now() - began) / 1_000;
      const result = {
        type: 'result',
        command: action,
        exitCode: first?.exitCode ?? 0,
        seconds,
        errors,
        value,
      } as const;
      runs.tell(
        { ...result, at: new Date(session.world.clock.now()).toISOString() },
        `this page, ${one.asked.delivery}`,
      );
    }
    if (moved !== undefined) return set({ is: 'moved', next: remember(one.asked, moved) });
    // Between the look and the push somebody set the value: that is shown as what moved before the look is.
    if (first?.code === 'VALUE_OVERTAKEN') {
      const next = await look(one.asked).catch(() => undefined);
      if (next !== undefined) return set({ is: 'moved', next });
    }
    const told = errors.map(({ code, message, hint }) => ({ code, message, hint }));
    set({ is: 'done', errors: cleanedValue(told, session.clean) as typeof told });
  };
  return {
    preview: async (asked) => look(askedOf(asked)),
    act: (asked) => {
      const id = (asked as { readonly id?: unknown } | null)?.id;
      const one = typeof id === 'string' ? shown.get(id) : undefined;
      if (one === undefined) throw wrong('That was never shown here, or so long ago that it has to be shown again.');
      if (one.state.is !== 'shown') return one.state;
      one.state = { is: 'going' };
      last = last
        .then(() => write(one))
        .catch((error: unknown) => {
          one.state = { is: 'done', errors: [reportOf(error)] };
        });
      return one.state;
    },
    ended: () => last,
    state: (id) => (typeof id === 'string' ? shown.get(id)?.state : undefined) ?? { is: 'unknown' },
  };
}

function bodyOf({ action, delivery, from, place, why, until }: Asked, common: CommonOptions): Body {
  const path = place === undefined ? [] : [place];
  switch (action) {
    case 'rollback':
      return rollback(common, delivery, { to: 'previous', path, why: why ?? 'asked for on the dashboard', until });
    case 'promote':
      return promote(common, [from, delivery], { why });
    case 'hold':
      return hold(common, delivery, { path, why, until });
    case 'unhold':
      return unhold(common, delivery, { path, why });
  }
}

/** What the page asks for, which anybody with its key may have written. Throws USAGE. */
function askedOf(value: unknown): Asked {
  const given = (value ?? {}) as Readonly<Record<string, unknown>>;
  const words = (name: string): string | undefined => {
    const found = given[name];
    if (found === undefined || found === '') return undefined;
    if (typeof found !== 'string' || found.length > mostWords)
      throw wrong(`${name} is no text of ${mostWords} characters at most.`);
    return found;
  };
  const action = kinds.find((one) => one === given.action);
  const delivery = words('delivery');
  if (action === undefined || delivery === undefined) throw wrong('It says neither what to do nor to which delivery.');
  const more = { place: words('place'), why: words('why'), until: words('until') };
  return { action, delivery, from: words('from') ?? '', ...more };
}

function wrong(problem: string): TagboatError {
  return usageError(problem, 'ui');
}

/** Of what would be written, whatever it is written on. When a hold began goes with the time of the look. */
function digestOf(previews: readonly CommitPreview[]): string {
  const told = previews.map(({ delivery, repo, branch, changes, diff, instead }) => {
    return [delivery, repo, branch, changes, diff.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'T'), instead];
  });
  return createHash('sha256').update(JSON.stringify(told)).digest('hex');
}
