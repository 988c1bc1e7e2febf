import { expect, it } from 'vitest';
import { imagesSet } from '../../../src/events/images.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const of = (...settings: (readonly [string, string])[]) =>
  imagesSet(settings.map(([path, value]) => ({ file: 'values.yaml', path, value })));

it.each([
  ['a tag', [['.front.imageTag', 'v1']], [{ at: '.front', tag: 'v1' }]],
  [
    'a reference',
    [['.image', 'registry.test:5000/acme/app:v1']],
    [{ at: 'values.yaml', name: 'registry.test:5000/acme/app', tag: 'v1' }],
  ],
  ['a reference by its digest', [['.app.image', `acme/app@${digest}`]], [{ at: '.app', name: 'acme/app', digest }]],
  ['one with both', [['.app.image', `acme/app:v1@${digest}`]], [{ at: '.app', name: 'acme/app', tag: 'v1', digest }]],
  [
    'keys side by side',
    [
      ['.images[name=app].newName', 'ghcr.io/acme/app'],
      ['.images[name=app].newTag', 'v2'],
      ['.images[name=app].digest', digest],
    ],
    [{ at: '.images[name=app]', name: 'ghcr.io/acme/app', tag: 'v2', digest }],
  ],
  ['a tag with its digest', [['.tag', `v1@${digest}`]], [{ at: 'values.yaml', tag: 'v1', digest }]],
  ['a tag that is a commit', [['.tag', 'b'.repeat(40)]], [{ at: 'values.yaml', tag: 'b'.repeat(40) }]],
  [
    'no image',
    [
      ['.replicas', '3'],
      ['.image', 'app'],
      ['.name', 'shop'],
    ],
    [],
  ],
  [
    'what is none',
    [
      ['.image', '<img src=x>:v1'],
      ['.tag', 'a b'],
      ['.digest', 'sha256:12'],
      ['', ''],
    ],
    [],
  ],
] as const)('values that name %s', (_, settings, images) => {
  expect(of(...settings)).toEqual(images);
});
