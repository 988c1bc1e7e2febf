import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migratedCase, runWorkflow } from './runner.ts';

describe('a migrated workflow, run the old way and the new way,', () => {
  it.each([
    'twelve-digits.yml',
    'sed-tag.yml',
    'sed-odd.yml',
  ])('%s pushes the same tags and makes the same config commit', async (name) => {
    const workflow = readFileSync(resolve(import.meta.dirname, 'workflows', name), 'utf8');
    const migrated = migratedCase(name, workflow);
    const old = await runWorkflow(workflow, []);
    expect(old.subject).toBeDefined();
    expect(await runWorkflow(migrated[0]?.after ?? '', migrated)).toEqual(old);
  });
});
