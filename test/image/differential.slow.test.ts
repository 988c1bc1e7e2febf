import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Env } from '../../src/wire/world.ts';
import { noBuildkit, startBuildkit } from '../support/buildkit.ts';
import { noDockerd, startDockerd } from '../support/dockerd.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { expected, type Outcome, outcomeOf, pushBase } from './compare.ts';

/** A builder to hold assemble against. */
interface Reference {
  readonly name: string;
  readonly missing: string | undefined;
  readonly engine: 'buildx' | 'docker';
  readonly cases: readonly Case[];
  readonly start: () => Promise<{ readonly env: Env; readonly builder?: string; close(): Promise<void> }>;
}

const references: readonly Reference[] = [
  { name: "today's BuildKit", missing: noBuildkit, engine: 'buildx', cases, start: startBuildkit },
  {
    name: 'docker build',
    missing: noDockerd,
    engine: 'docker',
    cases: cases.filter((which) => which.newer === undefined),
    start: startDockerd,
  },
];

const golden = join(import.meta.dirname, 'golden', 'buildkit.json');
// With UPDATE_GOLDEN=1 today's BuildKit's answers are kept, for machines where it can't run.
const update = process.env.UPDATE_GOLDEN === '1';
const known = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, Outcome>;

describe.each(references)('assemble beside $name', (reference) => {
  const { missing, engine } = reference;
  const title = missing === undefined ? 'ready' : `skipped: ${missing}`;

  describe.skipIf(missing !== undefined)(title, () => {
    let running: Awaited<ReturnType<Reference['start']>>;
    let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
    const seen: Record<string, Outcome> = {};

    beforeAll(async () => {
      running = await reference.start();
      registry = await startOwnRegistry();
    }, 1_260_000);
    afterAll(async () => {
      await running?.close();
      await registry?.close();
      if (update && engine === 'buildx') writeFileSync(golden, linesOf({ ...known, ...seen }));
    });

    it.each(reference.cases)('$title: the same files, modes, owners, links and config', async (which) => {
      const world = testWorld({ env: running.env });
      const { host } = registry;
      await pushBase(world, host);
      const theirs = await outcomeOf(world, host, which, { engine, builder: running.builder });
      seen[which.title] = theirs;
      // Where they refuse, so do we, with a code of our own; where we refuse, they have to.
      if ('failed' in theirs || which.fails !== undefined) expect(theirs).toEqual({ failed: 'BUILD_FAILED' });
      const ours = await outcomeOf(world, host, which, { engine: 'assemble' });
      expect(ours).toEqual(expected(which, theirs));
      if (!update) expect(theirs).toEqual(known[which.title]);
    });
  });
});

/** One line for each case in the table's order, so that a change shows as what it is. */
function linesOf(outcomes: Readonly<Record<string, Outcome>>): string {
  const titles = cases.map(({ title }) => title).filter((title) => title in outcomes);
  const lines = titles.map((title) => `${JSON.stringify(title)}: ${JSON.stringify(outcomes[title])}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
