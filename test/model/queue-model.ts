import {
  type IntentFate,
  intentFate,
  leavesQueue,
  nextQueueStep,
  type QueueView,
  type WriterMood,
  type WriterStanding,
} from '../../src/commit/queue/decisions.ts';
import type { Model } from './explore.ts';

/**
 * Writers on one branch, with the real decisions of src/commit/queue/decisions.ts. Every request is two moves apart from
 * the look it was decided on, so all interleavings of look and push happen; the adversary kills writers, loses replies,
 * delivers requests late, and lets intents expire, each as often as its budget allows.
 *
 * Writers 0 and 1 write the same value, and 1's source commit is the newer one. The others write values of their own.
 * Whoever is about to push or to publish asks the order guard about the tip it has seen; a change that waits is not
 * asked about again, but names the value it expects. Where a person holds the value that 0 and 1 share, neither they
 * nor whoever lands for them may change it any more.
 */
export interface Setting {
  /** The server takes atomic pushes and refs of the queue's own. */
  readonly atomic: boolean;
  readonly kills: number;
  readonly lostReplies: number;
  readonly lateRequests: number;
  readonly expiries: number;
  /** Writers told to stop (Ctrl-C): they withdraw what waits, and say that nothing of theirs landed. */
  readonly interrupts: number;
  /** Writers may make for the queue unbeaten: from how long looks take they know that others are about to push. */
  readonly crowded: boolean;
  /** Commits of somebody who holds the value that writers 0 and 1 share. */
  readonly holds: number;
  /** Which of the writers take part. */
  readonly writers: readonly number[];
  /** Those whose commits a host's API makes: on the tip alone, past the queue whoever waits there. */
  readonly api: readonly number[];
}

/** Three writers, and nothing that goes wrong. */
export const calm: Setting = {
  atomic: true,
  crowded: false,
  kills: 0,
  lostReplies: 0,
  lateRequests: 0,
  expiries: 0,
  interrupts: 0,
  holds: 0,
  writers: [0, 1, 2],
  api: [],
};

interface Commit {
  /** A writer, or `holder`. */
  readonly by: number;
  /** The intent it came from, if it came through the queue. */
  readonly intent: string | undefined;
  /** Length of the branch below it: with `by` and `intent`, its id. */
  readonly on: number;
}

interface Writer {
  readonly pc:
    | 'look'
    | 'direct'
    | 'publish'
    | 'combine'
    | 'redo'
    | 'stop'
    | 'landed'
    | 'over'
    | 'held'
    | 'stopped'
    | 'dead';
  readonly standing: WriterStanding;
  readonly seen: { readonly tip: number; readonly intents: readonly string[] };
  /** Intents made so far: each has an id of its own. */
  readonly made: number;
  /** Lengths of the branch on which it has pushed directly: the ids of those commits are known to it. */
  readonly sent: readonly number[];
  /** Where it has made a commit that was beaten: the intent made of it expects the value that was there. */
  readonly basis?: number | undefined;
}

type Request =
  | {
      readonly kind: 'push';
      readonly on: number;
      readonly chain: readonly Commit[];
      readonly removes: readonly string[];
      /** Its writer's own intent, removed without being landed. */
      readonly gives: readonly string[];
    }
  | { readonly kind: 'publish'; readonly id: string }
  | { readonly kind: 'withdraw'; readonly id: string };

export interface State {
  readonly branch: readonly Commit[];
  readonly intents: readonly string[];
  readonly expired: readonly string[];
  /** Intents that their own writers took back. */
  readonly given: readonly string[];
  readonly expects: Readonly<Record<string, number>>;
  readonly writers: Readonly<Record<number, Writer>>;
  readonly late: readonly Request[];
  readonly budget: {
    readonly kills: number;
    readonly lost: number;
    readonly late: number;
    readonly expiries: number;
    readonly interrupts: number;
    readonly holds: number;
  };
}

