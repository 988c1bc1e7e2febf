import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editFile, readValue } from '../../../src/commit/edit/edit.ts';
import { kindOf } from '../../../src/commit/edit/kind.ts';
import { documents } from './edit-documents.ts';

/** Reads texts with PyYAML, a YAML 1.1 reader: each as its documents in JSON, or null where it can't be read. */
const reader = `
import json, sys, yaml
def read(text):
    try:
        return json.loads(json.dumps(list(yaml.safe_load_all(text)), default=lambda v: {'type': type(v).__name__}))
    except (yaml.YAMLError, TypeError, ValueError):
        return None
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`;

const python = spawnSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' }).status === 0;
const why = python ? '' : ' (skipped: python3-yaml is missing; apt-get install python3-yaml)';

function readAll(texts: readonly string[]): unknown[] {
  const ended = spawnSync('python3', ['-c', reader], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: process.env.PATH, PYTHONIOENCODING: 'utf-8', PYTHONUTF8: '1' },
  });
  expect(ended.stderr).toBe('');
  return JSON.parse(ended.stdout) as unknown[];
}

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

it.skipIf(!python)(`a second reader sees the value as a string, in every style${why}`, () => {
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
  const read = readAll(cases.map(([slot, value]) => set(slot, slot.startsWith('{') ? '.a[0]' : '.a', value)));
  const seen = read.map((one) => (one as [{ a: unknown }] | null)?.[0].a);
  expect(seen.map((one) => (Array.isArray(one) ? one[0] : one))).toEqual(cases.map(([, value]) => value));
});

it.skipIf(!python)(`a second reader sees the rest of the file unchanged${why}`, () => {
  const cases = fc
    .sample(documents, 1_500)
    .filter(({ values: all, aliases }) => all.length > 0 && aliases.length === 0)
    .map((document) => {
      const at = document.values[document.text.length % document.values.length] as (typeof document.values)[number];
      return { before: document.text, after: set(document.text, at.path, 'new/value'), keys: at.keys };
    });
  const before = readAll(cases.map((one) => one.before));
  const after = readAll(cases.map((one) => one.after));
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

it.skipIf(!python)(`a second reader sees the same text of a block at the end of a file${why}`, () => {
  const ends = ['', '\n', '\n\n', '\r\n', '\n  ', '\n ', '\n\n  ', '\n# c', '\n...', '\n---', '\n---\n'];
  const texts = ['|', '|-', '|+', '>', '>-', '>+', '|2', '>2-'].flatMap((header) =>
    ['  old', '  one\n  two', '  one\n\n  two'].flatMap((body) =>
      ends.flatMap((end) => ['a: ', 'b: 1\na: ', '? x\n: y\na: '].map((start) => `${start}${header}\n${body}${end}`)),
    ),
  );
  const seen = readAll(texts).map((one) => (one as [{ a: unknown }] | null)?.[0].a);
  const ours = texts.map((text) => readValue('v.yaml', new TextEncoder().encode(text), 'doc[0].a'));
  const wrong = texts.flatMap((text, at) => (seen[at] === ours[at] ? [] : [[text, seen[at], ours[at]]]));
  expect(wrong).toEqual([]);
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

it.skipIf(!python)(
  `no plain text that a second reader takes for something else is taken for a string here${why}`,
  () => {
    const texts = fc.sample(values, 6_000).filter((text) => /^[\w.+~=<-][\w.:+~=<-]*$/.test(text));
    const read = readAll(texts.map((text) => `- ${text}`));
    const wrong = texts.filter((text, index) => {
      const seen = (read[index] as [[unknown]] | null)?.[0]?.[0];
      return kindOf(text) === 'string' && seen !== text && !text.endsWith(':') && !/^-(?:-|$)/.test(text);
    });
    expect(wrong).toEqual([]);
    expect(texts.length).toBeGreaterThan(1_000);
  },
);
