import { describe, expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import type { Edit } from '../../../src/plan.ts';
import { type Asked, codeOf, edit, errorOf } from './edit-text.ts';

const none = { allow: [] };
const noDigest: Asked = { allow: ['aliases'] };

describe('a value that aliases repeat', () => {
  const shared: [string, string, string, number[]][] = [
    ['of its own anchor', 'a: &t v1\nb: *t\n', '.a', [2]],
    ['of the map it is in', 'staging: &s {tag: v1}\nx: 1\nprod: *s\n', '.staging.tag', [3]],
    ['of a list it is in', 'a: &l\n  - {tag: v1}\nb: *l\nc: [*l]\n', '.a[0].tag', [3, 4]],
    ['that merge the map', 'a: &m {tag: v1}\nb:\n  <<: *m\n  x: 1\n', '.a.tag', [3]],
    ['that merge several', 'a: &m {tag: v1}\no: &o {z: 1}\nb:\n  <<: [*o, *m]\n', '.a.tag', [4]],
    ['in something that has an anchor itself', 'a: &t v1\nb: &b {x: *t}\nc: *b\nd: {<<: *b}\n', '.a', [2, 3, 4]],
    ['that merge what merges it', 'a: &m {tag: v1}\nb: &b\n  <<: *m\nc:\n  <<: *b\n', '.a.tag', [3, 5]],
    ['of the second anchor of one name', 'a: &t v0\nb: *t\nc: &t v1\nd: *t\n', '.c', [4]],
  ];
  it.each(shared)('is told with their lines and refused unless allowed: %s', (_, text, path, lines) => {
    expect(edit(text, path, 'v2').changes[0]?.aliases).toEqual(lines);
    const error = errorOf(() => edit(text, path, 'v2', none));
    expect([error.code, (error.data as { lines: number[] }).lines]).toEqual(['VALUE_HAS_ALIASES', lines]);
  });

  const own: [string, string, string][] = [
    ['with an anchor that nothing names', 'a: &t v1\nb: t\n', '.a'],
    ['beside one with aliases', 'a: {x: &t v1, tag: v1}\nb: *t\n', '.a.tag'],
    ['where each merging map has its own', 'a: &m {tag: v1}\nb: {<<: *m, tag: v2}\n', '.a.tag'],
    ['set itself over the merged one', 'a: &m {tag: v1}\nb: {<<: *m, tag: v2}\n', '.b.tag'],
    ['whose anchor is given again before the alias', 'a: &t v1\nb: &t v2\nc: *t\n', '.a'],
    ['in another document', 'a: &t v1\n---\nb: &t v2\nc: *t\n', '.a'],
  ];
  it.each(own)('is not refused %s', (_, text, path) => {
    expect(edit(text, path, 'v9', none).changes[0]?.aliases).toBeUndefined();
  });

  it('counts for a key that is created in such a map too', () => {
    const text = 'a: &m {x: 1}\nb: {<<: *m}\n';
    expect(codeOf(() => edit(text, '.a.tag', 'v1', { create: true, allow: [] }))).toBe('VALUE_HAS_ALIASES');
    expect(edit(text, '.a.tag', 'v1', { create: true }).changes[0]?.aliases).toEqual([2]);
  });

  it('is no matter where it has the value already', () => {
    expect(edit('a: &t v1\nb: *t\n', '.a', 'v1', none).changes).toEqual([]);
  });
});

describe('a value of a merged map', () => {
  const merged = [
    'base: &b {tag: v1}\nmid: &m {<<: *b}\na: {<<: *m}\n',
    'base: &b {tag: v1}\nmid: &m {<<: [*b]}\na: {<<: [*m]}\n',
    'base: &b {tag: v1}\na: {<<: {<<: *b}}\n',
    'a: {<<: {tag: v1}}\n',
  ];
  it.each(merged)('is seen through merges in what is merged: %j', (text) => {
    const code = codeOf(() => edit(text, '.a.tag', 'v2', { create: true }));
    expect(['PATH_IS_ALIAS', 'EDIT_REFUSED']).toContain(code);
  });

  it('is looked for once in maps that merge each other over and over', () => {
    const levels = Array.from({ length: 200 }, (_, at) => `m${at + 1}: &m${at + 1} {<<: [*m${at}, *m${at}]}`);
    const text = `m0: &m0 {x: 1}\n${levels.join('\n')}\na: {<<: *m200}\n`;
    expect(edit(text, '.a.tag', 'v1', { create: true }).text).toContain('a: {<<: *m200, tag: v1}');
  });
});

describe('a tag beside a digest', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const pinned: [string, string, string, string][] = [
    ['kustomize', `images:\n  - name: app\n    newTag: v1\n    digest: ${digest}\n`, '.images[name=app].newTag', '.images[name=app].digest'],
    ['a chart', `image: {digest: "${digest}", tag: v1}\n`, '.image.tag', '.image.digest'],
    ['a chart with other words', `imageDigest: ${digest}\nimageTag: v1\n`, '.imageTag', '.imageDigest'],
    ['a merged map', `a: &i {digest: "${digest}"}\nimage: {<<: *i, tag: v1}\n`, '.image.tag', '.a.digest'],
    ['a map merged into a merged one', `a: &i {digest: "${digest}"}\nb: &j {<<: *i}\nimage:\n  <<: [*j]\n  tag: v1\n`, '.image.tag', '.a.digest'],
    ['a map that merges the tag', `base: &b {tag: v1}\nimage: {<<: *b, digest: "${digest}"}\n`, '.base.tag', '.image.digest'],
    ['a list’s map that merges what merges it', `b: &b {tag: v1}\nc: &c {<<: *b}\nl:\n  - {<<: [*c], digest: "${digest}"}\n`, '.b.tag', '.l[0].digest'],
    ['an alias of the tag', `tag: &t v1\nimage: {imageTag: *t, imageDigest: "${digest}"}\n`, '.tag', '.image.imageDigest'],
    ['a digest that is an alias', `d: &d "${digest}"\nimage: {tag: v1, digest: *d}\n`, '.image.tag', '.d'],
    ['a chart that says sha', `image:\n  sha: ${'0'.repeat(64)}\n  tag: v1\n`, '.image.tag', '.image.sha'],
  ]; // biome-ignore format: a table
  it.each(pinned)('is refused unless allowed, for the digest is what counts: %s', (_, text, path, beside) => {
    const error = errorOf(() => edit(text, path, 'v2', noDigest));
    expect([error.code, (error.data as { digest: string }).digest]).toEqual(['DIGEST_BESIDE_TAG', beside]);
    expect(edit(text, path, 'v2').changes[0]?.digest).toBeGreaterThan(0);
    // Even if the tag is there already: the image isn't.
    expect(codeOf(() => edit(text, path, 'v1', noDigest))).toBe('DIGEST_BESIDE_TAG');
  });

  it('is set where the digest is set with it, or emptied', () => {
    const text = `images:\n  - name: app\n    newTag: v1\n    digest: ${digest}\n`;
    const set = (value: string) => {
      const edits: Edit[] = [
        { file: 'k.yaml', path: '.images[0].newTag', value: 'v2', create: false },
        { file: 'k.yaml', path: '.images[name=app].digest', value, create: false },
      ];
      return new TextDecoder().decode(editFile('k.yaml', Buffer.from(text), edits).bytes);
    };
    const other = `sha256:${'1'.repeat(64)}`;
    expect(set(other)).toBe(text.replace('v1', 'v2').replace(digest, other));
    expect(set('')).toBe(text.replace('v1', 'v2').replace(digest, '""'));
  });

  it.each([
    'image: {tag: v1, digest: ""}\n',
    'image: {tag: v1, digest: ~}\n',
    'image: {tag: v1, sha: 3f2c1d0}\n',
    'a: &i {digest: "sha256:00"}\nimage: {<<: *i, digest: "", tag: v1}\n',
    'a: &i {digest: ""}\nb: &j {digest: "sha256:00"}\nimage: {<<: [*i, *j], tag: v1}\n',
    'image: {tag: v1}\ndigest: x\n',
    'image: &i {tag: v1}\nb: {<<: *i, tag: v3, digest: "sha256:00"}\n',
  ])('is set where there is none: %j', (text) => {
    expect(edit(text, '.image.tag', 'v2', none).changes).toHaveLength(1);
  });
});
