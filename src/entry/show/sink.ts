import type { Event } from '../../events.ts';

/** Something that shows a run or records it. `tell` never throws: showing must not end a delivery. */
export interface EventSink {
  readonly tell: (event: Event) => void;
  /** Called once, after the last event. Puts the terminal back as it was. */
  readonly close: () => void;
}
