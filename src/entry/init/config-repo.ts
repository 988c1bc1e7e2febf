import type { Choices, NewFile } from './choices.ts';
import type { Offer } from './find-places.ts';

export type RepoLayout = 'helm' | 'kustomize';

/** Where the tag stands in a config repo that we write. */
export function placesOf(layout: RepoLayout, images: readonly string[], app: string): Offer[] {
  const file = `apps/${app}/${layout === 'helm' ? 'values' : 'kustomization'}.yaml`;
  const paths = layout === 'helm' ? ['.image.tag'] : images.map((name) => `.images[name=${name}].newTag`);
  return paths.map((path) => ({ file, path, value: '{tag}', today: '', line: 0 }));
}

/** A config repo to begin with: one workload an image, and the Argo CD Application that follows it. Pure. */
export function configRepoFiles(layout: RepoLayout, { images, registry, delivery }: Choices, app: string): NewFile[] {
  const names = images.map(({ name }) => name);
  const dir = `apps/${app}`;
  const files = layout === 'helm' ? chart(names, registry.value, dir, app) : overlay(names, registry.value, dir);
  const repo = delivery?.repo.value ?? '';
  const url = /^[\w.-]+\/[\w.-]+$/.test(repo) ? `https://github.com/${repo}.git` : repo;
  return [...files, { file: `argocd/${app}.yaml`, text: application(app, url, delivery?.branch.value ?? 'main', dir) }];
}

function application(name: string, repoURL: string, branch: string, path: string): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
  annotations:
    # Only a commit that changes this folder makes Argo CD render it again.
    argocd.argoproj.io/manifest-generate-paths: .
spec:
  project: default
  source:
    repoURL: ${repoURL}
    targetRevision: ${branch}
    path: ${path}
  destination:
    server: https://kubernetes.default.svc
    namespace: ${name}
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    syncOptions:
      - CreateNamespace=true
`;
}

function chart(names: readonly string[], registry: string, dir: string, app: string): NewFile[] {
  return [
    { file: `${dir}/Chart.yaml`, text: `apiVersion: v2\nname: ${app}\nversion: 0.1.0\n` },
    {
      file: `${dir}/values.yaml`,
      text: `image:\n  registry: ${registry}\n  tag: none-yet # written by Tagboat; the rest by people\n\nreplicas: 1\n`,
    },
    ...names.map((name) => ({
      file: `${dir}/templates/${name}.yaml`,
      text: deployment(
        name,
        `"{{ .Values.image.registry }}/${name}:{{ .Values.image.tag }}"`,
        '{{ .Values.replicas }}',
      ),
    })),
  ];
}

function overlay(names: readonly string[], registry: string, dir: string): NewFile[] {
  const resources = names.map((name) => `  - ${name}.yaml\n`).join('');
  const images = names
    .map((name) => `  - name: ${name}\n    newName: ${registry}/${name}\n    newTag: none-yet # written by Tagboat\n`)
    .join('');
  return [
    {
      file: `${dir}/kustomization.yaml`,
      text: `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${resources}images:\n${images}`,
    },
    ...names.map((name) => ({ file: `${dir}/${name}.yaml`, text: deployment(name, name, '1') })),
  ];
}

function deployment(name: string, image: string, replicas: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      containers:
        - name: ${name}
          image: ${image}
`;
}
