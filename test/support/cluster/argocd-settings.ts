import type { KubeObject } from './kube.ts';

/** Where Argo CD and the applications live. */
export const namespace = 'argocd';
/** Where applications may live besides. */
export const teams = 'teams';

/** What signs webhooks from the git host. */
export const webhookSecret = 'the-webhooks-own-secret';

const rights = `p, role:deployer, applications, get, */*, allow
p, role:deployer, applications, get, */*/*, allow
p, role:deployer, applications, sync, */*, allow
p, role:deployer, logs, get, */*, allow
g, deployer, role:deployer
p, role:reader, applications, get, */*, allow
g, reader, role:reader
`;

/** Argo CD's own settings, as its install manifests make them, with accounts that have API tokens. */
export function settings(): KubeObject[] {
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const object = (kind: string, name: string, fields: Readonly<Record<string, unknown>> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace, labels },
    ...fields,
  });
  return [
    ...[namespace, teams].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    object('ConfigMap', 'argocd-cm', {
      data: Object.fromEntries(['deployer', 'reader', 'stranger'].map((name) => [`accounts.${name}`, 'apiKey'])),
    }),
    object('ConfigMap', 'argocd-rbac-cm', { data: { 'policy.csv': rights, 'policy.default': '' } }),
    object('ConfigMap', 'argocd-cmd-params-cm'),
    object('ConfigMap', 'argocd-ssh-known-hosts-cm'),
    object('ConfigMap', 'argocd-tls-certs-cm'),
    object('ConfigMap', 'argocd-gpg-keys-cm'),
    // The API server adds keys of its own.
    object('Secret', 'argocd-secret', { type: 'Opaque', stringData: { 'webhook.github.secret': webhookSecret } }),
    object('Secret', 'argocd-redis', { type: 'Opaque', stringData: { auth: '' } }),
  ];
}

/** The project of applications in the teams' namespace. */
export const teamsProject: KubeObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'teams', namespace },
  spec: {
    sourceNamespaces: [teams],
    sourceRepos: ['*'],
    destinations: [{ server: '*', namespace: '*' }],
    clusterResourceWhitelist: [{ group: '*', kind: '*' }],
  },
};