/** Who makes a hold, which touches no file that is delivered. */
const holder = -2;
const isHeld = (branch: readonly Commit[], tip: number, file: number): boolean =>
  file === 0 && branch.slice(0, tip).some(({ by }) => by === holder);

/** The value's file: writers 0 and 1 share one, the others have one each. */
const fileOf = (writer: number): number => (writer === 1 ? 0 : writer);
const ownerOf = (intent: string): number => Number(intent.split('.')[0]);
/** Who wrote the file last on the first `tip` commits, or -1. */
const valueAt = (branch: readonly Commit[], tip: number, file: number): number =>
  branch.slice(0, tip).findLast((commit) => fileOf(commit.by) === file)?.by ?? -1;

const atEnd: ReadonlySet<Writer['pc']> = new Set(['landed', 'over', 'held', 'stopped', 'dead']);

/** The decisions under test. A test hands in broken ones too, to see that the model finds out. */
export interface Rules {
  readonly nextQueueStep: typeof nextQueueStep;
  readonly intentFate: typeof intentFate;
  readonly leavesQueue: typeof leavesQueue;
  /** Whether a change is superseded: its place has the value of `holder`. */
  readonly isNewer: (holder: number, ours: number) => boolean;
  /** Whether a writer lands the others though its own change has to be decided anew. */
  readonly helps: boolean;
  /** Whether a hold is looked at, before a try and by whoever lands another's change. */
  readonly respects: { readonly own: boolean; readonly others: boolean };
}
export const realRules: Rules = {
  nextQueueStep,
  intentFate,
  leavesQueue,
  isNewer: (holder, ours) => holder > ours,
  helps: true,
  respects: { own: true, others: true },
};

const nobody: Writer = { pc: 'look', standing: { is: 'fresh' }, seen: { tip: 0, intents: [] }, made: 0, sent: [] };

export function queueModel(setting: Setting, rules: Rules = realRules): Model<State> {
  return {
    first: {
      branch: [],
      intents: [],
      expired: [],
      given: [],
      expects: {},
      writers: Object.fromEntries(setting.writers.map((writer) => [writer, nobody])),
      late: [],
      budget: {
        kills: setting.kills,
        lost: setting.lostReplies,
        late: setting.lateRequests,
        expiries: setting.expiries,
        interrupts: setting.interrupts,
        holds: setting.holds,
      },
    },
    moves: (state) => [
      ...setting.writers.flatMap((writer) => movesOf(state, writer, setting, rules)),
      ...adversary(state),
    ],
    fault: (state) => fault(state, setting),
    ended: (state) => Object.values(state.writers).every(({ pc }) => atEnd.has(pc)),
  };
}

/** Without what no later step of the writer asks for: states that differ in nothing else are one. */
function forgetful(writer: Writer): Writer {
  if (atEnd.has(writer.pc)) return { ...nobody, pc: writer.pc };
  return writer.pc === 'look' ? { ...writer, seen: nobody.seen } : writer;
}

