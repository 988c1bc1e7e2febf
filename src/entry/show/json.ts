import type { EventSink } from './sink.ts';

/** One event a line, as JSON. A line feed inside a value is escaped by JSON itself, so a line is always whole. */
export function createJsonLines(write: (text: string) => void): EventSink {
  return { tell: (event) => write(`${JSON.stringify(event)}\n`), close: () => undefined };
}
