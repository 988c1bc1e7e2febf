import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { kindOf } from '../../../src/commit/edit/yaml/kind.ts';
import { noPython, readByPython } from '../../support/yaml-readers.ts';
import { documents } from './edit-documents.ts';

const missing = noPython();
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

function set(text: string, path: string, value: string): string {
  const edits = [{ file: 'v.yaml', path, value, create: false, allow: ['aliases'] as const }];
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    editFile('v.yaml', new TextEncoder().encode(text), edits).bytes,
  );
}

const values = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[0-9][0-9a-f]{6}$/) },
  { weight: 3, arbitrary: fc.stringMatching(/^[-+.0-9_:eExXoObBfTZ ]{1,9}$/) },
  fc.stringMatching(/^[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9:.]{0,12}Z?)?$/),
  fc.stringMatching(/^[~=<>yYnNoOtTfFuUlLaAeErRsS.]{1,5}$/),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);

it.skipIf(missing !== undefined)(`a second reader sees the value as a string, in every style${why}`, () => {
  const slots = [
    'a: old',
    'a: &x old # c',
    "a: 'old'",
    'a: "old"',
    'a: |\n  old',
    'a: >-\n  old\n',
    'a:',
    '{"a": [old], b: 1}',
  ];
  const cases = fc.sample(fc.tuple(fc.constantFrom(...slots), values), 6_000);
  const read = readByPython(cases.map(([slot, value]) => set(slot, slot.startsWith('{') ? '.a[0]' : '.a', value)));
  const seen = read.map((one) => (one as [{ a: unknown }] | null)?.[0].a);
  expect(seen.map((one) => (Array.isArray(one) ? one[0] : one))).toEqual(cases.map(([, value]) => value));
});

it.skipIf(missing !== undefined)(`a second reader sees the rest of the file unchanged${why}`, () => {
  const cases = fc
    .sample(documents, 1_500)
    .filter(({ values: all, aliases }) => all.length > 0 && aliases.length === 0)
    .map((document) => {
      const at = document.values[document.text.length % document.values.length] as (typeof document.values)[number];
      return { before: document.text, after: set(document.text, at.path, 'new/value'), keys: at.keys };
    });
  const before = readByPython(cases.map((one) => one.before));
  const after = readByPython(cases.map((one) => one.after));
  let compared = 0;
  for (const [index, { keys }] of cases.entries()) {
    const tree = before[index] as [unknown] | null;
    // PyYAML doesn't read everything that YAML 1.2 allows, nor maps whose keys it takes for dates.
    if (tree === null) continue;
    const found = put(tree[0], keys, 'new/value');
    if (!found) continue;
    expect(after[index]).toEqual(tree);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(cases.length / 4);
});

/** Sets the value in the tree; false where a key reads as another type there, so that its text isn't found. */
function put(tree: unknown, keys: readonly (string | number)[], value: string): boolean {
  let at = tree as Record<string | number, unknown>;
  for (const key of keys.slice(0, -1)) at = (at?.[key] ?? {}) as typeof at;
  const last = keys.at(-1) ?? '';
  if (!Object.hasOwn(at, last)) return false;
  at[last] = value;
  return true;
}

it.skipIf(missing !== undefined)(
  `no plain text that a second reader takes for something else is taken for a string here${why}`,
  () => {
    const texts = fc.sample(values, 6_000).filter((text) => /^[\w.+~=<-][\w.:+~=<-]*$/.test(text));
    const read = readByPython(texts.map((text) => `- ${text}`));
    const wrong = texts.filter((text, index) => {
      const seen = (read[index] as [[unknown]] | null)?.[0]?.[0];
      return kindOf(text) === 'string' && seen !== text && !text.endsWith(':') && !/^-(?:-|$)/.test(text);
    });
    expect(wrong).toEqual([]);
    expect(texts.length).toBeGreaterThan(1_000);
  },
);
