import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dockerd, noDockerd, startDockerd } from '../support/dockerd.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { cases } from './cases.ts';
import { built, pushBase } from './compare.ts';
import type { Contents } from './images.ts';

const golden = join(import.meta.dirname, 'golden', 'docker.json');
const title = `assemble beside docker build${noDockerd === undefined ? '' : ` (skipped: ${noDockerd})`}`;

describe.skipIf(noDockerd !== undefined)(title, () => {
  let docker: Dockerd;
  let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
  const seen: Record<string, Contents> = {};

  beforeAll(async () => {
    docker = await startDockerd();
    registry = await startOwnRegistry();
  }, 120_000);
  afterAll(async () => {
    await docker?.close();
    await registry?.close();
    // With UPDATE_GOLDEN=1 the answers are kept for machines where Docker can't run.
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, `${JSON.stringify(seen, null, 1)}\n`);
  }, 60_000);

  it.each(cases)('$title: the same files, modes, owners, links and config', async (which) => {
    const world = testWorld({ env: docker.env });
    await pushBase(world, registry.host);
    const theirs = await built(world, registry.host, which, 'docker');
    seen[which.title] = theirs;
    expect(await built(world, registry.host, which, 'assemble')).toEqual(theirs);
  });

  it.skipIf(process.env.UPDATE_GOLDEN === '1')(
    'docker still answers as it did when the golden file was written',
    () => {
      expect(seen).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
    },
  );
});
