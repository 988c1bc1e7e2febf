import { describe, expect, it } from 'vitest';
import { codeOf, edit } from './edit-text.ts';

const created = (text: string, path: string, value = 'new', file = 'values.yaml') =>
  edit(text, path, value, { create: true, file }).text;

describe('a path that is created on request', () => {
  it('comes after the last key of its map, before comments and blank lines', () => {
    expect(created('a:\n  b: 1 # c\n\n# about d\nd: 2\n', '.a.x')).toBe(
      'a:\n  b: 1 # c\n  x: new\n\n# about d\nd: 2\n',
    );
    expect(created('a: 1\n', '.b')).toBe('a: 1\nb: new\n');
    expect(created('a: 1', '.b')).toBe('a: 1\nb: new');
    expect(created('a:\n- 1\n- b: 2\nc: 3\n', '.a[1].x')).toBe('a:\n- 1\n- b: 2\n  x: new\nc: 3\n');
    expect(created('a:\n  - - b: 1\n', '.c')).toBe('a:\n  - - b: 1\nc: new\n');
  });

  it("follows the file's indentation and newlines, level by level", () => {
    expect(created('a:\r\n    b: 1\r\nc: 2\r\n', '.a.x.w.z')).toBe(
      'a:\r\n    b: 1\r\n    x:\r\n        w:\r\n            z: new\r\nc: 2\r\n',
    );
    expect(created('\uFEFFa: 1\r\n', '.x.w')).toBe('\uFEFFa: 1\r\nx:\r\n  w: new\r\n');
  });

  it('quotes its keys and value where they would read as something else', () => {
    expect(created('a: 1\n', '."on"."x: y".z', '0755')).toBe('a: 1\n"on":\n  "x: y":\n    z: "0755"\n');
  });

  it('comes after a value of several lines, whatever its style', () => {
    expect(created('a:\n  b: |\n    x\n\n    y\n\nc: 1\n', '.a.m')).toBe(
      'a:\n  b: |\n    x\n\n    y\n  m: new\n\nc: 1\n',
    );
    expect(created('a:\n  b: |+\n    x\n\n\nc: 1\n', '.a.m')).toBe('a:\n  b: |+\n    x\n\n\n  m: new\nc: 1\n');
    expect(created('a:\n  b: one\n    two\nc: 1\n', '.a.m')).toBe('a:\n  b: one\n    two\n  m: new\nc: 1\n');
    expect(created('a:\n  b: "one\n    two" # c\nc: 1\n', '.a.m')).toBe(
      'a:\n  b: "one\n    two" # c\n  m: new\nc: 1\n',
    );
    expect(created('a: {\n  b: 1\n}\nc: 1\n', '.m')).toBe('a: {\n  b: 1\n}\nc: 1\nm: new\n');
  });

  it('goes into maps that are empty or not there yet', () => {
    expect(created('a:\nb: 1\n', '.a.x')).toBe('a:\n  x: new\nb: 1\n');
    expect(created('a: # c\nb: 1\n', '.a.x.w')).toBe('a: # c\n  x:\n    w: new\nb: 1\n');
    expect(created('a: {}\n', '.a.x.w')).toBe('a: {x: {w: new}}\n');
    expect(created('a: null\n', '.a.x')).toBe('a: {x: new}\n');
    expect(created('a:\n-\n', '.a[0].x')).toBe('a:\n- {x: new}\n');
    expect(created('', '.x.w')).toBe('x:\n  w: new\n');
    expect(created('# c\n---\n', '.x')).toBe('# c\n---\nx: new\n');
    expect(created('a: 1\n---\n# c\n', 'doc[1].x')).toBe('a: 1\n---\n# c\nx: new\n');
  });

  it('goes into flow maps with their spacing', () => {
    expect(created('a: {b: 1}\n', '.a.x.w', 'p, q')).toBe('a: {b: 1, x: {w: "p, q"}}\n');
    expect(created('a: { b: 1 }\n', '.a.x')).toBe('a: { b: 1, x: new }\n');
    expect(created('{\n  a: 1,\n}\n', '.x')).toBe('{\n  a: 1,\n  x: new,\n}\n');
  });

  it('goes into JSON with its formatting', () => {
    const json = (text: string, path: string) => created(text, path, 'new', 'v.json');
    expect(json('{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n', '.a.x.w')).toBe(
      '{\n\t"a": {\n\t\t"b": 1,\n\t\t"x": {\n\t\t\t"w": "new"\n\t\t}\n\t}\n}\n',
    );
    expect(json('{"a":1}', '.x.w')).toBe('{"a":1, "x": {"w": "new"}}');
    expect(json('{"a": {}}', '.a.x')).toBe('{"a": {"x": "new"}}');
    expect(json('{"a": null}', '.a.x')).toBe('{"a": {"x": "new"}}');
  });

  it('hides a merged value only where the whole value is its own', () => {
    const text = 'base: &b {tag: v1, deep: {x: 1}}\na:\n  <<: *b\n';
    expect(codeOf(() => created(text, '.a.tag'))).toBe('PATH_IS_ALIAS');
    expect(created(text, '.a.other')).toBe(`${text}  other: new\n`);
  });

  const refused: [string, string][] = [
    ['a: x\n', '.a.b'],
    ['a: [x]\n', '.a[3]'],
    ['a: [x]\n', '.a.b'],
    ['a: [{name: x}]\n', '.a[1].tag'],
    ['a: 1\n', '.b[0]'],
    ['a: 1\n', 'doc[3].b'],
    ['---\n---\na: 1\n', 'doc[0].b'],
  ];
  it.each(refused)('is refused in %j for %s, for nothing says what to add', (text, path) => {
    expect(codeOf(() => created(text, path))).toBe('CONFIG_PATH_MISSING');
  });

  it('is refused beside a key that has the whole path in it, for that would be a second tree', () => {
    expect(codeOf(() => created('backend.tag: v1\n', '.backend.tag'))).toBe('CONFIG_PATH_MISSING');
    expect(codeOf(() => created('a: {backend.tag: v1}\n', '.a.backend.tag.x'))).toBe('CONFIG_PATH_MISSING');
    expect(codeOf(() => created('a: {x: 1}\na.b.c: v1\n', '.a.b.c'))).toBe('CONFIG_PATH_MISSING');
    expect(created('backend.port: 1\n', '.backend.tag')).toContain('backend:\n  tag: new\n');
  });

  it('is refused after a block text without a newline at its end, which Helm would then give one', () => {
    for (const head of ['|', '>', '|+', '|2']) {
      expect(codeOf(() => created(`a: ${head}\n  x`, '.b'))).toBe('CONFIG_PATH_MISSING');
      expect(codeOf(() => created(`a:\n  c: ${head}\n    x`, '.a.b'))).toBe('CONFIG_PATH_MISSING');
    }
    expect(created('a: |-\n  x', '.b')).toBe('a: |-\n  x\nb: new');
    expect(created('a: {c: 1}\nb: |\n  x', '.a.d')).toBe('a: {c: 1, d: new}\nb: |\n  x');
  });

  it('is refused under a tag that says something else than what stands there', () => {
    for (const text of ['a: !!null\n', 'a: !!null {b: 1}\n', 'a: !!str\n  b: 1\n', 'a: !!int [x]\n']) {
      expect(codeOf(() => created(text, '.a.x'))).toBe('EDIT_REFUSED');
    }
    expect(created('a: !!map {b: 1}\n', '.a.x')).toBe('a: !!map {b: 1, x: new}\n');
    expect(created('a: !own {b: 1}\n', '.a.x')).toBe('a: !own {b: 1, x: new}\n');
  });

  it('is refused where several documents could take it', () => {
    expect(codeOf(() => created('a: 1\n---\na: 2\n', '.b'))).toBe('PATH_AMBIGUOUS');
    expect(created('a: 1\n---\nb: {c: 2}\n', '.b.x')).toBe('a: 1\n---\nb: {c: 2, x: new}\n');
  });
});

