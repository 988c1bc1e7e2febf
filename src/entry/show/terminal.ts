import type { Colors } from 'picocolors/types.js';
import type { Event } from '../../events.ts';
import type { LiveBlock } from './live-block.ts';
import { printableValue, unheard } from './printable.ts';
import { causeOf, causesOf, hitWords } from './report/causes.ts';
import type { EventSink } from './sink.ts';
import { errorLines, wordsOf } from './words.ts';

interface TerminalOptions {
  readonly stream: NodeJS.WritableStream;
  readonly colors: Colors;
  /** Where the stream can be drawn over: a terminal, and no CI that only looks like one. */
  readonly live: LiveBlock | undefined;
  readonly quiet: boolean;
}

export interface Terminal extends EventSink {
  /** Writes text of our own between what events tell. */
  readonly say: (text: string) => void;
}

/** Tells a run to people: a line for whatever happened, and on a terminal, below them, what is going on. */
export function createTerminal(options: TerminalOptions): Terminal {
  const { stream, colors, live } = options;
  /** Whom each cause that was told hit first. */
  const told = new Map<string, string>();
  const failures: Event[] = [];
  const logged = new Set<string>();
  // A command that only prints its product (a schema, a diff) begins no run, and needs no word about its end.
  let began = false;

  const write = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    live?.clear();
    // Whatever the lines were put together from: no line may be a command to a GitHub runner.
    stream.write(`${unheard(lines.join('\n'))}\n`);
  };

  return {
    tell: (raw) => {
      // Whoever's words an event holds: cleaned here, before anything is made of them.
      const event = printableValue(raw) as Event;
      live?.tell(event);
      began ||= event.type === 'run.started';
      if (event.type === 'image.log' && live === undefined && !options.quiet) logged.add(event.image);
      const as = firstHit(event, told);
      if (event.type === 'image.failed' || event.type === 'commit.failed') failures.push(event);
      const words = wordsOf(event, { colors, live: live !== undefined, quiet: options.quiet, logged, as });
      write([...untold(event, failures, told, colors), ...(event.type === 'result' && !began ? [] : words)]);
      live?.draw();
    },
    say: (text) => {
      write([text]);
      live?.draw();
    },
    close: () => live?.close(),
  };
}

/** Whom the cause of a failure hit before, if it did. */
function firstHit(event: Event, told: Map<string, string>): string | undefined {
  if (event.type !== 'image.failed' && event.type !== 'commit.failed') return undefined;
  const name = event.type === 'image.failed' ? event.image : event.delivery;
  const cause = causeOf(event.error, name);
  const first = told.get(cause);
  if (first === undefined) told.set(cause, name);
  return first;
}

/** The causes of a result that no earlier event told. */
function untold(event: Event, failures: readonly Event[], told: ReadonlyMap<string, string>, colors: Colors): string[] {
  if (event.type !== 'result') return [];
  return causesOf(failures, event.errors)
    .filter(({ error, hit }) => !told.has(causeOf(error, hit[0])))
    .flatMap((cause) => errorLines({ ...cause.error, message: hitWords(cause) + cause.error.message }, colors));
}
