import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Env } from '../../../src/wire/world.ts';
import { noBuildkit, startBuildkit } from '../../support/buildkit.ts';
import { noDockerd, startDockerd } from '../../support/dockerd.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { pushBase } from '../compare.ts';
import { build } from '../images.ts';
import { at, fingerprintAt, mutations, type Same, type When } from './mutate.ts';
import type { Mutation } from './mutation.ts';
import { resultOf } from './result.ts';
import { pushShell } from './shell-image.ts';

const golden = join(import.meta.dirname, '..', 'golden', 'mutations.json');
// With UPDATE_GOLDEN=1 today's BuildKit's answers are kept, for machines where it can't run.
const update = process.env.UPDATE_GOLDEN === '1';
const known = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, Same>;

/** In the table's order, and nothing that isn't in it any more. */
function kept(answers: Readonly<Record<string, Same>>): string {
  const titles = mutations.map(({ title }) => title).filter((title) => title in answers);
  return `${JSON.stringify(Object.fromEntries(titles.map((title) => [title, answers[title]])), null, 2)}\n`;
}

/** A builder to hold fingerprints against. */
interface Reference {
  readonly name: string;
  readonly missing: string | undefined;
  readonly engine: 'buildx' | 'docker';
  readonly mutations: readonly Mutation[];
  readonly start: () => Promise<{ readonly env: Env; readonly builder?: string; close(): Promise<void> }>;
}

// What Docker 20.10 doesn't know yet, or can't do: several platforms at once, and a network for RUN in this daemon.
const newer = /--(?:parents|exclude|link|chmod)|<<|^RUN|TARGETARCH/m;

const older = mutations.filter(
  ({ dockerfile, change, platforms = [], contexts }) =>
    (contexts ?? change.contexts) === undefined &&
    !newer.test(`${dockerfile}\n${change.dockerfile ?? ''}`) &&
    [...platforms, ...(change.platforms ?? [])].length === 0,
);

const references: readonly Reference[] = [
  { name: "today's BuildKit", missing: noBuildkit, engine: 'buildx', mutations, start: startBuildkit },
  { name: 'docker build', missing: noDockerd, engine: 'docker', mutations: older, start: startDockerd },
];

describe.each(references)('a fingerprint beside $name', (reference) => {
  const { missing, engine } = reference;
  const title = missing === undefined ? 'ready' : `skipped: ${missing}`;

  describe.skipIf(missing !== undefined)(title, () => {
    let running: Awaited<ReturnType<Reference['start']>>;
    let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
    const seen: Record<string, Same> = {};

    beforeAll(async () => {
      running = await reference.start();
      registry = await startOwnRegistry();
    }, 1_260_000);
    afterAll(async () => {
      await running?.close();
      await registry?.close();
      if (update && engine === 'buildx') writeFileSync(golden, kept({ ...known, ...seen }));
    });

    const resultAt = (mutation: Mutation, when: When, number: number): Promise<unknown> =>
      at(mutation, when, registry.host, { engine, builder: running.builder }, async (plan) => {
        const world = testWorld({ env: running.env });
        const repository = `mutation-${number}-${when}`;
        await build(world, { ...plan, repository }, {}, { rebuild: true });
        return resultOf(registry.host, repository, plan.tag);
      });

    it.each(
      reference.mutations.map((mutation, number) => ({ ...mutation, number })),
    )('$title: a new one exactly when the result is another one', async (mutation) => {
      const { host } = registry;
      const world = testWorld({ env: running.env });
      await pushBase(world, host);
      await pushShell(host, true);
      const before = await resultAt(mutation, 'before', mutation.number);
      const first = await fingerprintAt(world, mutation, 'before', host);
      const after = await resultAt(mutation, 'after', mutation.number);
      const second = await fingerprintAt(world, mutation, 'after', host);
      const same: Same = JSON.stringify(before) === JSON.stringify(after) ? 'same' : 'differs';
      seen[mutation.title] = same;
      const older = engine === 'docker' ? mutation.older : undefined;
      if (!update) expect(same).toBe(older ?? known[mutation.title]);
      // Never the same one for another result; another one for the same result only where that is known.
      const isSame = same === 'same' && mutation.careful === undefined && older === undefined;
      expect([first, second]).toEqual([
        expect.stringMatching(/^[0-9a-f]{64}$/),
        isSame ? first : expect.not.stringMatching(first),
      ]);
      if (mutation.careful !== undefined) expect(same).toBe(older ?? 'same');
    });
  });
});
