import { describe, expect, it } from 'vitest';
import { editFile } from '../../../src/commit/edit/edit.ts';
import { skeletonOf } from '../../../src/entry/demo/skeleton.ts';
import type { Edit } from '../../../src/plan.ts';

const edit = (file: string, path: string): Edit => ({ file, path, value: 'new', create: false });

describe('a stand-in for a config repo', () => {
  it('has every path that is to be set, so that each edit changes exactly one value', () => {
    const edits = [
      edit('main/values.yaml', '.front.imageTag'),
      edit('main/values.yaml', '.front.image.tag'),
      edit('main/values.yaml', '.list[1].a'),
      edit('k/kustomization.yaml', '.images[name=app].newTag'),
      edit('k/kustomization.yaml', '.images[name=web].newTag'),
      edit('k/all.yaml', 'doc[kind=Deployment,metadata.name=web].spec.tag'),
      edit('k/all.yaml', 'doc[kind=Job].spec.tag'),
      edit('x.json', '."a.b".c[0]'),
      edit('a.toml', '.image.tag'),
      edit('a.toml', '."a.b"'),
      edit('a.toml', '.services[name=web].image.tag'),
      edit('a.toml', '.services[name=api].image.tag'),
      edit('prod.tfvars', '.image_tag'),
      edit('prod.tfvars', '.images.app.tag'),
      edit('prod.tfvars', '.images.web.tag'),
      edit('prod.tfvars', '.list[1].tag'),
      edit('.env', '.APP_TAG'),
      edit('.env', '.WEB_TAG'),
      edit('app.properties', '.app.image.tag'),
      edit('app.properties', '."app:x".tag'),
      edit('app.properties', '.app'),
    ];
    const files = skeletonOf(edits, 'old');
    for (const file of Object.keys(files)) {
      const own = edits.filter((one) => one.file === file);
      const { changes } = editFile(file, Buffer.from(files[file] ?? ''), own);
      expect(changes.map(({ path, before }) => [path, before])).toEqual(own.map(({ path }) => [path, 'old']));
    }
  });

  it('has an image where a part of one is to be set', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    for (const file of ['a.yaml', 'a.json', 'a.toml', 'a.tfvars', '.env', 'a.properties']) {
      const tag = { ...edit(file, '.image#tag'), value: 'v1' };
      const both = [tag, { ...edit(file, '.image#digest'), value: digest }];
      for (const edits of [[tag], both.slice(1), both]) {
        const { changes } = editFile(file, Buffer.from(skeletonOf(edits, 'old')[file] ?? ''), edits);
        expect(changes.map(({ path }) => path)).toEqual(edits.map(({ path }) => path));
      }
    }
  });
});
