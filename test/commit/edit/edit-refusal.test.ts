import { describe, expect, it } from 'vitest';
import { editFile, readTyped } from '../../../src/commit/edit/edit.ts';
import { codeOf, edit, errorOf } from './edit-text.ts';

const refusal = (text: string, path: string, file?: string) =>
  errorOf(() => edit(text, path, 'new', file === undefined ? {} : { file }));
const bytes = (content: Uint8Array | string, path = '.a', value = 'new') =>
  codeOf(() =>
    editFile('v.yaml', typeof content === 'string' ? new TextEncoder().encode(content) : content, [
      { file: 'v.yaml', path, value, create: false },
    ]),
  );

describe('a file', () => {
  it.each([
    ...['values', 'values.yaml.gotmpl', 'values.yaml.bak', 'yaml', 'main.tf', 'terragrunt.hcl', 'app.ini', 'app.conf', 'pom.xml'],
    ...['app.jsonc', 'app.json5', 'config', 'Dockerfile', '.envrc', 'x.yaml/values', 'values.yaml ', 'README.md', 'env'],
  ])('%s is of no kind that is known, and is not read as YAML', (file) => {
    const error = refusal('a: old\n', '.a', file);
    expect([error.code, error.exitCode, error.place]).toEqual(['FILE_KIND_UNKNOWN', 2, { file }]);
    expect(codeOf(() => readTyped(file, new TextEncoder().encode('a: old\n'), '.a'))).toBe('FILE_KIND_UNKNOWN');
  }); // biome-ignore format: a table

  it.each([
    'a.yml',
    'a/B.YAML',
    'Chart.yaml',
    'base/Kustomization',
    'kustomization',
    '.sops.yaml',
    '.yaml',
  ])('%s is YAML', (file) => expect(edit('a: old # c\n', '.a', 'new', { file }).text).toBe('a: new # c\n'));
});

describe('a path that is missing', () => {
  const values = 'front:\n  imageTag: secret\n  port: 80\nback:\n  imageTags: [a]\n  image: {tag: v1}\n';
  const nearest: [string, string | undefined][] = [
    ['.front.imageTga', '.front.imageTag'],
    ['.imageTag', '.front.imageTag'],
    ['.frontend.imageTag', '.front.imageTag'],
    ['.Front.imagetag', '.front.imageTag'],
    ['.back.imageTags[3]', '.back.imageTags[0]'],
    ['.back.image.tagg', '.back.image.tag'],
    ['.completely.different.thing', undefined],
  ];
  it.each(nearest)('%s is refused with the nearest one that exists, %s', (path, expected) => {
    const error = refusal(values, path);
    expect([error.code, error.exitCode]).toEqual(['CONFIG_PATH_MISSING', 6]);
    expect((error.data as { nearest: string | undefined }).nearest).toBe(expected);
  });

  it('is refused at the last key on the way that exists, and its line shows no value', () => {
    const error = refusal(values, '.back.image.nothing');
    expect(error.place).toEqual({ file: 'values.yaml', line: 6, column: 3, text: '  image' });
    expect(refusal('{"a": "secret", "b": {}}', '.b.c', 'x.json').place).toEqual({
      file: 'x.json',
      line: 1,
      column: 17,
    });
  });

  it('is refused where a value or a list stands in the way, where no item or document fits, and in an empty file', () => {
    expect(refusal('a: x\n', '.a.b').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a: [x]\n', '.a.b').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a: {b: c}\n', '.a[0]').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a: [{name: x}]\n', '.a[name=y].tag').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a: [x]\n', '.a[-2]').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a: x\n', 'doc[1].a').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('a: x\n', 'doc[kind=Pod].a').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('', '.a').code).toBe('CONFIG_PATH_MISSING');
    expect(refusal('# nothing\n', '.a').code).toBe('CONFIG_PATH_MISSING');
  });

  it('is never hinted at by itself, nor by a value that it would be inside of', () => {
    const hinted = (text: string, path: string) => (refusal(text, path).data as { nearest?: string }).nearest;
    expect(hinted('a: {b: 1}\n---\nc: 2\n', 'doc[1].a.b')).toBe('doc[0].a.b');
    expect(hinted('values: |\n  image:\n    tag: v1\n', '.values.image.tag')).toBeUndefined();
    expect(hinted('values: |\n  image:\n    tag: v1\nimage: {tag: v1}\n', '.values.image.tag')).toBe('.image.tag');
  });

  it('is advised to be created only where it can be, and was not asked to be', () => {
    const creatable = (text: string, path: string, create = false) =>
      (errorOf(() => edit(text, path, 'x', { create })).data as { creatable: boolean }).creatable;
    expect(creatable('a: 1\n', '.b.c')).toBe(true);
    expect(creatable('a: 1\n', '.a.c')).toBe(false);
    expect(creatable('a: 1\n', '.a.c', true)).toBe(false);
    expect(creatable('a: [{name: x}]\n', '.a[1].tag')).toBe(false);
    expect(creatable('a: 1\n', 'doc[3].b')).toBe(false);
  });

  it('is looked for quickly in a file with very many values', () => {
    const many = Array.from({ length: 30_000 }, (_, index) => `key${index}: value`).join('\n');
    const error = refusal(many, '.kee77');
    expect((error.data as { nearest: string | undefined }).nearest).toMatch(/^\.key\d+$/);
  });
});

