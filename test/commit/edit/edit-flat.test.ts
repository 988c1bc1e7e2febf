import { parse as dotenv } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTyped } from '../../../src/commit/edit/edit.ts';
import { runs } from '../../support/runs.ts';
import { type Asked, edited, errorOf } from './edit-text.ts';

const env = (text: string, path: string, value: string, asked: Asked = {}) =>
  edited(text, path, value, { file: '.env', ...asked });
const properties = (text: string, path: string, value: string, asked: Asked = {}) =>
  edited(text, path, value, { file: 'app.properties', ...asked });
const refusal = (file: string, text: string, path: string, value = 'new', asked: Asked = {}) =>
  errorOf(() => edited(text, path, value, { file, ...asked }));
const read = (file: string, text: string, path: string) => readTyped(file, new TextEncoder().encode(text), path).value;

it.each([
  '.env',
  'app.env',
  'deploy/.env.production',
  '.env.local',
  'CONFIG.ENV',
])('%s is a file of variables', (file) => {
  expect(edited('export TAG=v1 # c\n', '.TAG', 'v2', { file })).toBe('export TAG=v2 # c\n');
});

describe('a variable of a .env file is set and every other byte stays', () => {
  const kept: [string, string, string, string, string][] = [
    ['a plain value', '# top\n\nA=1\nTAG=old\nB=2', '.TAG', 'v1', '# top\n\nA=1\nTAG=v1\nB=2'],
    ['a comment after it', 'TAG=old   # why "x"\n', '.TAG', 'v1', 'TAG=v1   # why "x"\n'],
    ['blanks around', '  export  TAG = old \r\nB=2\r\n', '.TAG', 'v1', '  export  TAG = v1 \r\nB=2\r\n'],
    ['an empty value', 'TAG=\nB=2\n', '.TAG', 'v1', 'TAG=v1\nB=2\n'],
    ['an empty value with a comment', 'TAG= # c\n', '.TAG', 'v1', 'TAG=v1 # c\n'],
    ['double quotes', 'TAG="old" # c\n', '.TAG', 'a b', 'TAG="a b" # c\n'],
    ['double quotes that cannot hold it', 'TAG="old"\n', '.TAG', 'say "x" for $5', "TAG='say \"x\" for $5'\n"],
    ['single quotes', "TAG='old'\n", '.TAG', 'v1', "TAG='v1'\n"],
    ['single quotes that cannot hold it', "TAG='old'\n", '.TAG', "it's", 'TAG="it\'s"\n'],
    ['backticks', 'TAG=`old`\n', '.TAG', `it's "x"`, 'TAG=`it\'s "x"`\n'],
    ['several lines', 'KEY="one\r\ntwo"\r\nB=2\r\n', '.KEY', 'v1', 'KEY="v1"\r\nB=2\r\n'],
    ['a plain value by what needs quotes', 'TAG=old\n', '.TAG', 'a #b', "TAG='a #b'\n"],
    ['a plain value by lines', 'TAG=old\nB=2\n', '.TAG', 'a\nb', "TAG='a\nb'\nB=2\n"],
    ['a byte order mark', '\uFEFFTAG=old\n', '.TAG', 'v1', '\uFEFFTAG=v1\n'],
    ['a key with a dot', 'app.tag=old\n', '.app.tag', 'v1', 'app.tag=v1\n'],
    ['what looks like a number', 'N=3\n', '.N', '1.10', 'N=1.10\n'],
  ]; // biome-ignore format: a table
  it.each(kept)('%s', (_, before, path, value, after) => {
    expect(env(before, path, value)).toBe(after);
    expect(env(after, path, value)).toBe(after);
    expect(dotenv(after)[path.slice(1)]).toBe(value);
    expect(read('.env', after, path)).toBe(value);
  });

  it('and nobody is told of a type that it does not have', () => {
    expect(edited('N=3\n', '.N', 'x', { file: '.env', as: 'text' })).toBe('N=x\n');
    expect(edited('N=x\n', '.N', '3', { file: '.env', as: 'number' })).toBe('N=3\n');
  });

  it('created at the end, as the line before is', () => {
    expect(env('export A=1\n', '.TAG', 'v1', { create: true })).toBe('export A=1\nexport TAG=v1\n');
    expect(env('A=1', '.TAG', 'a b#c', { create: true })).toBe("A=1\nTAG='a b#c'");
    expect(env('', '.TAG', 'v1', { create: true })).toBe('TAG=v1\n');
    expect(env('# c\r\n', '.A.B', 'v1', { create: true })).toBe('# c\r\nA.B=v1\r\n');
    expect(refusal('.env', '', '."a b"', 'v', { create: true }).code).toBe('CONFIG_PATH_MISSING');
  });

  const refused: [string, string, string, string][] = [
    ['a key that is not there', 'A=1\n', 'new', 'CONFIG_PATH_MISSING'],
    ['a key that stands twice', 'TAG=1\nTAG=2\n', 'new', 'PATH_KEY_DUPLICATE'],
    ['a # right after the value', 'TAG=a#b\n', 'new', 'EDIT_REFUSED'],
    ['a # right after the sign', 'TAG=#b\n', 'new', 'EDIT_REFUSED'],
    ['something after the quotes', 'TAG="a"b\n', 'new', 'EDIT_REFUSED'],
    ['a key alone', 'export TAG\n', 'new', 'EDIT_REFUSED'],
    ['a key with a colon', 'TAG: x\n', 'new', 'EDIT_REFUSED'],
    ['a quote that is never closed', 'TAG="a\nB=1\n', 'new', 'FILE_SYNTAX_INVALID'],
    ['a line that is none', 'TAG=a\n? b\n', 'new', 'FILE_SYNTAX_INVALID'],
    ['a lone carriage return', 'TAG=a\rB=1\n', 'new', 'FILE_SYNTAX_INVALID'],
    ['a value that no quotes hold for all readers', 'TAG=a\n', `it's $5`, 'EDIT_REFUSED'],
    ['a value with a carriage return', 'TAG=a\n', 'a\rb', 'EDIT_REFUSED'],
  ]; // biome-ignore format: a table
  it.each(refused)('and %s is refused', (_, text, value, code) => {
    const error = refusal('.env', text, '.TAG', value);
    expect(error.code).toBe(code);
    expect(JSON.stringify(error.place)).not.toContain('=a');
  });
});

