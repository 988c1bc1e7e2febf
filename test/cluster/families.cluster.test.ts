import { expect, it, onTestFinished } from 'vitest';
import { startApplicationSets } from '../support/cluster/argocd-processes.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { createProcesses } from '../support/cluster/processes.ts';
import { isHealthy, openShop, type Shop } from '../support/cluster/shop.ts';
import { partsOf } from '../support/cluster/waiting.ts';
import { tempDir } from '../support/git-host.ts';
import { startOwnRegistry } from '../support/registries.ts';

const front = 'main/templates/front.yaml';
const statefulSet = (more = '') => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: front }
spec:
  replicas: 1
  serviceName: front
${more}  selector: { matchLabels: { app: front } }
  template:
    metadata: { labels: { app: front }, annotations: { tagboat.test/ready-after: 200ms } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: front, image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}" }]
`;

/** A shop whose workload is another one, well already. */
async function openOther(name: string, text: string): Promise<Shop> {
  const syncPolicy = { automated: { prune: true }, syncOptions: ['CreateNamespace=true'] };
  const shop = await openShop(name, { spec: { syncPolicy } });
  await shop.until(isHealthy);
  const commit = await shop.commit({ files: { [front]: text }, message: 'Another workload\n' });
  await shop.application('normal');
  await shop.until((one) => isHealthy(one) && one.status?.sync?.revision === commit);
  return shop;
}

it('a StatefulSet whose image never comes is degraded by its pod, which Argo CD never says', async () => {
  const shop = await openShop('stateful');
  await shop.until(isHealthy);
  await shop.commit({ files: { [front]: statefulSet() }, message: 'A StatefulSet\n' });
  const { ship } = await openPipeline(shop, { tag: 'broken-{shortCommit}', argocd: { podFailure: '10s' } });
  const { verdict, errors } = await ship({ what: 'StatefulSet whose image never comes', isFinal: false });
  expect(verdict).toMatchObject({ is: 'degraded', why: expect.stringContaining('ImagePullBackOff') });
  expect(errors).toEqual(['APPLICATION_DEGRADED']);
  expect(partsOf(verdict).map(({ status }) => status)).toContain('ImagePullBackOff');
});

it('a StatefulSet that waits for its pods to be deleted is healthy without our image, and that is told', async () => {
  const shop = await openOther('on-delete', statefulSet('  updateStrategy: { type: OnDelete }\n'));
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const { ship } = await openPipeline(shop, {
    files: { Dockerfile: 'FROM scratch\nCOPY hello /hello\n', hello: 'hello\n' },
    config: { registry: registry.host, images: { front: { platforms: ['linux/amd64'] } } },
    argocd: { strict: true },
  });
  const { verdict, errors, result } = await ship({ what: 'StatefulSet that replaces no pod' });
  expect(verdict).toMatchObject({ is: 'healthy', images: { live: [], because: expect.stringContaining('OnDelete') } });
  expect(errors).toEqual(['APPLICATION_IMAGE_ABSENT']);
  expect(result.code).toBe(7);
});

it('a resource that is left over, since nothing prunes it, keeps no delivery from being healthy', async () => {
  const shop = await openShop('left-over');
  const extra = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: extra }\n';
  await shop.commit({ files: { 'main/templates/extra.yaml': extra }, message: 'More\n' });
  await shop.application('normal');
  await shop.until(isHealthy);
  await shop.commit({ files: { 'main/templates/extra.yaml': '' }, message: 'Less\n' });
  const { ship } = await openPipeline(shop);
  const { verdict } = await ship({ what: 'left over', isFinal: false });
  expect(verdict).toMatchObject({ is: 'healthy', notes: [expect.stringContaining('ConfigMap extra')] });
});

it('a commit that leaves an application nothing is refused by auto-sync, and told at once', async () => {
  const shop = await openShop('emptied', {
    spec: { syncPolicy: { automated: { prune: true }, syncOptions: ['CreateNamespace=true'] } },
  });
  await shop.until(isHealthy);
  await shop.commit({ files: { [front]: '' }, message: 'Nothing\n' });
  await shop.application('normal');
  const { ship } = await openPipeline(shop);
  const { verdict, errors } = await ship({ what: 'nothing left', isFinal: false });
  expect(verdict).toMatchObject({ is: 'syncFailed', why: expect.stringContaining('wipe out all resources') });
  expect(errors).toEqual(['APPLICATION_SYNC_FAILED']);
});

/** An application that makes another, whose tag is a parameter of it. */
async function openFamily(name: string): Promise<Shop> {
  const child = `${name}-child`;
  const shop = await openShop(name, {
    spec: {
      source: { repoURL: `placeholder`, path: 'root', targetRevision: 'main' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' },
    },
  });
  const object = {
    ...shop.object,
    spec: { ...(shop.object.spec as object), source: { repoURL: shop.repo, path: 'root', targetRevision: 'main' } },
  };
  await shop.commit({
    files: {
      'root/child.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${child}
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default
  source:
    repoURL: ${shop.repo}
    path: main
    targetRevision: main
    helm:
      parameters:
        - name: front.imageTag
          value: v1
  destination: { server: https://kubernetes.default.svc, namespace: ${child} }
  syncPolicy: { automated: {}, syncOptions: [CreateNamespace=true] }
`,
    },
    message: 'A child\n',
  });
  await shop.kube.apply(object);
  await shop.application('normal');
  await shop.until(isHealthy);
  return shop;
}

