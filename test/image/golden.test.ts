import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { cases } from './cases.ts';
import { expected, type Outcome, outcomeOf, pushBase } from './compare.ts';

// What BuildKit made of the same Dockerfiles; written by the differential test, where it runs.
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', 'buildkit.json'), 'utf8')) as Record<
  string,
  Outcome
>;

it('assemble makes of every case what BuildKit made of it', async () => {
  const registry = await startOwnRegistry();
  try {
    const world = testWorld();
    await pushBase(world, registry.host);
    const made: Record<string, Outcome> = {};
    for (const which of cases) made[which.title] = await outcomeOf(world, registry.host, which, { engine: 'assemble' });
    const wanted = cases.map((which) => [which.title, expected(which, golden[which.title])] as const);
    expect(made).toEqual(Object.fromEntries(wanted));
    // Titles are keys: a second case of the same name would hide the first.
    expect(Object.keys(made).length).toBe(cases.length);
    expect(cases.length).toBeGreaterThan(200);
  } finally {
    await registry.close();
  }
});