describe('a property is set and every other byte stays', () => {
  const kept: [string, string, string, string, string][] = [
    ['with =', '# top\n! too\nimage.tag = old\nb=2\n', '.image.tag', 'v1', '# top\n! too\nimage.tag = v1\nb=2\n'],
    ['with : and a quoted path', 'image.tag: old\r\n', '."image.tag"', 'v1', 'image.tag: v1\r\n'],
    ['with a blank', 'image.tag\told', '.image.tag', 'v1', 'image.tag\tv1'],
    ['over lines', 'a = one, \\\n    two\\\\\nb=2\n', '.a', 'v1', 'a = v1\nb=2\n'],
    ['whose value is on the next line', 'a = \\\n   old\nb=2\n', '.a', 'v1', 'a = \\\n   v1\nb=2\n'],
    ['that is empty', 'a=\nb=2\n', '.a', 'v1', 'a=v1\nb=2\n'],
    ['with # in its value', 'a=x#y\n', '.a', 'v1#z', 'a=v1#z\n'],
    ['with an escaped key', 'a\\ b\\:c=old\n', '."a b:c"', 'v1', 'a\\ b\\:c=v1\n'],
    ['to blanks, lines, backslashes and other letters', 'a=old\n', '.a', ' b\\\n\té ', 'a=\\ b\\\\\\n\\t\\u00e9\\u0020\n'],
    ['with a lone carriage return for a newline', 'a=old\rb=2\r', '.a', 'v1', 'a=v1\rb=2\r'],
  ]; // biome-ignore format: a table
  it.each(kept)('%s', (_, before, path, value, after) => {
    expect(properties(before, path, value)).toBe(after);
    expect(properties(after, path, value)).toBe(after);
    expect(read('app.properties', after, path)).toBe(value);
  });

  it('created at the end, with the sign of the line before', () => {
    expect(properties('a : 1\n', '.b.c', 'v', { create: true })).toBe('a : 1\nb.c : v\n');
    expect(properties('a=1', '."b c"', ' v', { create: true })).toBe('a=1\nb\\ c=\\ v');
    expect(properties('a.b=1\n', '.a.b.c', 'v', { create: true })).toBe('a.b=1\na.b.c=v\n');
    expect(refusal('a.properties', 'a=1\\\n', '.b', 'v', { create: true }).code).toBe('CONFIG_PATH_MISSING');
  });

  it('and refused where it stands twice, alone, or not at all', () => {
    expect(refusal('a.properties', 'a=1\na:2\n', '.a').code).toBe('PATH_KEY_DUPLICATE');
    expect(refusal('a.properties', 'a\nb=1\n', '.a').code).toBe('EDIT_REFUSED');
    expect(refusal('a.properties', 'image.tag=1\n', '.image.tga').data).toMatchObject({ nearest: '."image.tag"' });
  });
});

const line = fc.oneof(
  fc.tuple(fc.constantFrom('', ' ', 'export '), fc.constantFrom('A', 'B_1', 'c.d', 'E-f'), fc.constantFrom('=', ' = '), fc.constantFrom('', 'x', 'x y', '"q"', "'s #'", '"a\nb"', '"a\\nb"', 'x # c', '`b`', '$V', '\\n', "'a\\'b'", '"\\"" # "')).map((parts) => parts.join('')),
  fc.constantFrom('', '# A=1', '  # "'),
); // biome-ignore format: a table

it('dotenv sees the value that was set, and every other variable as it was', () => {
  const texts = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'))
    .map(([lines, newline]) => lines.join('\n').replaceAll('\n', newline));
  const values = fc.oneof(
    fc.constantFrom('v1', 'a b', '', "it's", '"', '$x', '\\', '\\n', '#', 'a#', ' a', 'a\nb'),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(texts, values, fc.constantFrom('A', 'B_1', 'c.d', 'E-f', 'NEW'), (text, value, key) => {
      let after: string;
      try {
        after = env(text, `.${key}`, value, { create: true });
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(EDIT_REFUSED|PATH_KEY_DUPLICATE|CONFIG_PATH_MISSING)$/) });
        return;
      }
      expect(dotenv(after)).toEqual({ ...dotenv(text), [key]: value });
      expect(env(after, `.${key}`, value)).toBe(after);
    }),
    { numRuns: runs(2_000) },
  ); // biome-ignore format: as it is
});
