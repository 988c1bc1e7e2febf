import { describe, expect, it } from 'vitest';
import { noHttpBackend, skipNote } from '../support/git-host.ts';
import { seeds } from '../support/runs.ts';
import { faultsIn } from './check.ts';
import { play } from './play.ts';
import { scheduleOf } from './schedule.ts';

// Writers as processes against a real git host, in an order, in a weather and with ends that a seed decides. The seeds are
// always the same ones; `TAGBOAT_SEED=random npm run test:slow -- test/schedules` takes others and prints them,
// `TAGBOAT_SEED=123` plays one again, as far as processes can be made to, and `TAGBOAT_SEEDS=200` plays that many.

const count = Number(process.env.TAGBOAT_SEEDS ?? 30);

describe.skipIf(noHttpBackend !== undefined)(`writers by chance${skipNote}`, () => {
  it.concurrent.each(
    seeds(count),
  )('say what is true, and nothing is lost and nothing lands twice: TAGBOAT_SEED=%i', async (seed) => {
    const schedule = scheduleOf(seed);
    const played = await play(schedule);
    try {
      const faults = await faultsIn(played);
      const told = played.claims.map(({ plan, says }) => `${plan.name}: ${JSON.stringify(says)}`);
      expect(faults, `${JSON.stringify(schedule)}\n${told.join('\n')}`).toEqual([]);
    } finally {
      await played.remove();
    }
  });
});
