import type { TestProject } from 'vitest/node';
import { type ClusterAccess, startCluster } from './cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: ClusterAccess;
  }
}

/** One cluster for the whole run, whichever files run in it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = process.env.TAGBOAT_CLUSTER_PROGRAMS;
  if (folder === undefined) throw new Error('`npm run test:cluster` builds the programs and says where they are');
  const cluster = await startCluster(folder, process.env.TAGBOAT_CLUSTER_ARGOCD);
  project.provide('cluster', cluster.access);
  return () => cluster.close();
}
