import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { isError } from '../../../src/errors.ts';
import { runs } from '../../support/runs.ts';
import { documents } from './edit-documents.ts';
import { codeOf, edit } from './edit-text.ts';

/** Values as pipelines set them, and values as nobody should. */
const values = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{7,40}$/),
  fc.stringMatching(/^v?\d{1,3}\.\d{1,3}(\.\d{1,3})?$/),
  fc.constantFrom('true', 'null', 'no', '0755', '12e4567', '12:30', '2024-01-01', '', ' ', '~', '- x', 'a: b', 'a #b', '[x]'),
  fc.constantFrom('a\nb', 'a\n', '\n', '\ta', "it's", '"q"', '\\', '日本語', '\u0085', '\uFEFF', '*x', '&x', '<<', '%a', '---'),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
); // biome-ignore format: a table

/** All strings, so that only the structure and the text of each value is compared; aliases stay references. */
const read = (text: string) =>
  parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS({ maxAliasCount: -1 }) as unknown;
  });

function treeWith(text: string, keys: readonly (string | number)[], value: string): unknown {
  const [tree] = read(text);
  const parent = keys.slice(0, -1).reduce((at, key) => (at as Record<string | number, unknown>)[key], tree);
  (parent as Record<string | number, unknown>)[keys.at(-1) ?? ''] = value;
  return tree;
}

const anyValue = documents
  .filter((document) => document.values.length > 0)
  .chain((document) =>
    fc.record({ document: fc.constant(document), at: fc.constantFrom(...document.values), value: values }),
  );

it('only the bytes of the value change, and the file reads as before but for that value', () => {
  fc.assert(
    fc.property(anyValue, ({ document, at, value }) => {
      const { text, changes } = edit(document.text, at.path, value);
      const tail = document.text.length - at.end;
      // A scalar that wasn't there may need the space around it.
      expect(text.slice(0, at.start)).toBe(document.text.slice(0, at.start));
      expect(text.slice(text.length - tail)).toBe(document.text.slice(at.end));
      expect(changes.map((change) => change.after)).toEqual(text === document.text ? [] : [value]);
      // With aliases, a value may stand in several places; their refusal has a test of its own.
      if (document.aliases.length === 0) expect(read(text)).toEqual([treeWith(document.text, at.keys, value)]);
      expect(edit(text, at.path, value)).toEqual({ text, changes: [] });
    }),
    { numRuns: runs(1_500) },
  );
});

it('an alias is refused wherever it stands', () => {
  fc.assert(
    fc.property(
      documents
        .filter(({ aliases }) => aliases.length > 0)
        .chain(({ text, aliases }) => fc.tuple(fc.constant(text), fc.constantFrom(...aliases))),
      ([text, path]) => {
        expect(codeOf(() => edit(text, path, 'new'))).toBe('PATH_IS_ALIAS');
      },
    ),
    { numRuns: runs(200) },
  );
});

it('a new key is an insertion: all that was there stays, and reads the same', () => {
  const places = documents.chain((document) =>
    fc.record({
      document: fc.constant(document),
      map: fc.constantFrom(...document.maps),
      added: fc.array(fc.constantFrom('fresh', 'on', 'new key', '新', 'x:y', '0755'), { minLength: 1, maxLength: 3 }),
      value: values,
    }),
  );
  fc.assert(
    fc.property(places, ({ document, map, added, value }) => {
      const steps = added.map((key) => `."${key}"`).join('');
      const path = map + steps;
      const first = `${map}."${added[0]}"`;
      fc.pre(
        ![...document.values.map((one) => one.path), ...document.aliases, ...document.maps].some((one) =>
          one.startsWith(first),
        ),
      );
      // A block text at the end of the file, without a newline: a key after it would give it one, and is refused.
      const last = document.values.at(-1);
      if (last !== undefined && /^[|>]/.test(last.style) && last.end === document.text.length) {
        if (!document.text.endsWith('\n')) return;
      }
      let start = 0;
      const { text } = edit(document.text, path, value, { create: true });
      while (text[start] === document.text[start] && start < document.text.length) start += 1;
      const inserted = text.length - document.text.length;
      expect(inserted).toBeGreaterThan(0);
      expect(text.slice(start + inserted)).toBe(document.text.slice(start));
      expect(edit(text, path, value)).toEqual({ text, changes: [] });
    }),
    { numRuns: runs(600) },
  );
});

it('broken and hostile texts end in an edit or in an error of ours, never in anything else', () => {
  const nasty = fc.constantFrom(
    '[', '{', '}', ']', ':', '- ', '? ', '#', '"', "'", '&a ', '*a', '!', '!!int ', '|', '>', '%', '@', '`', '\t', '\r', '\n', ' ',
    '---\n', '...\n', '<<: ', ',', '\\', '\u2028', '\uFEFF', '~', '\u0007',
  ); // biome-ignore format: a table
  const broken = fc.record({
    document: documents,
    cuts: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 6 }), fc.oneof(nasty, fc.string({ maxLength: 4 }))), {
      minLength: 1,
      maxLength: 6,
    }),
    path: fc.oneof(fc.constantFrom('.a', '.a.b', '.tag[0]', 'doc[1].a', '.image[name=a].x'), fc.nat()),
    value: values,
    create: fc.boolean(),
    file: fc.constantFrom('v.yaml', 'v.yaml', 'v.yaml', 'v.json'),
  });
  fc.assert(
    fc.property(broken, ({ document, cuts, path, value, create, file }) => {
      let { text } = document;
      for (const [where, length, by] of cuts) {
        const at = where % (text.length + 1);
        text = text.slice(0, at) + by + text.slice(at + length);
      }
      const chosen =
        typeof path === 'string' ? path : (document.values[path % (document.values.length || 1)]?.path ?? '.a');
      const source = new TextEncoder().encode(text);
      try {
        const { bytes, changes } = editFile(file, source, [{ file, path: chosen, value, create }]);
        if (changes.length === 0) expect(bytes).toBe(source);
        else
          expect(
            editFile(file, bytes, [{ file, path: chosen, value, create: false, allow: ['aliases'] }]).changes,
          ).toEqual([]);
      } catch (error) {
        if (!isError(error)) throw error;
      }
    }),
    { numRuns: runs(3_000) },
  );
});

it('random bytes end in an edit or in an error of ours', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.string({ maxLength: 12 }), (source, path) => {
      try {
        editFile('v.yaml', source, [{ file: 'v.yaml', path, value: 'new', create: true, allow: ['aliases'] }]);
      } catch (error) {
        if (!isError(error)) throw error;
      }
    }),
    { numRuns: runs(2_000) },
  );
});
