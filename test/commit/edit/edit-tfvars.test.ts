import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTyped } from '../../../src/commit/edit/edit.ts';
import { runs } from '../../support/runs.ts';
import { type Asked, edited, errorOf } from './edit-text.ts';

const file = 'prod.auto.tfvars';
const hcl = (text: string, path: string, value: string, asked: Asked = {}) =>
  edited(text, path, value, { file, ...asked });
const refusal = (text: string, path: string, value = 'new', asked: Asked = {}) =>
  errorOf(() => hcl(text, path, value, asked));
const read = (text: string, path: string) => readTyped(file, new TextEncoder().encode(text), path);
/** `$` before a brace, in a form that no linter takes for a template. */
const dollar = '$';

describe('a value of a .tfvars file is set and every other byte stays', () => {
  const kept: [string, string, string, string, string][] = [
    ['a text', '# top\nimage_tag   = "old" # why\nb = 1\n', '.image_tag', 'v1', '# top\nimage_tag   = "v1" # why\nb = 1\n'],
    ['CRLF and other comments', '/* a\n*/ a = "x" // c\r\nt = "old"\r\n', '.t', 'v1', '/* a\n*/ a = "x" // c\r\nt = "v1"\r\n'],
    ['a text with all that is escaped', 't = "old"', '.t', 'q" b\\ n\n \u0007', 't = "q\\" b\\\\ n\\n \\u0007"'],
    ['a text with what would be a template', 't = "old"', '.t', `${dollar}{a} %{b}`, `t = "${dollar}${dollar}{a} %%{b}"`],
    ['a text with what would be the escape of one', 't = "old"', '.t', `${dollar}${dollar}{a}`, 't = "\\u0024\\u0024{a}"'],
    ['a number by a number', 'n = 3 # c\n', '.n', '5', 'n = 5 # c\n'],
    ['a number by a text', 'n = 3\n', '.n', '1.10', 'n = "1.10"\n'],
    ['a boolean', 'b = true\n', '.b', 'false', 'b = false\n'],
    ['null by a text', 'b = null\n', '.b', 'x', 'b = "x"\n'],
    ['in a map over lines', 'm = {\n  "a.b" = "x",\n  tag : "old" # c\n}\n', '.m.tag', 'v1', 'm = {\n  "a.b" = "x",\n  tag : "v1" # c\n}\n'],
    ['by a quoted key', 'm = { "a.b" = "old" }\n', '.m."a.b"', 'v1', 'm = { "a.b" = "v1" }\n'],
    ['in a list of maps', 'l = [{ name = "a", t = "1" }, {\n  name = "b"\n  t = "2"\n}]\n', '.l[name=b].t', '3', 'l = [{ name = "a", t = "1" }, {\n  name = "b"\n  t = "3"\n}]\n'],
    ['in a list', 'l = [\n  "a", # c\n  "old",\n]\n', '.l[-1]', 'v1', 'l = [\n  "a", # c\n  "v1",\n]\n'],
    ['in a heredoc', 't = <<EOT\nold\nEOT\nb = 1\n', '.t', 'one\ntwo\n', 't = <<EOT\none\ntwo\nEOT\nb = 1\n'],
    ['in an indented heredoc', 't = <<-EOT\n    old\n  EOT\n', '.t', 'one\n', 't = <<-EOT\n  one\n  EOT\n'],
    ['in place of a heredoc', 't = <<EOT\nold\nEOT\nb = 1\n', '.t', 'v1', 't = "v1"\nb = 1\n'],
    ['a byte order mark', '\uFEFFa = "old"', '.a', 'v1', '\uFEFFa = "v1"'],
    ['beside expressions', 'a = max(1, "}")\nb = "x-%{"%{"}"}"}"\nc = "old"\nd = [for x in y : "]"]\n', '.c', 'v1',
      'a = max(1, "}")\nb = "x-%{"%{"}"}"}"\nc = "v1"\nd = [for x in y : "]"]\n'],
  ]; // biome-ignore format: a table
  it.each(kept)('%s', (_, before, path, value, after) => {
    expect(hcl(before, path, value)).toBe(after);
    expect(hcl(after, path, value)).toBe(after);
    expect(read(after, path).value).toBe(value);
  });

  it('read with its type', () => {
    expect(read('a = 1.5', '.a')).toEqual({ value: '1.5', as: 'number' });
    expect(read('a = "1"', '.a')).toEqual({ value: '1', as: 'text' });
    expect(read('a = <<-X\n    a\n      b\n\n  X\n', '.a').value).toBe('a\n  b\n\n');
    // As HashiCorp's own reader has them.
    expect(read('a = <<-X\n    a\n  \n  b\n  X\n', '.a').value).toBe('  a\n  \nb\n');
    expect(read('a = <<-X\n   \n X\n', '.a').value).toBe('   \n');
    expect(read('a = <<X\r\na\r\nX\r\n', '.a').value).toBe('a\r\n');
    expect(read('a = "\\u00e9\\U0001F600\\t"', '.a').value).toBe('é😀\t');
  });

  const created: [string, string, string, string][] = [
    ['after the last variable', 'a = 1 # c\n\n# end\n', '.t', 'a = 1 # c\nt = "new"\n\n# end\n'],
    ['at an end without a newline', 'a = <<X\nb\nX', '.t', 'a = <<X\nb\nX\nt = "new"'],
    ['in an empty file', '', '.t', 't = "new"\n'],
    ['in a map over lines', 'm = {\r\n    a = 1, # c\r\n}\r\n', '.m.t', 'm = {\r\n    a = 1, # c\r\n    t = "new"\r\n}\r\n'],
    ['in a map on one line', 'm = { a = 1 }\n', '.m."x y"', 'm = { a = 1, "x y" = "new" }\n'],
    ['in an empty map', 'm = {}\n', '.m.t', 'm = { t = "new" }\n'],
    ['with the maps above it', 'a = 1\n', '.m.i.t', 'a = 1\nm = { i = { t = "new" } }\n'],
  ]; // biome-ignore format: a table
  it.each(created)('created %s', (_, before, path, after) => {
    expect(hcl(before, path, 'new', { create: true })).toBe(after);
  });

  const refused: [string, string, string, string][] = [
    ['a variable that is not there', 'image_tag = "v1"\n', '.image_tga', 'CONFIG_PATH_MISSING'],
    ['a text with a template', `t = "a-${dollar}{b}"\n`, '.t', 'EDIT_REFUSED'],
    ['a directive', 't = "%{ if a }b%{ endif }"\n', '.t', 'EDIT_REFUSED'],
    ['a call', 't = upper("a")\n', '.t', 'EDIT_REFUSED'],
    ['a sum', 't = 1 + 2\n', '.t', 'EDIT_REFUSED'],
    ['a text that goes on', 't = "a" == "b"\n', '.t', 'EDIT_REFUSED'],
    ['a variable’s name', 't = true_one\n', '.t', 'EDIT_REFUSED'],
    ['an index', 't = ["a"][0]\n', '.t', 'EDIT_REFUSED'],
    ['a for', 't = { for a in b : a => a }\n', '.t', 'EDIT_REFUSED'],
    ['a map', 't = {}\n', '.t', 'PATH_NOT_A_SCALAR'],
    ['a key that stands twice', 't = "a"\nt = "b"\n', '.t', 'PATH_KEY_DUPLICATE'],
    ['a block', 'resource "a" "b" {\n}\n', '.t', 'FILE_SYNTAX_INVALID'],
    ['a quote that is never closed', 't = "a\n', '.t', 'FILE_SYNTAX_INVALID'],
    ['a bracket that is never closed', 't = [1, 2\n', '.t', 'FILE_SYNTAX_INVALID'],
    ['a heredoc that is never closed', 't = <<X\na\n', '.t', 'FILE_SYNTAX_INVALID'],
    ['two on one line', 't = 1 u = 2\n', '.u', 'CONFIG_PATH_MISSING'],
    ['ever deeper brackets', `t = ${'['.repeat(300)}`, '.t', 'FILE_TOO_DEEP'],
  ]; // biome-ignore format: a table
  it.each(refused)('and %s is refused', (_, text, path, code) => {
    expect(refusal(text, path).code).toBe(code);
  });
});

