import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { readTyped } from '../../../src/commit/edit/edit.ts';
import { runs } from '../../support/runs.ts';
import { type Asked, edit, edited, errorOf } from './edit-text.ts';

const toml = (text: string, path: string, value: string, asked: Asked = {}) =>
  edited(text, path, value, { file: 'app.toml', ...asked });
const refusal = (text: string, path: string, value = 'new', asked: Asked = {}) =>
  errorOf(() => toml(text, path, value, asked));

describe('a value of a TOML file is set and every other byte stays', () => {
  const kept: [string, string, string, string, string][] = [
    ['a basic string', '# top\n[image]\ntag  =  "old" # why\n', '.image.tag', 'v1', '# top\n[image]\ntag  =  "v1" # why\n'],
    ['a literal string', "tag = 'old'\r\nx = 1\r\n", '.tag', 'v1', "tag = 'v1'\r\nx = 1\r\n"],
    ['a literal string that cannot hold it', "tag = 'old'", '.tag', "it's", 'tag = "it\'s"'],
    ['a string with all that is escaped', 'a = "old"', '.a', 'q" b\\ n\n \u007f', 'a = "q\\" b\\\\ n\\n \\u007f"'],
    ['several lines, basic', 'a = """\nold\n""" # c', '.a', 'one\n"two"', 'a = """\none\n\\"two\\"""" # c'],
    ['several lines, literal', "a = '''\nold\n'''", '.a', 'one\ntwo', "a = '''\none\ntwo'''"],
    ['several lines, that begin in the first', 'a = """old"""', '.a', '\nnew', 'a = """\n\nnew"""'],
    ['several lines in a file with CRLF', 'a = """\r\nold"""\r\n', '.a', 'b\nc', 'a = "b\\nc"\r\n'],
    ['a number by a number', 'n = 0x1F # c\n', '.n', '5', 'n = 5 # c\n'],
    ['a number by a text', 'n = 3\n', '.n', '1.10', 'n = "1.10"\n'],
    ['a float by a whole number', 'n = 1.5 # c\n', '.n', '2', 'n = 2.0 # c\n'],
    ['a float with an exponent by a whole number', 'n = 1e3\n', '.n', '-5', 'n = -5.0\n'],
    ['an infinite float by a whole number', 'n = inf\n', '.n', '5', 'n = 5.0\n'],
    ['a float in a list by a whole number', 'n = [1.5, -2_0.0]\n', '.n[1]', '3', 'n = [1.5, 3.0]\n'],
    ['a float by a float', 'n = 2.0\n', '.n', '1.5', 'n = 1.5\n'],
    ['a hexadecimal integer with an e', 'n = 0x1E3\n', '.n', '5', 'n = 5\n'],
    ['a boolean by a boolean', 'n = true\n', '.n', 'false', 'n = false\n'],
    ['a boolean by a text', 'n = true\n', '.n', 'yes', 'n = "yes"\n'],
    ['a text by what looks like a number', 't = "v"\n', '.t', '1.10', 't = "1.10"\n'],
    ['a date by a date', 'd = 1979-05-27\n', '.d', '2024-01-31', 'd = 2024-01-31\n'],
    ['a byte order mark', '\uFEFFa = "old"', '.a', 'new', '\uFEFFa = "new"'],
    ['dotted and quoted keys', 'a . "b.c" = "old"\na.d = 1\n', '.a."b.c"', 'new', 'a . "b.c" = "new"\na.d = 1\n'],
    ['a table inside of a table', '[a.b]\nc="x"\n[a]\nd="old"\n', '.a.d', 'new', '[a.b]\nc="x"\n[a]\nd="new"\n'],
    ['an array of tables by number', '[[s]]\nn="a"\n[[s]]\nn="b"\n', '.s[-1].n', 'c', '[[s]]\nn="a"\n[[s]]\nn="c"\n'],
    ['an array of tables by a field', '[[s]]\nname="a"\ntag="1"\n[[s]]\nname="b"\ntag="2"\n[s.x]\ny=1\n', '.s[name=b].tag', '3',
      '[[s]]\nname="a"\ntag="1"\n[[s]]\nname="b"\ntag="3"\n[s.x]\ny=1\n'],
    ['a table of an array of tables', '[[s]]\n[s.x]\ny="1"\n[[s]]\n[s.x]\ny="2"\n', '.s[1].x.y', '3', '[[s]]\n[s.x]\ny="1"\n[[s]]\n[s.x]\ny="3"\n'],
    ['an inline table', 'i = { name = "a", tag = "old" }\n', '.i.tag', 'new', 'i = { name = "a", tag = "new" }\n'],
    ['an array over lines', 'a = [\n  "x", # c\n  "old",\n]\n', '.a[1]', 'new', 'a = [\n  "x", # c\n  "new",\n]\n'],
    ['inline tables in an array', 'a = [{name="x",t="1"},{name="y",t="2"}]', '.a[name=y].t', '3', 'a = [{name="x",t="1"},{name="y",t="3"}]'],
  ]; // biome-ignore format: a table
  it.each(kept)('%s', (_, before, path, value, after) => {
    expect(toml(before, path, value)).toBe(after);
    expect(toml(after, path, value)).toBe(after);
  });

  it('as a number, boolean or text where that is asked', () => {
    const typed = (text: string, value: string, as: 'number' | 'boolean' | 'text') =>
      edit(text, '.a', value, { file: 'a.toml', as });
    expect(typed('a = "x"\n', '5', 'number').text).toBe('a = 5\n');
    expect(typed('a = 5\n', '6', 'text')).toMatchObject({ text: 'a = "6"\n', changes: [{ types: { after: 'text' } }] });
    expect(typed('a = "true"\n', 'true', 'boolean').text).toBe('a = true\n');
    expect(typed('a = "6"\n', '6', 'text').changes).toEqual([]);
  });

  it('as a float where one stood, by a number that is asked for, and told as it was asked', () => {
    const set = (text: string) => edit(text, '.a', '2', { file: 'a.toml', as: 'number' });
    expect(set('a = 1.5\n')).toEqual({
      text: 'a = 2.0\n',
      changes: [{ file: 'a.toml', path: '.a', before: '1.5', after: '2' }],
    });
    expect(set('a = 2.0\n').changes).toEqual([]);
    expect(set('a = "2"\n').text).toBe('a = 2\n');
  });

  it('and read with its type', () => {
    const read = (text: string) => readTyped('a.toml', new TextEncoder().encode(text), '.a');
    expect(read('a = "1"')).toEqual({ value: '1', as: 'text' });
    expect(read("a = '''\nx'''")).toEqual({ value: 'x', as: 'text' });
    expect(read('a = 5')).toEqual({ value: '5', as: 'number' });
    expect(read('a = 2.0')).toEqual({ value: '2', as: 'number' });
    expect(read('a = 1_000')).toEqual({ value: '1_000', as: undefined });
    expect(read('a = false')).toEqual({ value: 'false', as: 'boolean' });
  });
});

