import { describe, expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { edit, edited } from './edit-text.ts';

const commit = '19ea9ee1a0c590f4d3b2a1908f7e6d5c4b3a2918';

describe('a value is set and every other byte stays', () => {
  const kept: [string, string, string, string, string][] = [
    ['a plain value', 'front:\n  imageTag: old\n', '.front.imageTag', commit, `front:\n  imageTag: ${commit}\n`],
    ['a comment after it', 'a: old   # why\n', '.a', 'new', 'a: new   # why\n'],
    ['trailing spaces', 'a: old  \nb:  1 \n', '.a', 'new', 'a: new  \nb:  1 \n'],
    ['blank lines and comments around', '# top\n\n\na: old\n\n# end\n', '.a', 'new', '# top\n\n\na: new\n\n# end\n'],
    ['CRLF', 'x: 1\r\na: old\r\ny: 2\r\n', '.a', 'new', 'x: 1\r\na: new\r\ny: 2\r\n'],
    ['mixed newlines', 'x: 1\r\na: old\ny: 2\r\n', '.a', 'new', 'x: 1\r\na: new\ny: 2\r\n'],
    ['a byte order mark', '\uFEFFa: old\n', '.a', 'new', '\uFEFFa: new\n'],
    ['no newline at the end', 'b: 1\na: old', '.a', 'new', 'b: 1\na: new'],
    ['single quotes', "a: 'old' # c", '.a', "it's", "a: 'it''s' # c"],
    ['double quotes', 'a: "old" # c', '.a', 'say "hi"\\', 'a: "say \\"hi\\"\\\\" # c'],
    ['double quotes around a safe value', 'a: "old"', '.a', 'new', 'a: "new"'],
    ['an anchor', 'a: &tag old\nb: *tag\n', '.a', 'new', 'a: &tag new\nb: *tag\n'],
    ['an anchor without a value', 'a: &tag\nb: *tag\n', '.a', 'new', 'a: &tag new\nb: *tag\n'],
    ['a string tag', 'a: !!str 0755\n', '.a', '0644', 'a: !!str 0644\n'],
    ['an odd indentation', 'a:\n     b:\n      - c:   old\n', '.a.b[0].c', 'new', 'a:\n     b:\n      - c:   new\n'],
    ['tabs between', 'a:\told\t# c\n', '.a', 'new', 'a:\tnew\t# c\n'],
    [
      'octal, dates and floats elsewhere',
      'm: 0755\nv: 1.10\nd: 2024-01-01\na: x\n',
      '.a',
      'z',
      'm: 0755\nv: 1.10\nd: 2024-01-01\na: z\n',
    ],
    ['a flow map', 'a: { b: old, c: [1,2] }\n', '.a.b', 'new', 'a: { b: new, c: [1,2] }\n'],
    ['a flow list', 'a: [x,  old , y]\n', '.a[1]', 'new', 'a: [x,  new , y]\n'],
    ['a flow map over lines', 'a: {\n  b: old, # c\n}\n', '.a.b', 'new', 'a: {\n  b: new, # c\n}\n'],
    ['a map in a flow list', 'a: [b: old, c]\n', '.a[0].b', 'new', 'a: [b: new, c]\n'],
    ['a plain value over lines', 'a: one\n  two\n  three # c\nb: 1\n', '.a', 'new', 'a: new # c\nb: 1\n'],
    ['a quoted value over lines', 'a: "one\n  two" # c\nb: 1\n', '.a', 'new', 'a: "new" # c\nb: 1\n'],
    ['a value on the next line', 'a:\n  old\nb: 1\n', '.a', 'new', 'a:\n  new\nb: 1\n'],
    ['a list under its key', 'a:\n- x\n- old\nb: 1\n', '.a[1]', 'new', 'a:\n- x\n- new\nb: 1\n'],
    ['a list in a list', '- - x\n  - old\n', '[0][1]', 'new', '- - x\n  - new\n'],
    ['an explicit key', '? a\n: old\n', '.a', 'new', '? a\n: new\n'],
    ['directives and document marks', '%YAML 1.2\n---\na: old\n...\n', '.a', 'new', '%YAML 1.2\n---\na: new\n...\n'],
    ['Japanese beside it', '名前: 前 # 注\na: old\n', '.名前', '後', '名前: 後 # 注\na: old\n'],
  ];
  it.each(kept)('%s', (_, before, path, value, after) => {
    expect(edited(before, path, value)).toBe(after);
  });

  it('where there was none, after the colon and before the comment', () => {
    expect(edited('a:\nb: 1\n', '.a', 'new')).toBe('a: new\nb: 1\n');
    expect(edited('a: # c\nb: 1\n', '.a', 'new')).toBe('a: new # c\nb: 1\n');
    expect(edited('b: 1\na:', '.a', 'new')).toBe('b: 1\na: new');
    expect(edited('a:\n-\n- x\n', '.a[0]', 'new')).toBe('a:\n- new\n- x\n');
    expect(edited('a: {b: , c: 1}', '.a.b', 'new')).toBe('a: {b: new, c: 1}');
    expect(edited('a: ~\n', '.a', 'new')).toBe('a: new\n');
  });

  it('in a block scalar, whose header follows the value: with or without a newline at its end', () => {
    expect(edited('a: |\n  old\n  lines\n\nb: 1\n', '.a', 'new')).toBe('a: |-\n  new\n\nb: 1\n');
    expect(edited('a: |-  # c\n    old\nb: 1\n', '.a', 'new')).toBe('a: |-  # c\n    new\nb: 1\n');
    expect(edited('a: >\r\n  old\r\n  lines\r\nb: 1\r\n', '.a', 'new\n')).toBe('a: >\r\n  new\r\nb: 1\r\n');
    expect(edited('a: >-\n  old\n', '.a', 'one\ntwo')).toBe('a: |-\n  one\n  two\n');
    expect(edited('a: |+\n  old\n\n\nb: 1\n', '.a', 'new')).toBe('a: |-\n  new\n\n\nb: 1\n');
    expect(edited('a: |2-\n    old\nb: 1\n', '.a', 'new')).toBe('a: |-\n    new\nb: 1\n');
    expect(edited('a: |\n  old', '.a', 'new')).toBe('a: |-\n  new');
    // Nobody but our parser sees a newline where the file ends without one.
    expect(edited('a: |\n  old', '.a', 'old')).toBe('a: |\n  old');
    expect(edited('a: |\n  old', '.a', 'old\n')).toBe('a: "old\\n"');
  });

  it('in a block scalar that cannot hold it, as a quoted value', () => {
    expect(edited('a: |-\n  old\nb: 1\n', '.a', ' new')).toBe('a: " new"\nb: 1\n');
    expect(edited('a: |- # c\n\nb: 1\n', '.a', 'new')).toBe('a: "new" # c\n\nb: 1\n');
    expect(edited('a: |\n  old\nb: 1\n', '.a', '')).toBe('a: ""\nb: 1\n');
  });
});

describe('the type of a value', () => {
  const strings = [
    '1234567', '0', '-5', '+1', '0755', '0o17', '0b101', '0x1f', '1_000', '0x_', '-0b__', '._', '0b-1', '0o+7', '12e4567', '12E5', '1.', '.5', '1.10', '1e3',
    '.inf', '-.Inf', '.nan', 'true', 'False', 'yes', 'No', 'on', 'OFF', 'y', 'N', 'null', 'Null', '~', '', '<<', '=',
    '12:30', '1:30:59', '190:20:30.15', '2024-01-01', '2024-1-1', '2024-01-01T10:00:00Z', '2024-01-01 10:00:00',
    '- x', '-', '?', ': x', 'a: b', 'a:', 'a #b', '#b', '*x', '&x', '!x', '@x', '`x', '%x', '|', '>', '[x', '{x', ']', '}',
    ',x', '"x', "'x", ' x', 'x ', '---', '...', '... x', 'a\tb', 'a\nb', 'a\u0085b', 'a\u2028b', '\uFEFFx', '\u0007', '\u007F',
  ]; // biome-ignore format: a table
  it.each(strings)('%j is quoted, for it would read as something else', (value) => {
    const text = edited('a: old # c\nb: 1\n', '.a', value);
    expect(text).toMatch(/^a: ["'].*["'] # c\nb: 1\n$/);
  });

  const plain = [
    commit, '1a2b3c4', 'v1.2.3', '1.2.3', '20240101-abc', '2024-01-01-abc', '0x', '1e', 'e3', '_1', '1-2', 'sha256:abc',
    'ghcr.io/acme/app:v1@sha256:0f', 'http://x/y?z=1&a#b', "it's", 'a b', 'a,b', 'x{y}', 'nullable', 'yesterday', '-x', '日本',
  ]; // biome-ignore format: a table
  it.each(plain)('%j needs no quotes', (value) => {
    expect(edited('a: old # c\n', '.a', value)).toBe(`a: ${value} # c\n`);
  });

  it('is a string even where a number, null or nothing stood', () => {
    expect(edited('a: 1234567\n', '.a', 'abc')).toBe('a: abc\n');
    expect(edited('a: 1234567\n', '.a', '12e4567')).toBe('a: "12e4567"\n');
    expect(edited('a: null\n', '.a', 'true')).toBe('a: "true"\n');
    expect(edited('a: true\n', '.a', '1')).toBe('a: "1"\n');
  });

  it('stays a number or boolean where one of the same kind is set', () => {
    expect(edited('replicas: 3\n', '.replicas', '5')).toBe('replicas: 5\n');
    expect(edited('a: true\n', '.a', 'false')).toBe('a: false\n');
    expect(edited('a: 0.5\n', '.a', '0.75')).toBe('a: 0.75\n');
    expect(edited('a: "3"\n', '.a', '5')).toBe('a: "5"\n');
  });

  it('in a flow collection, is quoted where commas and brackets would end it', () => {
    expect(edited('{a: old}', '.a', 'x,y')).toBe('{a: "x,y"}');
    expect(edited('[old]', '[0]', 'x[0]')).toBe('["x[0]"]');
    expect(edited('{a: old}', '.a', 'repo:new')).toBe('{a: repo:new}');
  });

  it('in double quotes, is escaped as far as YAML needs it', () => {
    expect(edited('a: "old"', '.a', 'x\ty\u0085z\u2028\u{1F600}é')).toBe('a: "x\\ty\\u0085z\\u2028\u{1F600}é"');
    expect(edited("a: 'old'", '.a', 'x\ny')).toBe('a: "x\\ny"');
  });
});

describe('JSON', () => {
  const json = { file: 'values.json' };
  it('keeps its own formatting', () => {
    const text = '{\r\n\t"a" : { "b":"old","c": [ 1,2 ] }\r\n}';
    expect(edited(text, '.a.b', 'new "x"', json)).toBe('{\r\n\t"a" : { "b":"new \\"x\\"","c": [ 1,2 ] }\r\n}');
    expect(edited('\uFEFF{"a":"old"}\n', '.a', 'new', json)).toBe('\uFEFF{"a":"new"}\n');
  });

  it('has strings, but a number or boolean stays one where one of the same kind is set', () => {
    expect(edited('{"a": 3}', '.a', '5', json)).toBe('{"a": 5}');
    expect(edited('{"a": 3}', '.a', '05', json)).toBe('{"a": "05"}');
    expect(edited('{"a": 3}', '.a', '0x5', json)).toBe('{"a": "0x5"}');
    expect(edited('{"a": true}', '.a', 'false', json)).toBe('{"a": false}');
    expect(edited('{"a": true}', '.a', 'yes', json)).toBe('{"a": "yes"}');
    expect(edited('{"a": "3"}', '.a', '5', json)).toBe('{"a": "5"}');
    expect(edited('{"a": null}', '.a', 'null', json)).toBe('{"a": "null"}');
  });
});

describe('paths', () => {
  const list = 'images:\n- name: app\n  newTag: v1\n- name: web\n  newTag: v2\n';
  it('choose an item of a list by its fields, by its index, or from its end', () => {
    const second = 'images:\n- name: app\n  newTag: v1\n- name: web\n  newTag: v3\n';
    for (const step of ['[name=web]', '[1]', '[-1]', '[name="web"]', '[newTag=v2,name=web]', '.[1]'])
      expect(edited(list, `.images${step}.newTag`, 'v3')).toBe(second);
  });

  it('reach keys with dots, dashes, slashes, spaces and quotes, and keys that are numbers', () => {
    const text = 'a.b: 1\nx-y/z: 2\n"q\\"q": 3\n8080: 4\ntrue: 5\nsome key: 6\n';
    expect(edited(text, '."a.b"', '9')).toContain('a.b: 9\n');
    expect(edited(text, '["a.b"]', '9')).toContain('a.b: 9\n');
    expect(edited(text, '.x-y/z', '9')).toContain('x-y/z: 9\n');
    expect(edited(text, '."q\\"q"', '9')).toContain('"q\\"q": 9\n');
    expect(edited(text, '.8080', '9')).toContain('8080: 9\n');
    expect(edited(text, '.true', '9')).toContain('true: 9\n');
    expect(edited(text, ".'some key'", '9')).toContain('some key: 9\n');
  });

  const documents =
    'kind: Service\nname: a\n---\nkind: Deployment\nmetadata:\n  name: web\nimage: old\n---\nkind: Deployment\nmetadata: {name: api}\n';
  it('apply to the one document that has them', () => {
    expect(edited(documents, '.image', 'new')).toBe(documents.replace('old', 'new'));
  });

  it('choose a document by its number or its fields', () => {
    expect(edited('a: 1\n---\na: 2\n', 'doc[1].a', '3')).toBe('a: 1\n---\na: 3\n');
    expect(edited('a: 1\n---\na: 2\n', 'doc[-2].a', '3')).toBe('a: 3\n---\na: 2\n');
    const chosen = 'doc[kind=Deployment,metadata.name=api].metadata.name';
    expect(edited(documents, chosen, 'x')).toBe(documents.replace('name: api', 'name: x'));
  });
});

describe('changes', () => {
  it('tell the value before and after', () => {
    expect(edit('a: "old"\n', '.a', 'new').changes).toEqual([
      { file: 'values.yaml', path: '.a', before: 'old', after: 'new' },
    ]);
  });

  it('are none, and the very same bytes come back, when the value is set already', () => {
    const source = new TextEncoder().encode('a: v1\nb: "1"\nc: 3\nd: |-\n  x\n');
    const edits = [
      ['.a', 'v1'],
      ['.b', '1'],
      ['.c', '3'],
      ['.d', 'x'],
    ] as const;
    const done = editFile(
      'v.yaml',
      source,
      edits.map(([path, value]) => ({ file: 'v.yaml', path, value, create: true })),
    );
    expect(done.changes).toEqual([]);
    expect(done.bytes).toBe(source);
  });

  it('come one after the other for several values in one file', () => {
    const source = new TextEncoder().encode('a: 1\nb: x\n');
    const edits = [
      ['.b', 'w'],
      ['.c.d', 'z'],
      ['.c.e', 'v'],
    ] as const;
    const done = editFile(
      'v.yaml',
      source,
      edits.map(([path, value]) => ({ file: 'v.yaml', path, value, create: true })),
    );
    expect(new TextDecoder().decode(done.bytes)).toBe('a: 1\nb: w\nc:\n  d: z\n  e: v\n');
    expect(done.changes.map(({ path, before, after }) => [path, before, after])).toEqual([
      ['.b', 'x', 'w'],
      ['.c.d', undefined, 'z'],
      ['.c.e', undefined, 'v'],
    ]);
  });
});
