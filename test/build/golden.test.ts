import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { cases } from './cases.ts';
import { built, pushBase } from './compare.ts';
import type { Contents } from './images.ts';

// What `docker build` made of the same Dockerfiles; written by the differential test, where Docker runs.
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', 'docker.json'), 'utf8')) as Record<
  string,
  Contents
>;

it('assemble makes of every case what docker build made of it', async () => {
  const registry = await startOwnRegistry();
  try {
    const world = testWorld();
    await pushBase(world, registry.host);
    const made: Record<string, Contents> = {};
    for (const which of cases) made[which.title] = await built(world, registry.host, which, 'assemble');
    expect(made).toEqual(golden);
    expect(Object.keys(made).length).toBeGreaterThan(50);
  } finally {
    await registry.close();
  }
});
