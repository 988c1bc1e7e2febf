import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorWords } from '../../src/errors.ts';
import { catalogueOf } from './catalogue.ts';
import { areas, type Scenario, scenariosOf } from './scenario.ts';

const page = join(import.meta.dirname, '../../docs/faults.md');
const scenarios: readonly Scenario[] = (await Promise.all(areas.map(scenariosOf))).flat();

describe('the fault catalogue', () => {
  it('is what the scenarios say (`npm run faults` writes it)', async () => {
    // A page that isn't there would be written, which is no comparison.
    expect(existsSync(page)).toBe(true);
    await expect(catalogueOf(scenarios)).toMatchFileSnapshot(page);
  });

  it('has its scenarios in the folders of their areas, each under a title of its own', async () => {
    for (const area of areas) {
      for (const scenario of await scenariosOf(area))
        expect([scenario.title, scenario.area]).toEqual([scenario.title, area]);
    }
    const titles = scenarios.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });

  it('gives every code the exit code that it always has', () => {
    const known = new Map<string, number>(errorWords().map(([code, { exit }]) => [code, exit]));
    for (const { whatTheUserSees, exitCode, title } of scenarios) {
      expect([title, exitCode]).toEqual([title, known.get(whatTheUserSees) ?? exitCode]);
    }
  });
});
