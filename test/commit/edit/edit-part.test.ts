import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editFile, readTyped } from '../../../src/commit/edit/edit.ts';
import type { Edit } from '../../../src/plan.ts';
import { runs } from '../../support/runs.ts';
import { codeOf, edit, edited, errorOf } from './edit-text.ts';

const sha = (digit: string) => `sha256:${digit.repeat(64)}`;
const all = (text: string, edits: readonly Pick<Edit, 'path' | 'value'>[], more: Partial<Edit> = {}) => {
  const full = edits.map((one) => ({ file: 'v.yaml', create: false, ...one, ...more }));
  const done = editFile('v.yaml', new TextEncoder().encode(text), full);
  return { text: new TextDecoder().decode(done.bytes), changes: done.changes };
};

describe('a part of an image reference is set and the rest stays', () => {
  const kept: [string, string, string, string, string][] = [
    ['a tag', 'image: ghcr.io/acme/app:v1 # c\n', '.image#tag', 'v2', 'image: ghcr.io/acme/app:v2 # c\n'],
    ['a tag behind a port', "image: 'localhost:5000/app:v1'\n", '.image#tag', '1.10', "image: 'localhost:5000/app:1.10'\n"],
    ['a tag without a repository’s host', 'image: "nginx:1.25"\n', '.image#tag', '1.27', 'image: "nginx:1.27"\n'],
    ['a digest', `image: app@${sha('a')}\n`, '.image#digest', sha('b'), `image: app@${sha('b')}\n`],
    ['a digest beside a tag', `image: app:v1@${sha('a')}\n`, '.image#digest', sha('b'), `image: app:v1@${sha('b')}\n`],
    ['in a list', 'c:\n- name: x\n  image: a:1\n- name: y\n  image: a:1\n', '.c[name=y].image#tag', '2', 'c:\n- name: x\n  image: a:1\n- name: y\n  image: a:2\n'],
  ]; // biome-ignore format: a table
  it.each(kept)('%s', (_, before, path, value, after) => {
    expect(edited(before, path, value)).toBe(after);
    expect(edited(after, path, value)).toBe(after);
    expect(readTyped('v.yaml', new TextEncoder().encode(after), path)).toEqual({ value, as: 'text' });
  });

  it('in every kind of file', () => {
    const set = (file: string, text: string) => edited(text, '.image#tag', 'v2', { file });
    expect(set('a.json', '{"image": "a/b:v1"}')).toBe('{"image": "a/b:v2"}');
    expect(set('a.toml', "image = 'a/b:v1'")).toBe("image = 'a/b:v2'");
    expect(set('.env', 'image=a/b:v1 # c\n')).toBe('image=a/b:v2 # c\n');
    expect(set('a.properties', 'image: a/b\\:v1\n')).toBe('image: a/b:v2\n');
  });

  it('and where a tag stands alone, that is not taken for the name of an image', () => {
    const sole = ['v1', 'V1', '1.25', '1.2.3-rc.1', '20240131', 'latest', '3f2c1d0', '3f2c1d0'.padEnd(40, '0'), 'v1.2'];
    for (const text of sole) {
      for (const [part, value] of [
        ['tag', 'v2'],
        ['digest', sha('b')],
      ] as const) {
        expect(
          codeOf(() => edit(`i: "${text}"\n`, `.i#${part}`, value, { create: true })),
          text,
        ).toBe('EDIT_REFUSED');
      }
    }
    for (const name of ['app', 'nginx', 'acme/v1', 'localhost:5000/v1', 'v1app', '3scale', 'cafe', 'e2e']) {
      expect(edited(`i: ${name}\n`, '.i#tag', 'v2', { create: true })).toBe(`i: ${name}:v2\n`);
    }
  });

  it('and told by itself', () => {
    expect(edit('i: a/b:v1\n', '.i#tag', 'v2').changes).toEqual([
      { file: 'values.yaml', path: '.i#tag', before: 'v1', after: 'v2' },
    ]);
  });

  it('of both, in either order, and whatever of them is new', () => {
    const both = [
      { path: '.i#tag', value: 'v2' },
      { path: '.i#digest', value: sha('b') },
    ];
    for (const edits of [both, [...both].reverse()]) {
      expect(all(`i: a:v1@${sha('a')}\n`, edits).text).toBe(`i: a:v2@${sha('b')}\n`);
      expect(all('i: a:v1\n', edits, { create: true }).text).toBe(`i: a:v2@${sha('b')}\n`);
      expect(all(`i: a@${sha('a')}\n`, edits, { create: true }).text).toBe(`i: a:v2@${sha('b')}\n`);
      expect(all('i: a\n', edits, { create: true }).text).toBe(`i: a:v2@${sha('b')}\n`);
    }
  });

  it('where it is new, on request, in the place of the other one', () => {
    expect(codeOf(() => edit('i: a:v1\n', '.i#digest', sha('b')))).toBe('CONFIG_PATH_MISSING');
    expect(all('i: a:v1\n', [{ path: '.i#digest', value: sha('b') }], { create: true })).toEqual({
      text: `i: a@${sha('b')}\n`,
      changes: [{ file: 'v.yaml', path: '.i#digest', before: 'v1', after: sha('b'), replaces: 'tag' }],
    });
    expect(all(`i: a@${sha('a')}\n`, [{ path: '.i#tag', value: 'v2' }], { create: true }).text).toBe('i: a:v2\n');
    expect(all('i: a\n', [{ path: '.i#tag', value: 'v2' }], { create: true }).text).toBe('i: a:v2\n');
  });

  it('but no tag beside a digest that stays, unless that is allowed', () => {
    const text = `i: a:v1@${sha('a')}\n`;
    const error = errorOf(() => all(text, [{ path: '.i#tag', value: 'v2' }], { allow: [] }));
    expect([error.code, error.data]).toMatchObject(['DIGEST_BESIDE_TAG', { digest: '.i#digest', line: 1 }]);
    expect(all(text, [{ path: '.i#tag', value: 'v2' }], { allow: ['digest'] }).changes[0]?.digest).toBe(1);
  });

  const refused: [string, string, string, string][] = [
    ['a text that is no reference', 'i: a b\n', 'v2', 'EDIT_REFUSED'],
    ['a reference with a variable', 'i: "a:$TAG"\n', 'v2', 'EDIT_REFUSED'],
    ['a reference with two digests', 'i: "a@sha256:00@sha256:00"\n', 'v2', 'EDIT_REFUSED'],
    ['nothing', 'i:\n', 'v2', 'EDIT_REFUSED'],
    ['a tag with a digest in it', 'i: a:v1\n', 'v2@sha256:00', 'VALUE_UNWRITABLE'],
    ['an empty tag', 'i: a:v1\n', '', 'VALUE_UNWRITABLE'],
    ['a key that is not there', 'x: a:v1\n', 'v2', 'CONFIG_PATH_MISSING'],
    ['a reference without a tag', 'i: a\n', 'v2', 'CONFIG_PATH_MISSING'],
  ]; // biome-ignore format: a table
  it.each(refused)('and %s is refused', (_, text, value, code) => {
    expect(codeOf(() => edit(text, '.i#tag', value))).toBe(code);
  });

  it('and the whole reference cannot be set to something else with it', () => {
    const edits = [
      { path: '.i', value: 'b:v3' },
      { path: '.i#tag', value: 'v2' },
    ];
    expect(codeOf(() => all('i: a:v1\n', edits))).toBe('VALUE_SET_TWICE');
  });
});

