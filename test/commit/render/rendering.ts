import { previewDelivery } from '../../../src/commit/land/preview.ts';
import type { ManifestSource } from '../../../src/commit/render/layout.ts';
import type { Rendering } from '../../../src/commit/render/render.ts';
import type { Rendered } from '../../../src/plan/outcome.ts';
import type { Edit } from '../../../src/plan.ts';
import type { RepoFile, RepoOptions } from '../../../src/sandbox/git-host/repo.ts';
import type { World } from '../../../src/wire/world.ts';
import { gitHost } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { deliveryTo, setTag } from '../landing.ts';

interface Asked {
  readonly edits?: readonly Edit[];
  readonly rendering?: Rendering;
  /** Where programs are looked for. Default: nowhere. */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly exec?: (exec: World['exec']) => World['exec'];
  readonly config?: RepoOptions['config'];
}

/** What a delivery to a config repo of these files does to its manifests. */
export async function rendersOf(
  files: Readonly<Record<string, RepoFile>>,
  { edits = [setTag('b')], rendering = byLayout, path = '', env = {}, exec, config = {} }: Asked = {},
): Promise<readonly Rendered[]> {
  const host = await gitHost();
  const repo = await host.createRepo('config', { files, config });
  const own = testWorld({ clock: jumpingClock(), env: { ...env, PATH: path, HOME: '/nonexistent' } });
  const world = exec === undefined ? own : { ...own, exec: exec(own.exec) };
  const { rendered = [] } = await previewDelivery(world, deliveryTo(repo, ...edits), undefined, { rendering });
  return rendered;
}

export const byLayout: Rendering = { sources: undefined, release: 'shop' };

/** A chart whose one object has a value of its own and one that is set. */
export const oneChart = {
  'main/Chart.yaml': 'apiVersion: v2\nname: main\nversion: 1.0.0\n',
  'main/values.yaml': 'front: { imageTag: a }\nextra: none\n',
  'main/templates/x.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata: { a: "{{ .Values.front.imageTag }} {{ .Values.extra }}" }\n',
};
export type Said = Partial<Omit<ManifestSource, 'by'>> & { readonly by?: ManifestSource['by'] | undefined };
/** An application's word about it. */
export const said = (more: Said) => ({
  release: undefined,
  sources: [{ application: 'a', folder: 'main', by: 'helm' as const, release: 'r', notes: [], ...more }],
});