describe('what is not there', () => {
  it('is refused with the nearest path', () => {
    const error = refusal('[image]\ntag = "secret"\n', '.image.tga');
    expect([error.code, error.exitCode]).toEqual(['CONFIG_PATH_MISSING', 6]);
    expect(error.data).toMatchObject({ nearest: '.image.tag', creatable: true });
    expect(error.place).toEqual({ file: 'app.toml', line: 1, column: 2 });
  });

  const created: [string, string, string, string][] = [
    ['after the last key of its table', '[a]\n  x = 1 # c\n\n[b]\ny = 1\n', '.a.t', '[a]\n  x = 1 # c\n  t = "new"\n\n[b]\ny = 1\n'],
    ['in an empty table', '[a]\n[b]\n', '.a.t', '[a]\nt = "new"\n[b]\n'],
    ['before the first table', '# c\nx = 1\n[a]\n', '.t', '# c\nx = 1\nt = "new"\n[a]\n'],
    ['where tables alone are', '[a]\nx = 1\n', '.t', 't = "new"\n\n[a]\nx = 1\n'],
    ['in an empty file', '', '.t', 't = "new"\n'],
    ['at an end without a newline, with CRLF', '[a]\r\nx = 1', '.a.t', '[a]\r\nx = 1\r\nt = "new"'],
    ['in a table of an array', '[[a]]\nname = "x"\n[[a]]\nname = "y"\n', '.a[name=x].t', '[[a]]\nname = "x"\nt = "new"\n[[a]]\nname = "y"\n'],
    ['beside dotted keys', 'a.b.c = 1\nd = 1\n', '.a.b.t', 'a.b.c = 1\na.b.t = "new"\nd = 1\n'],
    ['in an inline table', 'a = { b = 1 }\n', '.a.t', 'a = { b = 1, t = "new" }\n'],
    ['in an empty inline table', 'a = {}\n', '.a.t', 'a = { t = "new" }\n'],
    ['with the tables above it', '[a]\nx = 1\n', '.a.image."the tag"', '[a]\nx = 1\nimage."the tag" = "new"\n'],
  ]; // biome-ignore format: a table
  it.each(created)('is created %s', (_, before, path, after) => {
    expect(toml(before, path, 'new', { create: true })).toBe(after);
  });

  it('is not created where no line of the table is, nor in a list, nor below a value', () => {
    expect(refusal('[a.b]\nx = 1\n', '.a.t', 'v', { create: true }).code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a = ["x"]\n', '.a[1]', 'v', { create: true }).code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a = "x"\n', '.a.b', 'v', { create: true }).code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('[[a]]\nn = "x"\n', '.a.t', 'v', { create: true }).code).toBe('CONFIG_PATH_MISSING');
  });
});

