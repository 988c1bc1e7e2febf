import type { Shop } from './shop.ts';

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly deletionTimestamp?: string };
    readonly spec: { readonly containers: readonly { readonly image: string }[] };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** Images of a shop's pods, as the cluster itself has them; `not ready` in place of those of a pod that isn't. */
export async function readyImages({ kube, name }: Shop): Promise<string[]> {
  const { items } = (await kube.read(`/api/v1/namespaces/${name}/pods`)) as unknown as Pods;
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap((pod) => (isReady(pod) ? pod.spec.containers.map(({ image }) => image) : ['not ready']));
}

function isReady({ status: { conditions = [] } }: Pods['items'][number]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
