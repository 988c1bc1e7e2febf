import { describe, expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import type { ValueType } from '../../../src/plan/value.ts';
import { codeOf, edit, edited } from './edit-text.ts';

const typed = (text: string, value: string, as: ValueType, create = false, file = 'v.yaml') => {
  const done = editFile(file, new TextEncoder().encode(text), [{ file, path: '.a', value, as, create }]);
  return { text: new TextDecoder().decode(done.bytes), types: done.changes[0]?.types, changes: done.changes.length };
};

describe('a value over a number or boolean', () => {
  const quoted: [string, string][] = [
    ['1.9', '1.10'], ['0', '123456789012'], ['150', '0151'], ['1.10', '1.10'], ['3.6', '3.10'], ['1', '1.0'], ['1', '1e3'],
    ['1', '+1'], ['1', '-0'], ['1', '1_000'], ['1', '0x10'], ['0.5', '.75'], ['1.5', '5.'], ['1', '1000000'], ['1.5', '0.00001'],
    ['1', '9007199254740993'], ['true', 'yes'], ['yes', 'no'], ['true', 'False'], ['1', 'true'], ['true', '1'], ['2024-01-01', '2025-01-01'],
    ['1', '12:30'], ['1', '.inf'],
  ]; // biome-ignore format: a table
  it.each(quoted)('%s set to %s is text, for some reader would give back another one', (before, value) => {
    expect(edited(`a: ${before} # c\n`, '.a', value)).toBe(`a: "${value}" # c\n`);
  });

  const bare: [string, string][] = [
    ['3', '5'], ['3', '-5'], ['1', '0.5'], ['0.5', '2'], ['1.9', '2.1'], ['3', '0'], ['0x10', '999999'], ['true', 'false'], ['yes', 'false'],
  ]; // biome-ignore format: a table
  it.each(bare)('%s set to %s stays one, for all readers agree on it', (before, value) => {
    expect(edited(`a: ${before} # c\n`, '.a', value)).toBe(`a: ${value} # c\n`);
  });

  it('is a text wherever it is known to be one, in the quotes that the file has', () => {
    expect(typed('a: 3\n', '5', 'text').text).toBe('a: "5"\n');
    expect(typed('a: 123456\n', '123456', 'text')).toEqual({
      text: 'a: "123456"\n',
      types: { before: 'number', after: 'text' },
      changes: 1,
    });
    expect(typed("a: 'x'\n", '5', 'text').text).toBe("a: '5'\n");
    expect(typed('a: x\n', 'abc', 'text').text).toBe('a: abc\n');
    expect(typed('{"a": 3}', '5', 'text', false, 'v.json').text).toBe('{"a": "5"}');
  });

  it('is text as the tag of kustomize, which takes no number there', () => {
    expect(edited('images:\n- newTag: 150\n', '.images[0].newTag', '151')).toBe('images:\n- newTag: "151"\n');
  });

  it('is no change only where readers read the same', () => {
    expect(edit('a: "1.10"\n', '.a', '1.10').changes).toEqual([]);
    expect(typed('a: "5"\n', '5', 'text').changes).toBe(0);
    expect(typed('a: 5\n', '5', 'number').changes).toBe(0);
    expect(typed('a: "5"\n', '5', 'number')).toEqual({
      text: 'a: 5\n',
      types: { before: 'text', after: 'number' },
      changes: 1,
    });
    expect(edit('a: 0x1F\n', '.a', '0x1F').text).toBe('a: "0x1F"\n');
  });
});

describe('a number or boolean that is given as one', () => {
  it('stays one where nothing, null or a text stood, and where it is created', () => {
    expect(typed('a:\n', '3', 'number').text).toBe('a: 3\n');
    expect(typed('a: null # c\n', 'false', 'boolean').text).toBe('a: false # c\n');
    expect(typed("a: 'x'\n", '0.5', 'number').text).toBe('a: 0.5\n');
    expect(typed('a: |\n  x\nb: 1\n', '5', 'number').text).toBe('a: 5\nb: 1\n');
    expect(typed('b: 1\n', 'false', 'boolean', true).text).toBe('b: 1\na: false\n');
    expect(typed('b: {c: 1}\n', '3', 'number', true).text).toBe('b: {c: 1}\na: 3\n');
    expect(typed('{"b": 1}', 'true', 'boolean', true, 'v.json').text).toBe('{"b": 1, "a": true}');
    expect(typed('a: 1\n', '20971520', 'number').text).toBe('a: 20971520\n');
  });

  it('is text where the file says so itself', () => {
    expect(typed('a: !!str 1\n', '5', 'number').text).toBe('a: !!str 5\n');
  });

  it.each(['0151', '1e3', 'x\nb: 1', '', 'True', ' 1'])('is refused as %j, which is none to all readers', (value) => {
    expect(codeOf(() => typed('a: 1\n', value, 'number'))).toBe('VALUE_UNWRITABLE');
    expect(codeOf(() => typed('a: 1\n', value, 'boolean'))).toBe('VALUE_UNWRITABLE');
  });
});

describe('a change tells', () => {
  const types = (text: string, value: string, create = false) => edit(text, '.a', value, { create }).changes[0]?.types;

  it('another type than there was, and text that looks like something else where there was nothing', () => {
    expect(types('a: 1.9\n', '1.10')).toEqual({ before: 'number', after: 'text' });
    expect(types('a: true\n', 'x')).toEqual({ before: 'boolean', after: 'text' });
    expect(types('b: 1\n', 'false', true)).toEqual({ before: 'nothing', after: 'text' });
    expect(types('a: ~\n', '3')).toEqual({ before: 'nothing', after: 'text' });
  });

  it('nothing of types where none changed', () => {
    expect(types('a: 3\n', '5')).toBeUndefined();
    expect(types('a: x\n', '5')).toBeUndefined();
    expect(types('a: ~\n', 'x')).toBeUndefined();
    expect(types('b: 1\n', 'x', true)).toBeUndefined();
  });
});