function movesOf(state: State, who: number, setting: Setting, rules: Rules): { name: string; to: State }[] {
  let writer = state.writers[who] as Writer;
  const become = (change: Partial<Writer>, rest: Partial<State> = {}): State => ({
    ...state,
    ...rest,
    writers: { ...(rest.writers ?? state.writers), [who]: forgetful({ ...writer, ...change }) },
  });
  const queueing = setting.atomic && !setting.api.includes(who);
  const moves: { name: string; to: State }[] = [];
  const step = (name: string, to: State): void => {
    moves.push({ name: `${who} ${name}`, to });
  };

  if (atEnd.has(writer.pc)) return [];
  switch (writer.pc) {
    case 'look':
      look({});
      break;
    case 'direct': {
      const basis = writer.seen.tip;
      const commit: Commit = { by: who, intent: undefined, on: basis };
      send('pushes', { kind: 'push', on: basis, chain: [commit], removes: [], gives: [] }, (won) =>
        won ? { pc: 'landed' } : { pc: 'look', standing: { is: 'beaten' }, basis },
      );
      // A look that has grown old is taken again before the push, and may show what the push would have found out.
      const moved = state.branch.length !== basis || state.intents.length > 0;
      if (moved || (setting.crowded && queueing)) look({ standing: { is: 'beaten' }, basis });
      break;
    }
    case 'publish': {
      const id = `${who}.${writer.made}`;
      const readAt = writer.basis ?? writer.seen.tip;
      const expects = { ...state.expects, [id]: valueAt(state.branch, readAt, fileOf(who)) };
      const made = writer.made + 1;
      const waiting: Partial<Writer> = { pc: 'look', standing: { is: 'waiting', id }, made, basis: undefined };
      send('publishes', { kind: 'publish', id }, () => waiting, { expects });
      break;
    }
    case 'combine': {
      const { chain, removes, mine } = combine(state, writer, who, rules);
      const again = mine === 'moved' || mine === 'unfit';
      if (again && (chain.length === 0 || !rules.helps)) {
        step('must decide anew', become({ pc: 'redo' }));
        break;
      }
      const gives = again && writer.standing.is === 'waiting' ? [writer.standing.id] : [];
      send('combines', { kind: 'push', on: writer.seen.tip, chain, removes, gives }, (won) => {
        if (!won) return { pc: 'look' };
        if (mine === 'land' || mine === 'settled') return { pc: 'landed' };
        return { pc: 'look', standing: { is: 'beaten' } };
      });
      break;
    }
    case 'stop': {
      const id = writer.standing.is === 'waiting' ? writer.standing.id : undefined;
      // With nothing published there is nothing to withdraw; a ref that is gone already means that it may have landed.
      if (id === undefined) step('stops', become({ pc: 'stopped' }));
      else send('withdraws', { kind: 'withdraw', id }, (won) => ({ pc: won ? 'stopped' : 'over' }));
      break;
    }
    case 'redo': {
      const id = writer.standing.is === 'waiting' ? writer.standing.id : '';
      send('withdraws', { kind: 'withdraw', id }, (won) =>
        won ? { pc: 'look', standing: { is: 'beaten' } } : { pc: 'look' },
      );
      break;
    }
  }
  // A direct push under way is waited for: only between requests does a writer stop.
  if (state.budget.interrupts > 0 && writer.pc === 'look' && writer.sent.length === 0) {
    step(
      'is told to stop',
      become({ pc: 'stop' }, { budget: { ...state.budget, interrupts: state.budget.interrupts - 1 } }),
    );
  }
  if (state.budget.kills > 0) {
    step('is killed', become({ pc: 'dead' }, { budget: { ...state.budget, kills: state.budget.kills - 1 } }));
  }
  return moves;

  /** A look and what is decided on it are one move: nothing in between depends on the others. */
  function look(learnt: Partial<Writer>): void {
    const seen = { tip: state.branch.length, intents: state.intents };
    const before = writer;
    writer = { ...writer, ...learnt, seen };
    for (const mood of ['gathering', 'patient', 'impatient'] as const) decide(mood);
    writer = before;
  }

  /** What the landing does after a look: is it done, and if not, the queue's next step, unless the guard ends it. */
  function decide(mood: WriterMood): void {
    const seen = state.branch.slice(0, writer.seen.tip);
    const landed = seen.some(
      (commit) => commit.by === who && commit.intent === undefined && writer.sent.includes(commit.on),
    );
    if (landed) {
      step('finds its own commit', become({ pc: 'landed' }));
      return;
    }
    const view: QueueView = { tip: String(writer.seen.tip), intents: writer.seen.intents, lively: writer.seen.intents };
    const next = rules.nextQueueStep(view, writer.standing, mood, queueing);
    if (next.do === 'confirm') {
      const id = writer.standing.is === 'waiting' ? writer.standing.id : '';
      const found = seen.some((commit) => commit.intent === id);
      if (found) step('finds its commit', become({ pc: 'landed' }));
      else {
        writer = { ...writer, standing: { is: 'beaten' } };
        decide(mood);
      }
      return;
    }
    // What is published from a beaten commit was decided on when that was made.
    const decided = next.do === 'publish' && writer.basis !== undefined;
    if ((next.do === 'pushDirect' || next.do === 'publish') && !decided) {
      const last = valueAt(state.branch, writer.seen.tip, fileOf(who));
      if (rules.respects.own && last !== who && isHeld(state.branch, writer.seen.tip, fileOf(who))) {
        step('is held', become({ pc: 'held' }));
        return;
      }
      const ended = last === who ? 'has its value' : rules.isNewer(last, who) ? 'is superseded' : '';
      if (ended !== '') {
        step(ended, become({ pc: 'over' }));
        return;
      }
    }
    const moves: Record<Exclude<typeof next.do, 'confirm'>, [string, Partial<Writer>]> = {
      pushDirect: ['goes direct', { pc: 'direct' }],
      publish: ['means to publish', { pc: 'publish' }],
      combine: ['means to combine', { pc: 'combine' }],
      wait: ['waits', { pc: 'look' }],
    };
    const [name, change] = moves[next.do];
    step(name, become(change));
  }

  /** A request: the reply comes, is lost (the writer then only looks again), or the request itself arrives late. */
  function send(
    name: string,
    request: Request,
    reply: (won: boolean) => Partial<Writer>,
    rest: Partial<State> = {},
  ): void {
    const base = { ...state, ...rest };
    const { to: served, won } = serve(base, request);
    const sent = request.kind === 'push' && writer.pc === 'direct' ? [...writer.sent, request.on] : writer.sent;
    step(`${name}${won ? '' : ' in vain'}`, become({ ...reply(won), sent }, served));
    const unsure: Partial<Writer> =
      request.kind === 'publish'
        ? { ...reply(true), sent }
        : request.kind === 'withdraw'
          ? { pc: writer.pc === 'stop' ? 'over' : 'look' }
          : { ...reply(false), sent };
    if (state.budget.lost > 0) {
      const budget = { ...state.budget, lost: state.budget.lost - 1 };
      step(`${name}, the reply is lost`, become(unsure, { ...served, budget }));
    }
    if (state.budget.late > 0) {
      const budget = { ...state.budget, late: state.budget.late - 1 };
      step(`${name}, the request is late`, become(unsure, { ...rest, budget, late: [...state.late, request] }));
    }
  }
}

