import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

it('readers of what others made only ever fail as they say, on a thousand inputs with something wrong', async () => {
  const { found, subjects, inputs, taken } = await fuzz({ seed: 1, runs: 60 });
  expect(found).toEqual([]);
  expect(subjects).toBeGreaterThan(25);
  expect(taken).toBeGreaterThan(inputs / 20);
});
