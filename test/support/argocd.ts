import { onTestFinished } from 'vitest';
import {
  type ArgoCdHost,
  type ArgoCdOptions,
  type ArgoCdRequest,
  startArgoCd,
} from '../../src/sandbox/argocd/argocd-host.ts';
import type { AppSpec } from '../../src/sandbox/argocd/types.ts';
import type { GitHost, GitHostOptions } from '../../src/sandbox/git-host/git-host.ts';
import { type ArgoCdFault, playArgoCdFault } from './argocd-faults.ts';
import { kubeBeside } from './argocd-kube.ts';
import { gitHost } from './git-host.ts';

/** A chart whose values name an image. Images on hosts other than loopback are always there. */
export const chart = {
  'main/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
  'main/values.yaml': 'front:\n  image: registry.test/app\n  imageTag: a\n',
  'main/templates/front.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: front }
spec:
  template:
    spec:
      containers: [{ name: front, image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}" }]
`,
};

/** The chart's values with another tag. */
export function valuesWith(tag: string): Record<string, string> {
  return { 'main/values.yaml': `front:\n  image: registry.test/app\n  imageTag: ${tag}\n` };
}

/** A config repo and an Argo CD with one application that follows it. */
export interface Harbour {
  readonly host: GitHost;
  readonly argocd: ArgoCdHost;
  readonly repo: string;
  /** Commits another tag. Answers the commit's id. */
  deliver(tag: string): Promise<string>;
}

export interface HarbourOptions extends Omit<ArgoCdOptions, 'gitHost' | 'beside'> {
  readonly fault?: (request: ArgoCdRequest) => ArgoCdFault | undefined;
}

/** Ends with the test. Everything is fast, and the application has been synced once. */
export async function harbour(
  options: HarbourOptions & {
    readonly app?: Partial<AppSpec>;
    readonly git?: Omit<GitHostOptions, 'env'>;
  } = {},
): Promise<Harbour> {
  const host = await gitHost(options.git);
  const repo = await host.createRepo('config', { files: chart });
  const pace = { compare: 5, sync: 5, rollout: 20, deadline: 50, ...options.pace };
  const argocd = await startArgoCd({
    ...{ ...options, gitHost: host, pace },
    beside: async (call, rights) => playArgoCdFault(call, options.fault?.(call.request)) || kubeBeside(call, rights),
  });
  onTestFinished(() => argocd.close());
  const app = argocd.add({ name: 'front', sources: [{ repoURL: repo, path: 'main' }], ...options.app });
  await app.refresh();
  return { host, argocd, repo, deliver: (tag) => host.commit('config', { files: valuesWith(tag) }) };
}
