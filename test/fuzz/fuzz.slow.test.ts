import { expect, it } from 'vitest';
import { seeds } from '../support/runs.ts';
import { fuzz } from './fuzz.ts';

// `TAGBOAT_SEED=random` for others; the failing input is in the report.
it.each(
  seeds(2),
)('readers of what others made only ever fail as they say, on a hundred thousand inputs: TAGBOAT_SEED=%i', async (seed) => {
  const { found, inputs } = await fuzz({ seed, runs: 4_000 });
  expect(found).toEqual([]);
  expect(inputs).toBeGreaterThanOrEqual(100_000);
  // However busy the machine is.
}, 900_000);
