import type { EventSink } from './sink.ts';
import { deservesAction } from './words.ts';

/** One event a line, as JSON, which escapes line feeds; of a quiet run warnings and the result. */
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