describe('what is refused', () => {
  it('a date for which no date is given, tables, and several places', () => {
    expect(refusal('d = 1979-05-27\n', '.d', 'soon').code).toBe('EDIT_REFUSED');
    expect(refusal('d = 1979-05-27\n', '.d', '2024-13-45').code).toBe('EDIT_REFUSED');
    expect(refusal('d = 1979-05-27\n', '.d', '10:00:00').code).toBe('EDIT_REFUSED');
    expect(refusal('[a.b]\n', '.a').code).toBe('PATH_NOT_A_SCALAR');
    expect(refusal('a = [1]\n', '.a').code).toBe('PATH_NOT_A_SCALAR');
    expect(refusal('[[a]]\nn="x"\n[[a]]\nn="x"\n', '.a[n=x].n').code).toBe('PATH_AMBIGUOUS');
  });

  it('a file that is none, at its fault, without its words', () => {
    const error = refusal('a = "secret"\nb = = 1\n', '.a');
    expect([error.code, error.exitCode]).toEqual(['FILE_SYNTAX_INVALID', 6]);
    expect(error.place).toEqual({ file: 'app.toml', line: 2, column: 5 });
    expect(refusal('a = 1\na = 2\n', '.a').code).toBe('FILE_SYNTAX_INVALID');
    expect(refusal('a = 1\rb = 2\n', '.a').code).toBe('FILE_SYNTAX_INVALID');
    expect(refusal(`a = ${'['.repeat(300)}${']'.repeat(300)}`, '.a').code).toBe('FILE_TOO_DEEP');
    expect(refusal(`a = ${'['.repeat(20_000)}`, '.a').code).toMatch(/^FILE_/);
    expect(refusal(`a${'.a'.repeat(300)} = 1`, '.a').code).toBe('FILE_TOO_DEEP');
  });

  it('a tag beside a digest that is not set', () => {
    const text = '[image]\ntag = "v1"\ndigest = "sha256:00"\n';
    expect(refusal(text, '.image.tag', 'v2', { allow: [] }).data).toMatchObject({ digest: '.image.digest', line: 3 });
  });
});

