import { expect } from 'vitest';
import { delivered, missing, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'Too many requests, for a moment',
  whatHappens: 'The registry answers 429 with Retry-After twice, then all is well.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    delivered,
    {
      words: 'no request comes back sooner than it was told',
      holds: ({ waits }) => expect(waits.filter((ms) => ms >= 7_000)).toHaveLength(2),
    },
  ],
  missing,
  cause: async () => {
    let refusals = 2;
    const waits: number[] = [];
    const fault = ({ method }: { readonly method: string }) =>
      method === 'POST' && refusals-- > 0
        ? ({ is: 'answer', status: 429, headers: { 'retry-after': '7' } } as const)
        : undefined;
    const scene = await shipHere(
      { registry: { fault } },
      {
        world: ({ clock }) => ({
          clock: {
            ...clock,
            sleep: (ms, signal) => {
              waits.push(ms);
              return clock.sleep(ms, signal);
            },
          },
        }),
      },
    );
    return { ...scene, waits };
  },
});
