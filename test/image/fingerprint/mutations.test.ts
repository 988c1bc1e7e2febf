import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { pushBase } from '../compare.ts';
import { fingerprintAt, mutations, type Same } from './mutate.ts';
import { pushShell } from './shell-image.ts';

// Whether BuildKit's result was the same; written by the slow test, where it runs.
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'golden', 'mutations.json'), 'utf8')) as Record<
  string,
  Same
>;

it('a fingerprint is a new one exactly when the result is, or where docs/fingerprint.md says so', async () => {
  const registry = await startOwnRegistry();
  try {
    const world = testWorld();
    await pushBase(world, registry.host);
    await pushShell(registry.host, false);
    const found: Record<string, Same> = {};
    for (const mutation of mutations) {
      const before = await fingerprintAt(world, mutation, 'before', registry.host);
      const after = await fingerprintAt(world, mutation, 'after', registry.host);
      expect([before, after], mutation.title).toEqual(Array(2).fill(expect.stringMatching(/^[0-9a-f]{64}$/)));
      found[mutation.title] = before === after ? 'same' : 'differs';
    }
    const wanted = mutations.map(({ title, careful }) => [title, careful === undefined ? golden[title] : 'differs']);
    expect(found).toEqual(Object.fromEntries(wanted));
    // Titles are keys: a second mutation of the same name would hide the first.
    expect(Object.keys(found).length).toBe(mutations.length);
    expect(mutations.length).toBeGreaterThan(100);
  } finally {
    await registry.close();
  }
});

it('docs/fingerprint.md lists where it is too careful, all of that and nothing else', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/fingerprint.md'), 'utf8');
  const listed = [...(text.split('<!-- careful')[1]?.split('\n## ')[0] ?? '').matchAll(/^- `([a-z-]+)`:/gm)];
  const used = mutations.flatMap(({ careful }) => (careful === undefined ? [] : [careful]));
  expect(listed.map(([, word]) => word).sort()).toEqual([...new Set(used)].sort());
  // Too careful is what a result that is the same was given a new fingerprint for.
  for (const { title, careful } of mutations) if (careful !== undefined) expect(golden[title], title).toBe('same');
});