const set = {
  delivery: { set: { 'root/child.yaml': { '.spec.source.helm.parameters[name=front.imageTag].value': '{tag}' } } },
};

it('an application of applications is not well while the one that it changed crashes', async () => {
  const shop = await openFamily('family');
  const { ship } = await openPipeline(shop, { ...set, tag: 'crashing-{shortCommit}' });
  const { result, errors } = await ship({ what: 'child that crashes', isFinal: false });
  const verdicts = result.events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict] : []));
  expect(verdicts).toMatchObject([
    { is: 'healthy', application: 'family' },
    { is: 'degraded', application: 'family-child' },
  ]);
  expect(errors).toEqual(['APPLICATION_DEGRADED']);
});

it('an application that another one changes is judged once that has changed it', async () => {
  const shop = await openFamily('parent');
  const delivery = { ...set.delivery, application: 'parent-child' };
  const { ship } = await openPipeline(shop, { delivery, tag: 'v2-{shortCommit}' });
  const { verdict, source } = await ship({ what: 'child by its name', isFinal: false });
  expect(verdict).toMatchObject({ is: 'healthy', application: 'parent-child' });
  const pods = (await shop.kube.read('/api/v1/namespaces/parent-child/pods')) as { items?: readonly unknown[] };
  expect(JSON.stringify(pods.items)).toContain(`v2-${source.slice(0, 7)}`);
});

it('an application whose sources an ApplicationSet writes is judged once that has written our value there', async () => {
  const shop = await openShop('template', { automated: false });
  const processes = createProcesses(await tempDir());
  onTestFinished(() => processes.close());
  await startApplicationSets(processes, shop.cluster.argocd.parts);
  await shop.commit({ files: { 'apps/front.json': '{ "tag": "v1" }\n' }, message: 'A value for the template\n' });
  // The repo server keeps for three minutes where a branch was, whoever asks; a refresh alone makes it look again.
  await shop.application('normal');
  const set = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'generated', namespace: 'argocd' },
    spec: {
      goTemplate: true,
      generators: [
        { git: { repoURL: shop.repo, revision: 'main', files: [{ path: 'apps/*.json' }], requeueAfterSeconds: 5 } },
      ],
      template: {
        metadata: { name: 'generated' },
        spec: {
          project: 'default',
          source: {
            ...{ repoURL: shop.repo, path: 'main', targetRevision: 'main' },
            helm: { parameters: [{ name: 'front.imageTag', value: '{{ .tag }}' }] },
          },
          destination: { server: 'https://kubernetes.default.svc', namespace: 'generated' },
          syncPolicy: { automated: {}, syncOptions: ['CreateNamespace=true'] },
        },
      },
    },
  };
  await shop.kube.apply(set);
  onTestFinished(() => shop.kube.remove(set));
  const pods = async () => JSON.stringify(await shop.kube.read('/api/v1/namespaces/generated/pods'));
  // A controller more, which looks at the repo every five seconds, on a machine that may be busy.
  await expect.poll(pods, { timeout: 180_000 }).toContain('registry.test/front:v1');
  const delivery = { set: { 'apps/front.json': { '.tag': '{tag}' } }, application: 'generated' };
  const { ship } = await openPipeline(shop, { delivery, tag: 'v2-{shortCommit}' });
  const { verdict, source } = await ship({ what: 'value of an ApplicationSet', isFinal: false });
  expect(verdict).toMatchObject({ is: 'healthy', application: 'generated' });
  expect(await pods()).toContain(`registry.test/front:v2-${source.slice(0, 7)}`);
});
