import { join } from 'node:path';

/** The programs that make up the cluster, by path. */
export interface Programs {
  readonly etcd: string;
  readonly redis: string;
  readonly apiserver: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kwok: string;
  readonly helm: string;
  /** One program that plays each part of Argo CD by the name in `ARGOCD_BINARY_NAME`, and its own CLI. */
  readonly argocd: string;
  /** The folder with the custom resource definitions of that Argo CD. */
  readonly crds: string;
  /** Where the built ones lie, for a PATH. */
  readonly folder: string;
}

/** Those that `scripts/cluster-programs.mjs` built into the folder, and Debian's. `other`: the folder of another Argo CD. */
export function programsIn(folder: string, other: string = folder): Programs {
  const built = (name: string) => join(folder, name);
  return {
    etcd: 'etcd',
    redis: 'redis-server',
    apiserver: built('kube-apiserver'),
    controllerManager: built('kube-controller-manager'),
    scheduler: built('kube-scheduler'),
    kwok: built('kwok'),
    helm: built('helm'),
    argocd: join(other, 'argocd'),
    crds: join(other, 'crds'),
    folder,
  };
}