/** The real fates, on the model's values. */
function combine(
  state: State,
  writer: Writer,
  who: number,
  rules: Rules,
): { chain: Commit[]; removes: string[]; mine: IntentFate | undefined } {
  const chain: Commit[] = [];
  const removes: string[] = [];
  let mine: IntentFate | undefined;
  for (const id of writer.seen.intents) {
    const by = ownerOf(id);
    const here = [...state.branch.slice(0, writer.seen.tip), ...chain];
    const intent = {
      expiresAt: state.expired.includes(id) ? 0 : 2,
      edits: [{ expects: String(state.expects[id]), value: String(by) }],
    };
    const own = rules.intentFate(intent, [String(valueAt(here, here.length, fileOf(by)))], 1);
    const held = rules.respects.others && isHeld(here, here.length, fileOf(by));
    const fate = own === 'land' && held ? 'moved' : own;
    if (by === who) mine = fate;
    if (fate === 'land') chain.push({ by, intent: id, on: here.length });
    if (rules.leavesQueue(fate)) removes.push(id);
  }
  return { chain, removes, mine };
}

/** The server: a push needs the old tip and every ref it deletes, all or nothing. */
function serve(state: State, request: Request): { to: Partial<State>; won: boolean } {
  const { branch, intents } = state;
  switch (request.kind) {
    case 'publish':
      return { to: { ...state, intents: [...intents, request.id] }, won: true };
    case 'withdraw': {
      const won = intents.includes(request.id);
      const given = won ? [...state.given, request.id].sort() : state.given;
      return { to: { ...state, intents: intents.filter((id) => id !== request.id), given }, won };
    }
    case 'push': {
      const removes = [...request.removes, ...request.gives];
      if (branch.length !== request.on || !removes.every((id) => intents.includes(id)))
        return { to: state, won: false };
      const left = intents.filter((id) => !removes.includes(id));
      const given = [...state.given, ...request.gives].sort();
      return { to: { ...state, branch: [...branch, ...request.chain], intents: left, given }, won: true };
    }
  }
}