it('a template of a chart is told as one, and not as broken YAML alone', () => {
  const template = 'a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n';
  expect(refusal(template, '.a').data).toMatchObject({ format: 'YAML', isTemplate: true });
  expect(refusal('a: [\n', '.a').data).toMatchObject({ format: 'YAML', isTemplate: false });
});

describe('what cannot be one value', () => {
  it('a map and a list are refused with a value inside them', () => {
    const map = refusal('a:\n  b: 1\n', '.a');
    expect([map.code, map.exitCode, map.data]).toEqual([
      'PATH_NOT_A_SCALAR',
      6,
      { file: 'values.yaml', path: '.a', is: 'map', nearest: '.a.b' },
    ]);
    expect(refusal('a: []\n', '.a').data).toMatchObject({ is: 'list', nearest: undefined });
    expect(refusal('a: {}\n', '.a').code).toBe('PATH_NOT_A_SCALAR');
  });

  it("an alias is refused at its place, and its anchor's place is told", () => {
    const text = 'x: 1\nbase: &tag v1\nfront:\n  tag: *tag\n';
    const error = refusal(text, '.front.tag');
    expect(error.code).toBe('PATH_IS_ALIAS');
    expect(error.place).toMatchObject({ line: 4, column: 8, text: '  tag: *tag' });
    expect(error.data).toMatchObject({ alias: 'tag', anchor: { line: 2, column: 7 } });
  });

  it('an alias on the way is refused, and the last anchor of that name before it counts', () => {
    const text = 'a: &m {t: 1}\nb: &m {t: 2}\nc: *m\nd: &m {t: 3}\n';
    expect(refusal(text, '.c.t').data).toMatchObject({ alias: 'm', anchor: { line: 2, column: 4 } });
  });

  it('a value that comes from a merged map is refused; one of its own beside the merge is set', () => {
    const text = 'base: &base {tag: v1}\nother: &other {x: 1}\na:\n  <<: [*other, *base]\n  own: v2\n';
    expect(refusal(text, '.a.tag').data).toMatchObject({ alias: 'base', anchor: { line: 1, column: 7 } });
    expect(edit(text, '.a.own', 'new').text).toBe(text.replace('v2', 'new'));
    expect(refusal(text, '.a.nothing').code).toBe('CONFIG_PATH_MISSING');
  });

  it('a value with a tag that makes it something else, and a key without a colon', () => {
    for (const tag of ['!vault', '!!int', '!!binary', '!Ref']) {
      expect(refusal(`a: ${tag} 1\n`, '.a').code).toBe('EDIT_REFUSED');
    }
    expect(refusal('a: {b}\n', '.a.b').code).toBe('EDIT_REFUSED');
  });
});

describe('what fits more than one place', () => {
  it('a path that several documents have, or several items', () => {
    expect(refusal('a: 1\n---\na: 2\n', '.a').data).toMatchObject({
      matches: ['doc[0] on line 1', 'doc[1] on line 3'],
    });
    const error = refusal('a:\n- n: x\n- n: x\n', '.a[n=x].n');
    expect([error.code, error.exitCode]).toEqual(['PATH_AMBIGUOUS', 6]);
    expect(refusal('k: x\na: 1\n---\nk: x\na: 2\n', 'doc[k=x].a').code).toBe('PATH_AMBIGUOUS');
  });

  it('a key that its map has twice; a double key elsewhere is nobody’s business here', () => {
    const error = refusal('b: 1\na: 1\n"a": 2\n', '.a');
    expect([error.code, error.data]).toMatchObject(['PATH_KEY_DUPLICATE', { lines: [2, 3] }]);
    expect(error.place).toMatchObject({ line: 3, column: 1, text: '"a"' });
    expect(refusal('{"a": 1, "a": 2}', '.a', 'x.json').code).toBe('PATH_KEY_DUPLICATE');
    expect(edit('b: 1\nb: 2\na: 1\n', '.a', 'x').text).toBe('b: 1\nb: 2\na: x\n');
  });
});

