import type { RunRecord, RunsValue } from '../../events/board.ts';
import type { Event } from '../../events.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { cleanedValue } from './clean.ts';

/** Runs that are kept, the newest; of each so many events, and bytes of their JSON. What a builder says goes first. */
const mostRuns = 5;
const mostEvents = 20_000;
const mostChatter = 10_000;
const mostBytes = 16 * 1024 * 1024;
const mostFaults = 20;

/** The runs that the page can show. All texts are cleaned. */
export interface Runs {
  /** Takes one event. A `run.started` after another, or after the end, begins another run. */
  tell(event: Event, from: string): void;
  /** Takes a sentence about what can't be shown. */
  fault(sentence: string, from: string): void;
  /** The runs, and of the asked one (default: the newest) the events from `first` on. */
  value(id?: number, first?: number): RunsValue;
  newest(): RunRecord | undefined;
  /** Called after each change. */
  onChange: () => void;
}

interface Keeping {
  readonly record: RunRecord & { readonly events: Event[]; readonly faults: string[] };
  chatter: number;
  bytes: number;
}

export function keepRuns(clean: (text: string) => string): Runs {
  const kept: Keeping[] = [];
  let next = 1;
  const begin = (from: string): Keeping => {
    const record = { id: next++, from: clean(from), title: '', events: [], faults: [], ended: false };
    const one = { record: { ...record, more: { faults: 0, events: 0 } }, chatter: 0, bytes: 0 };
    kept.push(one);
    if (kept.length > mostRuns) kept.shift();
    return one;
  };
  const ofSource = (from: string): Keeping | undefined => kept.findLast(({ record }) => record.from === clean(from));
  const set = (one: Keeping, change: Partial<RunRecord>): void => void Object.assign(one.record, change);
  const runs: Runs = {
    onChange: () => undefined,
    tell: (event, from) => {
      const last = ofSource(from);
      const isNext = last?.record.ended || (event.type === 'run.started' && last?.record.title !== '');
      const one = last === undefined || isNext ? begin(from) : last;
      const { record } = one;
      const taken = cleanedValue(event, clean) as Event;
      if (taken.type === 'run.started') set(one, { title: titleOf(taken) });
      const isChatter = taken.type === 'image.log' || taken.type === 'image.progress';
      const size = JSON.stringify(taken).length;
      const fits = record.events.length < mostEvents && one.bytes + size <= mostBytes;
      if (taken.type === 'result') {
        // How it ended is always told, without what may be too long for it.
        record.events.push(fits ? taken : { ...taken, value: null, errors: taken.errors.slice(0, 10) });
        set(one, { ended: true });
      } else if (fits && !(isChatter && one.chatter >= mostChatter)) {
        record.events.push(taken);
        one.bytes += size;
        if (isChatter) one.chatter += 1;
      } else {
        set(one, { more: { ...record.more, events: record.more.events + 1 } });
      }
      runs.onChange();
    },
    fault: (sentence, from) => {
      const one = ofSource(from) ?? begin(from);
      const { faults, more } = one.record;
      if (faults.length < mostFaults) faults.push(beginning(clean(sentence), 500));
      else set(one, { more: { ...more, faults: more.faults + 1 } });
      runs.onChange();
    },
    value: (id, first = 0) => {
      const record = (kept.find((one) => one.record.id === id) ?? kept.at(-1))?.record;
      // Another run than the one that was asked for is told whole.
      const begun = record?.id === id ? first : 0;
      return {
        runs: kept.map(({ record: { id, title, ended } }) => ({ id, title, ended })),
        run: record && { ...record, first: begun, events: record.events.slice(begun) },
      };
    },
    newest: () => kept.at(-1)?.record,
  };
  return runs;
}

function titleOf({ command, source }: Event & { readonly type: 'run.started' }): string {
  const subject = (source as { readonly subject?: unknown } | undefined)?.subject;
  return typeof subject === 'string' ? `${command}: ${subject}` : command;
}
