import { createLogUpdate } from 'log-update';
import type { Colors } from 'picocolors/types.js';
import type { Event } from '../../events.ts';
import { createLive, frameMs } from './live.ts';

/** The lines at a terminal's foot that show what is going on, drawn over and over. */
export interface LiveBlock {
  tell(event: Event): void;
  draw(): void;
  /** Makes room for a line that stays. */
  clear(): void;
  close(): void;
}

interface LiveBlockOptions {
  readonly stream: NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };
  readonly colors: Colors;
  readonly now: () => number;
}

/** Loaded on terminals alone: measuring text takes tables that are slow to load. */
export function openLiveBlock({ stream, colors, now }: LiveBlockOptions): LiveBlock {
  const live = createLive(colors);
  const block = createLogUpdate(stream);
  const draw = (): void => {
    const lines = live.lines(now(), { columns: stream.columns ?? 80, rows: stream.rows ?? 24 });
    if (lines.length === 0) block.clear();
    else block(lines.join('\n'));
  };
  const timer = setInterval(draw, frameMs);
  timer.unref();
  return {
    tell: (event) => live.tell(event, now()),
    draw,
    clear: () => block.clear(),
    close: () => {
      clearInterval(timer);
      block.clear();
      block.done();
    },
  };
}
