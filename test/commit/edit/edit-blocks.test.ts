import { expect, it } from 'vitest';
import { editFile, readValue } from '../../../src/commit/edit/edit.ts';
import { isError } from '../../../src/errors.ts';
import { runs } from '../../support/runs.ts';
import { noGoReaders, noPython, readByGo, readByPython } from '../../support/yaml-readers.ts';

const missing = noGoReaders() ?? noPython();
// No part of any table's length, so that each of its lines is tried.
const step = runs(7) === 7 ? 1 : 7;
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

// biome-ignore format: tables
const headers = ['|', '|-', '|+', '|1', '|1-', '|1+', '|2', '|2-', '|2+', '>', '>-', '>+', '>1', '>1-', '>1+', '>2', '>2-', '>2+'];
const bodies = [
  '  old',
  '  one\n    two',
  '  one\n\n  two',
  ' x',
  '   deep',
  '',
  '  a\n     \n  b',
  '  a\n\n\n  b\n     ',
  '   \n  a',
];
// biome-ignore format: tables
const ends = [
  '', '\n', '\n\n', '\n ', '\n  ', '\n   ', '\n     ', '\n     \n', '\n     \n   ', '\n\n     ', '\r\n     ', '\n  \t',
  '\n     \nc: 1\n', '\n   \nc: 1', '\n# c\n', '\n     # c\n', '\n     \n# c\n', '\n     \n---\nz: 1\n', '\n...', '\n---\n',
];
const texts = headers.flatMap((header) => bodies.flatMap((body) => ends.map((end) => `${header}\n${body}${end}`)));
const files = texts
  .map((text, at) => `${at % 2 === 0 ? 'a: ' : 'b: 1\na: '}${text}`)
  .filter((_, at) => at % step === 0);

/** Each text's first document as yaml.v2, yaml.v3, sigs.k8s.io/yaml and PyYAML read it, and whether all of them can. */
function readByAll(all: readonly string[]): (readonly Record<string, unknown>[] | undefined)[] {
  const python = readByPython(all);
  return readByGo(all).map((readings, at) => {
    const every = [...readings, python[at] as [unknown] | null];
    return every.includes(null) ? undefined : every.map((reading) => Object(reading?.[0]));
  });
}

function after(text: string, path: string, value: string, create: boolean): string | undefined {
  try {
    const { bytes } = editFile('v.yaml', new TextEncoder().encode(text), [{ file: 'v.yaml', path, value, create }]);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (isError(error)) return undefined;
    throw error;
  }
}

it.skipIf(missing !== undefined)(`the other readers see the same text in a block, wherever it ends${why}`, () => {
  const wrong = readByAll(files).flatMap((readings, at) => {
    if (readings === undefined) return [];
    const text = files[at] as string;
    const ours = readValue('v.yaml', new TextEncoder().encode(text), 'doc[0].a');
    return readings.every(({ a }) => a === ours) ? [] : [[text, ours, readings.map(({ a }) => a)]];
  });
  expect(wrong).toEqual([]);
});

it.skipIf(missing !== undefined)(`an edit of a block, and a key after it, change nothing else for them${why}`, () => {
  const readable = readByAll(files).flatMap((readings, at) =>
    readings === undefined ? [] : [{ text: files[at] as string, was: readings }],
  );
  const asked = [
    ['a', 'new', false],
    ['a', 'new\nlines\n', false],
    ['z.y', 'new', true],
  ] as const;
  const cases = readable.flatMap((one, at) => {
    const [key, value, create] = asked[at % asked.length] as (typeof asked)[number];
    const made = after(one.text, `doc[0].${key}`, value, create);
    return made === undefined ? [] : [{ ...one, key, value, made }];
  });
  const now = readByAll(cases.map(({ made }) => made));
  const wrong = cases.flatMap(({ text, was, key, value, made }, at) => {
    const right = was.map((one) => ({ ...one, ...(key === 'a' ? { a: value } : { z: { y: value } }) }));
    return JSON.stringify(sorted(now[at])) === JSON.stringify(sorted(right)) ? [] : [[text, key, made]];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(cases.length).toBeGreaterThan(readable.length * 0.7);
});

function sorted(readings: readonly Record<string, unknown>[] | undefined) {
  return readings?.map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
}
