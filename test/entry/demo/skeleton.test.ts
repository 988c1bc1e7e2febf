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
    ];
    const files = skeletonOf(edits, 'old');
    for (const file of Object.keys(files)) {
      const own = edits.filter((one) => one.file === file);
      const { changes } = editFile(file, Buffer.from(files[file] ?? ''), own);
      expect(changes.map(({ path, before }) => [path, before])).toEqual(own.map(({ path }) => [path, 'old']));
    }
  });
});
