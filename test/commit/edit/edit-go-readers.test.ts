import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { isError } from '../../../src/errors.ts';
import type { ValueType } from '../../../src/plan/value.ts';
import { noGoReaders, readByGo } from '../../support/yaml-readers.ts';
import { documents } from './edit-documents.ts';

const missing = noGoReaders();
const why = missing === undefined ? '' : ` (skipped: ${missing})`;
const names = ['yaml.v2', 'yaml.v3', 'sigs.k8s.io/yaml'];

interface Asked {
  readonly text: string;
  readonly path: string;
  readonly value: string;
  readonly as?: ValueType | undefined;
  readonly create?: boolean;
}

/** The text after the edit, undefined where it is refused. */
function after({ text, path, value, as, create = false }: Asked): string | undefined {
  const edits = [{ file: 'v.yaml', path, value, as, create, allow: ['aliases', 'digest'] as const }];
  try {
    const { bytes } = editFile('v.yaml', new TextEncoder().encode(text), edits);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (isError(error)) return undefined;
    throw error;
  }
}

/** What a template prints of a value that was read, and whether it was read as text. */
function printed(value: unknown): { text: string; isText: boolean } {
  if (typeof value === 'string') return { text: value, isText: true };
  return { text: (value as { text: string } | undefined)?.text ?? '', isText: false };
}

const slots = [
  ...['old', '1', '150', '1.9', '1.10', '0', '0x1f', '1e3', 'true', 'yes', 'null', '~', '', '2024-01-01', '12:30'],
  ...['"old"', "'1'", '|\n  old\n', '>-\n  old\n', '|\n  old', '&x 1', '!!str 1'],
].map((slot) => `a: ${slot}`);
slots.push('{a: old, b: 1}', '{"a": 1}', '{a: , b: 1}', 'b: 1\n', 'b: {}\nc: |-\n  x', '{b: 1}', '');
const values = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[0-9a-f]{7,12}$/) },
  { weight: 3, arbitrary: fc.stringMatching(/^[0-9]{1,13}$/) },
  { weight: 3, arbitrary: fc.stringMatching(/^[0-9]{1,8}\.[0-9]{1,8}$/) },
  { weight: 3, arbitrary: fc.stringMatching(/^[-+.0-9_:eExXoObBfTZ ]{1,9}$/) },
  fc.constantFrom('1.10', '0151', '123456789012', '3.10', 'true', 'false', 'yes', 'no', 'on', 'Y', 'null', '~', '<<', '=', '.inf', '1_000'),
  fc.stringMatching(/^[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9:.]{0,12}Z?)?$/),
  fc.stringMatching(/^[~=<>yYnNoOtTfFuUlLaAeErRsS.]{1,5}$/),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
); // biome-ignore format: a table

it.skipIf(missing !== undefined)(`whatever a value replaces, Go's readers give its own text back${why}`, () => {
  const types = fc.constantFrom<(ValueType | undefined)[]>(undefined, 'text');
  const cases = fc.sample(fc.tuple(fc.constantFrom(...slots), values, types), 4_000).flatMap(([text, value, as]) => {
    const made = after({ text, path: '.a', value, as, create: true });
    return made === undefined ? [] : [{ text, value, as, made }];
  });
  const wrong = readByGo(cases.map(({ made }) => made)).flatMap((readings, at) => {
    const { value, as, text, made } = cases[at] as (typeof cases)[number];
    return readings.flatMap((reading, reader) => {
      const seen = printed((reading?.[0] as { a: unknown } | undefined)?.a);
      const right = seen.text === value && (as !== 'text' || seen.isText);
      return right ? [] : [[names[reader], text, value, made, seen.text]];
    });
  });
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(cases.length).toBeGreaterThan(3_500);
});

it.skipIf(missing !== undefined)(`to Go's readers an edit and a new key change nothing else${why}`, () => {
  const cases = fc.sample(documents, 600).flatMap(({ text, values: all, maps }) => {
    const value = all[text.length % Math.max(all.length, 1)];
    const map = maps[text.length % Math.max(maps.length, 1)];
    const asked: Asked[] = [];
    if (value !== undefined) asked.push({ text, path: value.path, value: 'new/value' });
    if (map !== undefined) asked.push({ text, path: `${map}.brandNew`, value: 'new/value', create: true });
    return asked.flatMap((one) => {
      const made = after(one);
      return made === undefined ? [] : [{ ...one, made }];
    });
  });
  const before = readByGo(cases.map(({ text }) => text));
  const now = readByGo(cases.map(({ made }) => made));
  let compared = 0;
  const wrong: unknown[] = [];
  for (const [at, { path, text, made }] of cases.entries()) {
    for (const [reader, was] of (before[at] ?? []).entries()) {
      // Go doesn't read everything that YAML 1.2 allows.
      if (was === null) continue;
      compared += 1;
      if (!onlySet(was, now[at]?.[reader] ?? null)) wrong.push([names[reader], path, text, made]);
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(compared).toBeGreaterThan(cases.length);
});

/** Whether two trees differ in nothing but values that are the new one by now, and in the key that was added. */
function onlySet(was: unknown, is: unknown): boolean {
  if (is === 'new/value') return true;
  if (typeof was !== 'object' || typeof is !== 'object' || was === null || is === null) return was === is;
  if (Array.isArray(was) !== Array.isArray(is)) return false;
  const [old, made] = [was, is] as Record<string, unknown>[];
  const added = Object.keys(made ?? {}).filter((key) => !Object.hasOwn(old ?? {}, key));
  const same = Object.entries(old ?? {}).every(([key, one]) => onlySet(one, made?.[key]));
  return same && added.every((key) => key === 'brandNew');
}
