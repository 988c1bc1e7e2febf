import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBuildkit, startBuildkit } from '../../support/buildkit.ts';
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

const title = noBuildkit === undefined ? "beside today's BuildKit" : `beside BuildKit (skipped: ${noBuildkit})`;

describe.skipIf(noBuildkit !== undefined)(`a fingerprint ${title}`, () => {
  let buildkit: Awaited<ReturnType<typeof startBuildkit>>;
  let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
  const seen: Record<string, Same> = {};

  beforeAll(async () => {
    buildkit = await startBuildkit();
    registry = await startOwnRegistry();
  }, 1_260_000);
  afterAll(async () => {
    await buildkit?.close();
    await registry?.close();
    if (update) writeFileSync(golden, kept({ ...known, ...seen }));
  }, 60_000);

  const resultAt = (mutation: Mutation, when: When, number: number): Promise<unknown> =>
    at(mutation, when, registry.host, { engine: 'buildx', builder: buildkit.builder }, async (plan) => {
      const world = testWorld({ env: buildkit.env });
      const repository = `mutation-${number}-${when}`;
      await build(world, { ...plan, repository }, {}, { rebuild: true });
      return resultOf(registry.host, repository, plan.tag);
    });

  it.each(
    mutations.map((mutation, number) => ({ ...mutation, number })),
  )('$title: a new one exactly when the result is another one', async (mutation) => {
    const { host } = registry;
    const world = testWorld({ env: buildkit.env });
    await pushBase(world, host);
    await pushShell(host, true);
    const before = await resultAt(mutation, 'before', mutation.number);
    const first = await fingerprintAt(world, mutation, 'before', host);
    const after = await resultAt(mutation, 'after', mutation.number);
    const second = await fingerprintAt(world, mutation, 'after', host);
    const same: Same = JSON.stringify(before) === JSON.stringify(after) ? 'same' : 'differs';
    seen[mutation.title] = same;
    if (!update) expect(same).toBe(known[mutation.title]);
    expect([first, second]).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      same === 'same' && mutation.careful === undefined ? first : expect.not.stringMatching(first),
    ]);
    if (mutation.careful !== undefined) expect(same).toBe('same');
  });
});
