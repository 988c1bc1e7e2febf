import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { goChecker } from '../../../scripts/checkers.mjs';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { isError } from '../../../src/errors.ts';
import type { Edit } from '../../../src/plan.ts';
import { tempDir } from '../../support/git-host.ts';

// What stands in newTag before. kustomize itself takes no number, flag or null there: what is set has to be text.
const slots = ['old', '1', '1.9', '0', '150', '1e3', '0x1f', '123456789012', 'true', 'null', '~', '', '2024-01-01', '"old"', "'1'", '|-\n    old', '!!str 1', '&x 1']; // biome-ignore format: a table
// What may stand in a tag.
const tags = ['v2', '1.10', '0151', '010', '123456789012', '1e5', '12e3456', '100', '0x1F', '0o17', '1_000', '2024-01-01', 'null', 'yes', 'No', 'on', 'y', 'true', 'False', '_', 'sha-1234567', '1234567', '1234567890123456789012345678901234567890']; // biome-ignore format: a table
const digests = ['1', 'e'].map((digit) => `sha256:${digit.repeat(64)}`);

it('what is set as a tag, a digest or a name is what kustomize renders, whatever it replaces', {
  // Built where it is missing.
  timeout: 600_000,
}, async (context) => {
  const { command, missing } = await goChecker('kustomize');
  if (command === undefined) return context.skip(`install ${missing}`);
  const wanted = new Map<string, string>();
  const images: string[] = [];
  const add = (
    lines: readonly string[],
    sets: Readonly<Record<string, string>>,
    rendered: (name: string) => string,
  ) => {
    const name = `app${wanted.size}`;
    const text = `images:\n- name: ${name}\n${lines.map((line) => `  ${line}\n`).join('')}`;
    const edits = Object.entries(sets).map(
      ([key, value]): Edit => ({ file: 'k.yaml', path: `.images[0].${key}`, value, create: true }),
    );
    try {
      const { bytes } = editFile('k.yaml', new TextEncoder().encode(text), edits);
      images.push(new TextDecoder().decode(bytes).replace('images:\n', '').replace('&x ', ''));
      wanted.set(name, rendered(name));
    } catch (error) {
      if (!isError(error)) throw error;
    }
  };
  let asked = 0;
  for (const tag of tags) {
    for (const slot of slots) add([`newTag: ${slot}`], { newTag: tag }, (name) => `${name}:${tag}`);
    add([], { newTag: tag }, (name) => `${name}:${tag}`);
    for (const digest of digests) {
      add(['newTag: 1.9', 'digest: sha256:00'], { newTag: tag, digest }, (name) => `${name}:${tag}@${digest}`);
    }
    asked += slots.length + 1 + digests.length;
  }
  for (const digest of digests) {
    for (const slot of ['sha256:00', '"sha256:00"', ''])
      add([`digest: ${slot}`], { digest }, (name) => `${name}@${digest}`);
    add(['newName: old'], { newName: 'r.test:5000/acme/app', digest }, () => `r.test:5000/acme/app@${digest}`);
    asked += 4;
  }
  expect(wanted.size).toBeGreaterThan(asked * 0.95);

  const dir = await tempDir();
  const containers = [...wanted.keys()].map((name) => `  - { name: ${name}, image: "${name}:before" }\n`).join('');
  const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec:\n  containers:\n${containers}`;
  await writeFile(join(dir, 'pod.yaml'), pod);
  await writeFile(join(dir, 'kustomization.yaml'), `resources: [pod.yaml]\nimages:\n${images.join('')}`);
  const [program, ...first] = command;
  const printed = execFileSync(program, [...first, 'build', dir], { encoding: 'utf8', env: { HOME: dir } });
  const shown = [...printed.matchAll(/^ {2}- image: (.+)\n {4}name: (.+)$/gm)].map(([, image, name]) => [name, image]);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(wanted));
});
