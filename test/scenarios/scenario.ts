import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { Verdict } from '../../src/plan/deploy.ts';
import type { CommitOutcome } from '../../src/plan/outcome.ts';

/** The parts of the catalogue, in the order in which a run meets them. */
export const areas = ['config', 'auth', 'build', 'registry', 'git', 'argocd'] as const;
export type Area = (typeof areas)[number];

/** What a run is seen to end with: the first error's code, or what became of the config commit or the application. */
export type Sight = ErrorCode | 'BUG' | CommitOutcome['is'] | Verdict['is'];

/** How a run ended. */
export interface End {
  readonly sees: string | undefined;
  readonly exitCode: number | null;
}

/** Something that stays true whatever happened: `words` stand in the catalogue, and `holds` fails when they are wrong. */
export interface Guarantee<S> {
  readonly words: string;
  readonly holds: (scene: S) => unknown;
}

/** One fault: how it is caused, what the user sees, and what is guaranteed all the same. */
export interface Fault<S extends { readonly end: End }> {
  readonly area: Area;
  /** The row's first column: the fault in a few words. */
  readonly title: string;
  /** One sentence: what exactly goes wrong. */
  readonly whatHappens: string;
  readonly whatTheUserSees: Sight;
  readonly exitCode: number;
  readonly guarantees: readonly [Guarantee<S>, ...Guarantee<S>[]];
  /** Why it can't be caused on this machine, and what would help. */
  readonly missing?: string | undefined;
  /** Sets the scene on real servers, causes the fault, and runs Tagboat to its end. */
  readonly cause: () => Promise<S>;
}

/** A fault as the catalogue and the runner need it. */
export interface Scenario extends Omit<Fault<{ readonly end: End }>, 'guarantees' | 'cause'> {
  readonly guarantee: string;
  /** Below this folder. */
  readonly file: string;
  /** Causes the fault and checks all that the row says. */
  readonly test: () => Promise<void>;
}

/** Declares a fault. What its row says is what its run is held to, so that the two can't drift apart. */
export function scenario<S extends { readonly end: End }>({
  guarantees,
  cause,
  ...row
}: Fault<S>): Omit<Scenario, 'file'> {
  return {
    ...row,
    guarantee: guarantees.map(({ words }) => words).join('; '),
    test: async () => {
      const scene = await cause();
      expect(scene.end).toEqual({ sees: row.whatTheUserSees, exitCode: row.exitCode });
      for (const { holds } of guarantees) await holds(scene);
    },
  };
}

/** The scenarios of an area, by file name: each file in its folder exports one as `scenario`. */
export async function scenariosOf(area: Area): Promise<readonly Scenario[]> {
  const dir = join(import.meta.dirname, area);
  const files = (existsSync(dir) ? readdirSync(dir) : []).filter((file) => file.endsWith('.ts')).sort();
  return Promise.all(
    files.map(async (file) => {
      const { scenario: found } = (await import(join(dir, file))) as { scenario: Omit<Scenario, 'file'> };
      return { ...found, file: `${area}/${file}` };
    }),
  );
}

/** Runs every scenario of an area as a test. */
export function runScenarios(area: Area, scenarios: readonly Scenario[]): void {
  describe(`a fault of ${area}`, () => {
    for (const { title, test, missing } of scenarios) {
      it.skipIf(missing !== undefined)(missing === undefined ? title : `${title} (skipped: ${missing})`, test);
    }
  });
}
