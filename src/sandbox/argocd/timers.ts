/** Waits that all end unresolved when their owner is closed. */
interface Timers {
  /** Resolves after `ms`; never once closed. */
  later(ms: number): Promise<void>;
  closed(): boolean;
  close(): void;
}

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  let closed = false;
  return {
    later: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          running.delete(timer);
          if (!closed) resolve();
        }, ms);
        running.add(timer);
      }),
    closed: () => closed,
    close: () => {
      closed = true;
      for (const timer of running) clearTimeout(timer);
    },
  };
}
