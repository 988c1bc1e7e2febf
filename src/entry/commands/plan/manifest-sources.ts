import type { Rendering } from '../../../commit/render/render.ts';
import { type Followed, folderOf, follows, valueFilesOf } from '../../../deploy/observe/sources.ts';
import type { DeliveryPlan } from '../../../plan.ts';
import type { Application, ApplicationSource } from '../../../wire/argocd/types.ts';

type Source = NonNullable<Rendering['sources']>[number];

/** What a delivery's manifests are made by: as Argo CD's applications say, where there are any, else as the files lie. */
export function renderingOf(delivery: DeliveryPlan, applications: readonly Application[]): Rendering {
  const [only, ...others] = delivery.deploy?.applications ?? [];
  const release = others.length === 0 ? only?.name.replace(/^.*\//, '') : undefined;
  const sources = applications.flatMap((application) => sourcesOf(application, delivery));
  return { release, sources: sources.length === 0 ? undefined : sources };
}

function sourcesOf(application: Application, followed: Followed): Source[] {
  const { name, sources, sourceTypes, into } = application;
  const used = sources.flatMap(({ valueFiles }) => valueFiles).flatMap((file) => /^\$([^/]+)/.exec(file)?.[1] ?? []);
  return sources.flatMap((source, at): Source[] => {
    const isOwn = follows(source, followed);
    const isLent = source.path === '' && source.ref !== '' && used.includes(source.ref);
    const others = sources.map((one) => (one === source ? one : { ...one, valueFiles: [] }));
    const valueFiles = valueFilesOf({ sources: others }, followed);
    if (!isOwn || isLent) return [];
    const by = { Helm: 'helm', Kustomize: 'kustomize', Directory: 'plain' } as const;
    const type = sourceTypes[at] ?? sourceTypes[0];
    const { release, namespace, values, parameters, mayMiss, others: more = [] } = source.made ?? {};
    return [
      {
        ...{ application: name, folder: folderOf(source.path), valueFiles, mayMiss, values, parameters },
        by: by[type as keyof typeof by],
        ...{ release: release ?? name, namespace: namespace ?? into },
        notes: [...missingFiles(source, valueFiles), ...more.map((key) => `The application's ${key} is left out.`)],
      },
    ];
  });
}

function missingFiles({ valueFiles }: ApplicationSource, found: readonly string[]): string[] {
  const lost = valueFiles.length - found.length;
  return lost > 0 ? [`${lost} of its value files lie elsewhere and are left out.`] : [];
}