describe('newTag and digest of a kustomization', () => {
  const tagged = 'images:\n- name: app # c\n  newTag: "v1" # d\n  newName: r/app\n';
  const pinned = `images:\n- newName: r/app\n  digest: ${sha('a')}\n  name: app\n`;
  const digest = '.images[name=app].digest';
  const newTag = '.images[name=app].newTag';

  it('stand in the place of each other where one is new and asked for', () => {
    const set = (text: string, path: string, value: string) => all(text, [{ path, value }], { create: true });
    expect(set(tagged, digest, sha('b'))).toEqual({
      text: tagged.replace('newTag: "v1"', `digest: "${sha('b')}"`),
      changes: [{ file: 'v.yaml', path: digest, before: 'v1', after: sha('b'), replaces: 'newTag' }],
    });
    expect(set(pinned, newTag, '1.10').text).toBe(pinned.replace(`digest: ${sha('a')}`, 'newTag: "1.10"'));
    expect(set('images: [{name: app, newTag: 1.9}]\n', digest, sha('b')).text).toBe(
      `images: [{name: app, digest: "${sha('b')}"}]\n`.replaceAll('"', ''),
    );
    expect(set('images:\n- name: app\n  newTag:\n', digest, sha('b')).text).toBe(
      `images:\n- name: app\n  digest: ${sha('b')}\n`,
    );
    expect(edited('{"images":[{"name":"app","newTag":"1"}]}', digest, sha('b'), { file: 'k.json', create: true })).toBe(
      `{"images":[{"name":"app","digest":"${sha('b')}"}]}`,
    );
  });

  it('stay both where both are set', () => {
    const both = [
      { path: digest, value: sha('b') },
      { path: newTag, value: 'v2' },
    ];
    for (const edits of [both, [...both].reverse()]) {
      const done = all(tagged, edits, { create: true }).text;
      expect(done).toContain(`digest: ${sha('b')}`);
      expect(done).toContain('newTag: "v2"');
    }
  });

  it('are told of each other where nobody asked to create anything', () => {
    const error = errorOf(() => all(tagged, [{ path: digest, value: sha('b') }]));
    expect([error.code, error.data]).toMatchObject(['CONFIG_PATH_MISSING', { creatable: true }]);
    expect(error.message).toContain('newTag');
  });

  it('and elsewhere a key is added beside the other, for who reads it may want both', () => {
    const text = 'image: {tag: v1}\n';
    expect(all(text, [{ path: '.image.digest', value: sha('b') }], { create: true }).text).toBe(
      `image: {tag: v1, digest: "${sha('b')}"}\n`.replaceAll('"', ''),
    );
  });
});