it('what is set is what is read again, and all other values are as they were', () => {
  const scalar = fc.oneof(fc.constantFrom('1', 'true', 'null', '-2.5', 'f(x)', '"a"', '"\\"}"', '""', `"${dollar}{"}"}"`), fc.string({ maxLength: 5 }).map((text) => JSON.stringify(text.replace(/[$%\\\p{Cc}]/gu, ''))));
  const line = fc.tuple(fc.constantFrom('a', 'b', 'c-d', 'é'), fc.constantFrom('=', ' = '), fc.oneof(scalar, scalar.map((one) => `[${one}, 1]`), scalar.map((one) => `{\n x = ${one}\n}`)), fc.constantFrom('', ' # "', ' // {', ' /* " */')).map((parts) => parts.join(''));
  const texts = fc.array(fc.oneof(line, fc.constantFrom('', '# a = 1', 'h = <<E\nq\nE')), { maxLength: 5 });
  fc.assert(
    fc.property(texts, fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom(`${dollar}{`, `${dollar}${dollar}{`, '%%%{', '\\', '\\b', 'a\n')), fc.nat(), (lines, value, pick) => {
      const at = pick % Math.max(1, lines.length);
      const [, name = ''] = /^(\S+?) ?=/.exec(lines[at] ?? '') ?? [];
      if (name === '' || name === '#' || lines.filter((one) => one.startsWith(name)).length > 1) return;
      const text = lines.join('\n');
      let after: string;
      try {
        after = hcl(text, `.${name}`, value, { as: 'text' });
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(EDIT_REFUSED|PATH_NOT_A_SCALAR|VALUE_UNWRITABLE)$/) });
        return;
      }
      expect(read(after, `.${name}`)).toEqual({ value, as: 'text' });
      const before = lines.slice(0, at).join('\n');
      const behind = lines.slice(at + 1).join('\n');
      expect(after.startsWith(before) && after.endsWith(behind)).toBe(true);
    }),
    { numRuns: runs(2_000) },
  );
}); // biome-ignore format: as it is