describe('an item of a list that is created on request', () => {
  const kustomization = (images: string) => `resources:\n- app.yaml # c\n${images}\nnamespace: shop\n`;

  it('has the fields that it is chosen by, then the value', () => {
    expect(created(kustomization('images:\n- name: web\n  newTag: v1'), '.images[name=app].newTag', '1.10')).toBe(
      kustomization('images:\n- name: web\n  newTag: v1\n- name: app\n  newTag: "1.10"'),
    );
    expect(created('l:\n  - a: 1 # c\n\n# d\n', '.l[kind=x,metadata.name=0755].spec.v')).toBe(
      'l:\n  - a: 1 # c\n  - kind: x\n    metadata:\n      name: "0755"\n    spec:\n      v: new\n\n# d\n',
    );
    expect(created('- a: 1\n', '.[a=2].b')).toBe('- a: 1\n- a: "2"\n  b: new\n');
  });

  it('brings the list along, indented as the other lists of the file are', () => {
    expect(created(kustomization(''), '.images[name=app].newTag')).toBe(
      'resources:\n- app.yaml # c\n\nnamespace: shop\nimages:\n- name: app\n  newTag: new\n',
    );
    expect(created('resources:\r\n    - x\r\n', '.images[name=app].digest')).toBe(
      'resources:\r\n    - x\r\nimages:\r\n    - name: app\r\n      digest: new\r\n',
    );
    expect(created('', '.images[name=app].newTag')).toBe('images:\n- name: app\n  newTag: new\n');
    expect(created('images:\na: 1\n', '.images[name=app].newTag')).toBe('images:\n- name: app\n  newTag: new\na: 1\n');
    expect(created('a:\n  b: 1\n', '.a.l[name=x].v')).toBe('a:\n  b: 1\n  l:\n  - name: x\n    v: new\n');
  });

  it('goes into lists in brackets and into JSON with their formatting', () => {
    expect(created('images: []\n', '.images[name=app].newTag')).toBe('images: [{name: app, newTag: new}]\n');
    expect(created('images: [{name: a, newTag: b}] # c\n', '.images[name=app].newTag')).toBe(
      'images: [{name: a, newTag: b}, {name: app, newTag: new}] # c\n',
    );
    const json = (text: string, path: string) => created(text, path, 'new', 'v.json');
    expect(json('{\n  "l": [\n    {\n      "name": "a"\n    }\n  ]\n}\n', '.l[name=b].v')).toBe(
      '{\n  "l": [\n    {\n      "name": "a"\n    },\n    {\n      "name": "b",\n      "v": "new"\n    }\n  ]\n}\n',
    );
    expect(json('{\n  "a": 1\n}\n', '.l[name=b].v')).toBe(
      '{\n  "a": 1,\n  "l": [\n    {\n      "name": "b",\n      "v": "new"\n    }\n  ]\n}\n',
    );
    expect(json('{"l":[]}', '.l[name=b].v')).toBe('{"l":[{"name": "b", "v": "new"}]}');
  });

  it('once: the next value goes into it', () => {
    const twice = created(created('', '.images[name=app].newName', 'r/a'), '.images[name=app].newTag');
    expect(twice).toBe('images:\n- name: app\n  newName: r/a\n  newTag: new\n');
    expect(created(twice, '.images[name=app].newTag')).toBe(twice);
  });

  it.each([
    ['a number says nothing of it', 'l: [a]\n', '.l[1].x'],
    ['a map or a value stands there', 'l: {a: 1}\n', '.l[name=x].v'],
    ['a value stands there', 'l: x\n', '.l[name=x].v'],
    ['the value is what it is chosen by', 'l: []\n', '.l[name=x].name'],
    ['it would be no map', 'l: []\n', '.l[name=x]'],
  ])('is refused where %s', (_, text, path) => {
    expect(codeOf(() => created(text, path))).toBe('CONFIG_PATH_MISSING');
    expect(codeOf(() => edit('l: []\n', '.l[name=x].v', 'new'))).toBe('CONFIG_PATH_MISSING');
  });

  it('is refused where the list is read in other places too, unless that is allowed', () => {
    const text = 'a: &l\n- name: x\nb: *l\n';
    expect(codeOf(() => edit(text, '.a[name=y].v', 'new', { create: true, allow: [] }))).toBe('VALUE_HAS_ALIASES');
  });
});