describe('files that are not read', () => {
  it('binary ones: a NUL byte, bytes that are no UTF-8, UTF-16', () => {
    expect(bytes('a: 1\0\n')).toBe('FILE_BINARY');
    expect(bytes(Uint8Array.of(0x61, 0x3a, 0x20, 0xff))).toBe('FILE_BINARY');
    expect(bytes(Uint8Array.of(0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80))).toBe('FILE_BINARY');
    expect(bytes(Buffer.from('\uFEFFa: 1\n', 'utf16le'))).toBe('FILE_BINARY');
  });

  it('larger than 1 MiB', () => {
    expect(bytes(`a: 1\n#${'x'.repeat(1024 * 1024)}`)).toBe('FILE_TOO_LARGE');
  });

  it('nested without end, or in ever more documents', () => {
    for (const one of ['[', '{', '- ', '? ', ': ', '{a: [', 'a: &x [*x, '])
      expect(bytes(one.repeat(50_000))).toBe('FILE_TOO_DEEP');
    const stairs = Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(bytes(stairs)).toBe('FILE_TOO_DEEP');
    expect(bytes('---\na: 1\n'.repeat(20_000))).toBe('FILE_TOO_DEEP');
    expect(codeOf(() => edit('['.repeat(5_000) + ']'.repeat(5_000), '[0]', 'x', { file: 'x.json' }))).toBe(
      'FILE_TOO_DEEP',
    );
  });

  it('whose aliases would grow without end are edited, for no alias is ever followed', () => {
    const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 30; n += 1)
      lines.push(
        `b${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      );
    expect(edit(`${lines.join('\n')}\nz: old\n`, '.z', 'new').text).toContain('\nz: new\n');
  });

  const broken = [
    'a: [1\n',
    'a: "x\n',
    'a: b: c\n',
    'a:\n\tb: 1\n',
    '%YAML 9\na: 1\n',
    '{{- if .x }}\na: 1\n{{- end }}\n',
    'a: 1\rb: 2\n',
    '@a: 1',
  ];
  it.each(broken)('YAML that is none: %j', (text) => {
    const error = refusal(text, '.a');
    expect([error.code, error.exitCode]).toEqual(['FILE_SYNTAX_INVALID', 6]);
    expect(error.place?.line).toBeGreaterThan(0);
    expect(error.place?.text).toBeUndefined();
  });

  const unjson = ['{"a": 1,}', "{'a': 1}", '{a: 1}', '{"a": 1} // c', '{"a": 01}', '{"a": "x', '', '{"a": secret}'];
  it.each(unjson)('JSON that is none: %j', (text) => {
    const error = refusal(text, '.a', 'v.json');
    expect([error.code, error.exitCode]).toEqual(['FILE_SYNTAX_INVALID', 6]);
    expect(error.message).not.toContain('secret');
  });
});

describe('what is asked wrongly', () => {
  const paths = ['', 'a', '.', '..a', '.a.', '.a[', '.a[]', '.a[x]', '.a[0', '.a["x"', '.a b', '.a:tag', '.a[name=x', 'doc[x]', 'doc["a"].b', 'doc[0]', '."a', '.a=b', '.[', `.${'a'.repeat(2_000)}`]; // biome-ignore format: a table
  it.each(paths)('the path %j', (path) => {
    const error = refusal('a: 1\n', path);
    expect([error.code, error.exitCode]).toEqual(['PATH_SYNTAX_INVALID', 2]);
  });

  it('a value that is half a character, or far too long', () => {
    expect(bytes('a: 1\n', '.a', '\uD800')).toBe('VALUE_UNWRITABLE');
    expect(bytes('a: 1\n', '.a', 'x'.repeat(100_000))).toBe('VALUE_UNWRITABLE');
  });
});