const name = fc.constantFrom('a', 'b-1', '"c d"', "'e.f'", '1', '"\\u00e9"', 'ü'.normalize());
const bare = name.filter((key) => !key.startsWith('ü'));
const scalar = fc.oneof(
  fc.constantFrom('"x"', "'y'", '""', '"""\nz"""', "'''z\n'''", '1', '-0x0', '1_0.5', 'true', 'inf', '1979-05-27T07:32:00Z', '07:32:00'),
  fc.stringMatching(/^[a-z .#=[\]]{0,8}$/).map((text) => JSON.stringify(text)),
); // biome-ignore format: a table
const comment = fc.constantFrom('', ' # c', '\t# "x = 1"', '  ');
const line = fc
  .tuple(bare, fc.constantFrom('=', ' = ', '\t=  '), fc.oneof(scalar, scalar.map((one) => `[ ${one}, 1 ]`), scalar.map((one) => `{ in = ${one} }`)), comment)
  .map((parts) => parts.join('')); // biome-ignore format: a line
const table = fc
  .tuple(fc.constantFrom('', '[t]', '[t.u]', '[[l]]', '[[l]]', '[v."w x"]'), fc.array(fc.oneof(line, fc.constantFrom('', '# k = 1')), { maxLength: 4 }))
  .map(([head, lines]) => [head, ...lines].join('\n')); // biome-ignore format: a line
const files = fc
  .tuple(
    fc.array(line, { maxLength: 3 }),
    fc.array(table, { maxLength: 5 }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([top, tables, newline, ended]) =>
    ([...top, ...tables].join('\n') + (ended ? '\n' : '')).replaceAll('\n', newline),
  );

type Tree = Record<string, unknown>;
/** Every single value of a tree by its path and by its keys. */
function* leaves(
  node: unknown,
  path: string,
  keys: readonly string[],
): Generator<{ path: string; keys: readonly string[] }> {
  if (Array.isArray(node))
    for (const [at, one] of node.entries()) yield* leaves(one, `${path}[${at}]`, [...keys, `${at}`]);
  else if (typeof node === 'object' && node !== null && !(node instanceof Date)) {
    for (const [key, one] of Object.entries(node)) yield* leaves(one, `${path}.${JSON.stringify(key)}`, [...keys, key]);
  } else yield { path, keys };
}
const parsed = (text: string): Tree | undefined => {
  try {
    return parse(text) as Tree;
  } catch {
    return undefined;
  }
};
const plain = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree, (_, value) => (typeof value === 'number' ? String(value) : value)));

it('another reader sees the value that was set, and everything else as it was', () => {
  const values = fc.oneof(
    fc.constantFrom('v1', '1.10', '5', 'true', "it's", '"', '\\', 'a\nb', '', "'''", '"""', '\t', '日本'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  let tried = 0;
  fc.assert(
    fc.property(files, values, fc.nat(), (text, value, pick) => {
      const before = parsed(text);
      if (before === undefined || /\p{Surrogate}/u.test(value)) return;
      const all = [...leaves(before, '', [])];
      const at = all[pick % Math.max(1, all.length)];
      if (at === undefined) return;
      let after: string;
      try {
        after = toml(text, at.path, value, { as: 'text' });
      } catch (error) {
        // A date takes dates alone.
        expect(error).toMatchObject({ code: 'EDIT_REFUSED' });
        return;
      }
      tried += 1;
      const wanted = parse(text) as Tree;
      const parent = at.keys.slice(0, -1).reduce((node, key) => node[key] as Tree, wanted);
      parent[at.keys.at(-1) ?? ''] = value;
      expect(plain(parsed(after))).toEqual(plain(wanted));
      let same = 0;
      while (same < text.length && text[same] === after[same]) same += 1;
      let end = 0;
      while (end < text.length - same && text.at(-1 - end) === after.at(-1 - end)) end += 1;
      // No scalar that is written here is longer.
      expect(text.length - end - same).toBeLessThanOrEqual('1979-05-27T07:32:00Z'.length);
    }),
    { numRuns: runs(1_500) },
  );
  expect(tried).toBeGreaterThan(runs(1_500) / 10);
});