it('whatever the reference, its other parts stay as they were', () => {
  const name = fc.constantFrom('a', 'a/b', 'ghcr.io/acme/app', 'localhost:5000/x', '[::1]:5000/x/y', '123.dkr.ecr.eu-west-1.amazonaws.com/x');
  const tag = fc.stringMatching(/^\w[\w.-]{0,20}$/);
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/).map((digits) => `sha256:${digits}`);
  const quote = fc.constantFrom('', "'", '"');
  fc.assert(
    fc.property(name, fc.option(tag), fc.option(hex), quote, tag, hex, fc.boolean(), (repo, old, pin, mark, next, nextPin, isTag) => {
      if (repo.startsWith('[') && mark === '') return;
      const ref = (t: string | null, d: string | null) => repo + (t === null ? '' : `:${t}`) + (d === null ? '' : `@${d}`);
      const text = `a: 1\nimage: ${mark}${ref(old, pin)}${mark} # c\n`;
      const path = isTag ? '.image#tag' : '.image#digest';
      const is = isTag ? old : pin;
      if (is === null) {
        expect(codeOf(() => edit(text, path, isTag ? next : nextPin))).toBe('CONFIG_PATH_MISSING');
        return;
      }
      const wanted = isTag ? ref(next, pin) : ref(old, nextPin);
      expect(edited(text, path, isTag ? next : nextPin)).toBe(`a: 1\nimage: ${mark}${wanted}${mark} # c\n`);
    }),
    { numRuns: runs(1_000) },
  );
}); // biome-ignore format: as it is

it('the version of a chart and of its app stay texts', () => {
  const chart = 'apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: 1.9 # c\n';
  const set = (path: string, value: string) => edited(chart, path, value, { file: 'Chart.yaml' });
  expect(set('.appVersion', '1.10')).toBe(chart.replace('1.9', '"1.10"'));
  expect(set('.appVersion', '19ea9ee')).toBe(chart.replace('1.9', '19ea9ee'));
  expect(set('.appVersion', '1234567')).toBe(chart.replace('1.9', '"1234567"'));
  expect(set('.version', '0.2.0')).toBe(chart.replace('0.1.0', '0.2.0'));
});