function adversary(state: State): { name: string; to: State }[] {
  const late = state.late.map((request, at) => {
    const { to, won } = serve(state, request);
    const rest = state.late.filter((_, other) => other !== at);
    return { name: `a late ${request.kind} arrives${won ? '' : ' in vain'}`, to: { ...state, ...to, late: rest } };
  });
  const expiring = state.budget.expiries === 0 ? [] : state.intents.filter((id) => !state.expired.includes(id));
  const expiries = expiring.map((id) => ({
    name: `${id} expires`,
    to: {
      ...state,
      expired: [...state.expired, id].sort(),
      budget: { ...state.budget, expiries: state.budget.expiries - 1 },
    },
  }));
  const hold: Commit = { by: holder, intent: undefined, on: state.branch.length };
  const budget = { ...state.budget, holds: state.budget.holds - 1 };
  const held = { name: 'somebody holds the value', to: { ...state, branch: [...state.branch, hold], budget } };
  return [...late, ...expiries, ...(state.budget.holds === 0 ? [] : [held])];
}

function fault(state: State, setting: Setting): string | undefined {
  const { branch, writers } = state;
  for (const [name, { pc }] of Object.entries(writers)) {
    const who = Number(name);
    const commits = branch.filter((commit) => commit.by === who).length;
    if (commits > 1) return `${who} landed twice`;
    if (pc === 'landed' && commits === 0) return `${who} says it landed and didn't`;
    const current = valueAt(branch, branch.length, fileOf(who));
    if (pc === 'stopped' && commits > 0) return `${who} says nothing of its own landed, and it did`;
    // `over` stands for unchanged and superseded: both promise that the value is ours or a newer one's.
    if ((writers[who]?.made ?? 0) > 8) return `${who} publishes for ever`;
    if (pc === 'over' && current < who && setting.interrupts === 0) return `${who} ended and its value is lost`;
  }
  for (let at = 1; at <= branch.length; at++) {
    const values = branch.slice(0, at).filter((commit) => fileOf(commit.by) === 0);
    if (values.some((commit, i) => i > 0 && commit.by < (values[i - 1] as Commit).by))
      return 'an older value went over a newer one';
  }
  const since = branch.findIndex(({ by }) => by === holder);
  if (since >= 0 && branch.slice(since).some(({ by }) => fileOf(by) === 0)) return 'a held value was changed';
  return lostIntent(state);
}

/** An intent that was published and is neither waiting, landed, expired, nor given up by its own writer. */
function lostIntent(state: State): string | undefined {
  for (const id of Object.keys(state.expects)) {
    const by = ownerOf(id);
    const published = !state.late.some((request) => request.kind === 'publish' && request.id === id);
    const alive = state.intents.includes(id) || state.branch.some((commit) => commit.by === by);
    const newer = valueAt(state.branch, state.branch.length, fileOf(by)) > by;
    const pc = state.writers[by]?.pc;
    const ended = state.expired.includes(id) || state.given.includes(id);
    if (published && !alive && !newer && !ended && pc === 'dead') return `the intent ${id} is lost`;
  }
  return undefined;
}
