import type { EventSink } from './sink.ts';
import { deservesAction } from './words.ts';

/**
 * One event a line, as JSON; of a quiet run those that deserve an action, and its result. A line feed inside a value is
 * escaped by JSON itself, so a line is always whole.
 */
export function createJsonLines(write: (text: string) => void, quiet = false): EventSink {
  return {
    tell: (event) => {
      if (quiet && event.type !== 'result' && !deservesAction(event)) return;
      // An old form of a runner's command, which is obeyed anywhere in a line. To JSON it is the same text.
      write(`${JSON.stringify(event).replaceAll('##[', '#\\u0023[')}\n`);
    },
    close: () => undefined,
  };
}
