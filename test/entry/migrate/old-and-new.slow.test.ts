import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goChecker } from '../../../scripts/checkers.mjs';
import { tempDir } from '../../support/git-host.ts';
import { migratedCase, playedActions, runWorkflow } from './runner.ts';

const folder = resolve(import.meta.dirname, 'workflows');

/** Cases that nobody can run here the old way, each with the reason. */
const notRun: Readonly<Record<string, string>> = {
  'kustomize-digest.yml': 'kustomize is not here, and the digest is that of a real push',
  'kustomize-set-image.yml': 'kustomize is not here',
  'sed-unseen-file.yml': 'the file that sed changes is in no repository here',
  'unclear-edit.yml': 'it runs a program that nobody has',
  'yq3-ok.yml': 'it is written for yq 3, and yq 4 is here',
};

const cases = readdirSync(folder)
  .filter((name) => !name.startsWith('gitlab'))
  .map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const migrated = migratedCase(name, text);
    const strange = [...text.matchAll(/^\s*(?:-\s+)?uses: (\S+)/gm)].find(([, uses = '']) => !playedActions.test(uses));
    const why = notRun[name] ?? (strange === undefined ? undefined : `${strange[1]} is not here`);
    return { name, text, migrated, why };
  })
  .filter(({ migrated }) => migrated.length > 0);

describe('migrated workflows, run the old way and the new way,', () => {
  it.each(cases.filter(({ why }) => why === undefined))('$name pushes the same tags and makes the same config commit', {
    timeout: 300_000,
  }, async ({ text, migrated, name }) => {
    const yq = await goChecker('yq');
    const bin = await tempDir();
    if (yq.command !== undefined) symlinkSync(yq.command[0], join(bin, 'yq'));
    const isMissing = yq.command === undefined && /\byq\b/.test(text);
    if (isMissing) throw new Error(`${name} needs yq: install ${yq.missing}`);
    const old = await runWorkflow(text, [], bin);
    expect(old.pushed.length + (old.subject === undefined ? 0 : 1)).toBeGreaterThan(0);
    const now = await runWorkflow(migrated[0]?.after ?? '', migrated, bin);
    // Each run of a matrix made a commit of its own; now there is one, with a subject for all.
    const subject = /matrix:/.test(text) ? now.subject : old.subject;
    expect(now).toEqual({ ...old, subject });
  });

  it.skip.each(cases.filter(({ why }) => why !== undefined))('$name can’t be run here: $why', () => undefined);

  it('most of them are run', () => {
    expect(cases.filter(({ why }) => why === undefined).length).toBeGreaterThan(25);
  });
});
