import { expect, it } from 'vitest';
import { type Harbour, harbour } from '../../support/argocd.ts';
import { noHttpBackend } from '../../support/git-host.ts';
import { fastClock, testWorld } from '../../support/world.ts';
import { timeUpOn, watch } from '../watching.ts';

const only = it.skipIf(noHttpBackend !== undefined);
const named = (...names: readonly string[]) => ({
  applications: names.map((name) => ({ name, namespace: undefined, project: undefined })),
});

/** The chart's application is a template's, which reads `apps/front.json` and sets the tag by a parameter. */
async function generated(): Promise<{
  place: Harbour;
  carry: (tag: string) => void;
  deliver: (tag: string) => Promise<string>;
}> {
  const source = (repoURL: string, tag: string) => ({
    ...{ repoURL, path: 'main' },
    helm: { parameters: [{ name: 'front.imageTag', value: tag }] },
  });
  const place = await harbour({ app: { owner: { kind: 'ApplicationSet', name: 'shops' } } });
  const { argocd, repo, host } = place;
  const app = argocd.app('front');
  app.change([source(repo, 'a1b2c3')]);
  await app.refresh();
  return {
    place,
    carry: (tag) => app.change([source(repo, tag)]),
    deliver: (tag) => host.commit('config', { files: { 'apps/front.json': JSON.stringify({ tag }) } }),
  };
}

only('an application whose sources a template writes is not healthy before our value is there', async () => {
  const { place, carry, deliver } = await generated();
  const commit = await deliver('d4e5f6');
  const world = testWorld({ clock: fastClock() });
  let carried = false;
  const asked = watch(
    place,
    { commit, tag: 'd4e5f6', file: 'apps/front.json' },
    {
      ...world,
      emit: (event) => {
        world.emit(event);
        if (event.type !== 'verdict.progress' || carried) return;
        carried = true;
        place.argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
        setTimeout(() => carry('d4e5f6'), 100);
      },
    },
  );
  expect(await asked).toMatchObject([{ is: 'degraded', application: 'front' }]);
});

only('an application that its template never changes is not taken for healthy', async () => {
  const { place, deliver } = await generated();
  const asked = { commit: await deliver('d4e5f6'), tag: 'd4e5f6', file: 'apps/front.json' };
  const waited = watch(place, asked, timeUpOn('ApplicationSet shops'));
  expect(await waited).toMatchObject([{ is: 'timedOut', why: expect.stringContaining('ApplicationSet shops') }]);
});

only('an application of a template is found by what the template carries into it', async () => {
  const { place, carry, deliver } = await generated();
  const commit = await deliver('d4e5f6');
  setTimeout(() => carry('d4e5f6'), 150);
  const asked = { commit, tag: 'd4e5f6', file: 'apps/front.json', deploy: { applications: [] } };
  expect(await watch(place, asked)).toMatchObject([{ is: 'healthy', application: 'front' }]);
});

only('where only an application is told, what its template has to carry into it is read from the commit', async () => {
  const { place, carry, deliver } = await generated();
  await deliver('a1b2c3');
  const asked = { commit: await deliver('d4e5f6'), untold: true };
  const waited = watch(place, asked, timeUpOn('ApplicationSet shops'));
  expect(await waited).toMatchObject([{ is: 'timedOut', why: expect.stringContaining('ApplicationSet shops') }]);
  carry('d4e5f6');
  expect(await watch(place, asked)).toMatchObject([{ is: 'healthy', application: 'front' }]);
});

only('a commit that replaced nothing of what an application has asks nothing of its template', async () => {
  const { place, deliver } = await generated();
  await deliver('000aaa');
  expect(await watch(place, { commit: await deliver('d4e5f6'), untold: true })).toMatchObject([{ is: 'healthy' }]);
});

/** An application `root` that makes `front`, whose tag is a parameter of it. */
async function appOfApps(): Promise<{ place: Harbour; set: (tag: string) => Promise<string> }> {
  const place = await harbour({ app: { sources: [{ repoURL: 'https://git.test/none.git', path: '.' }] } });
  const { argocd, host, repo } = place;
  argocd.remove('front');
  const child = (tag: string) => ({
    'root/front.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: front }
spec:
  source:
    repoURL: ${repo}
    path: main
    helm: { parameters: [{ name: front.imageTag, value: ${tag} }] }
`,
  });
  await host.commit('config', { files: child('a1b2c3') });
  const root = argocd.add({ name: 'root', sources: [{ repoURL: repo, path: 'root' }] });
  await root.refresh();
  await expect.poll(() => root.live.length).toBe(1);
  await expect.poll(() => argocd.app('front').live[0]?.health).toBe('Healthy');
  return { place, set: (tag) => host.commit('config', { files: child(tag) }) };
}

only('an application that changes another is not well while that one crashes', async () => {
  const { place, set } = await appOfApps();
  place.argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
  const commit = await set('d4e5f6');
  const asked = { commit, tag: 'd4e5f6', file: 'root/front.yaml', deploy: named('root') };
  expect(await watch(place, asked)).toMatchObject([
    { is: 'healthy', application: 'root' },
    { is: 'degraded', application: 'front' },
  ]);
});

only('an application that another one changes is not healthy before that has changed it', async () => {
  const { place, set } = await appOfApps();
  place.argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
  const commit = await set('d4e5f6');
  await place.argocd.app('front').refresh();
  setTimeout(() => void place.argocd.app('root').refresh(), 200);
  const asked = { commit, tag: 'd4e5f6', file: 'root/front.yaml', deploy: named('front') };
  expect(await watch(place, asked)).toMatchObject([{ is: 'degraded', application: 'front' }]);
});

only('an application whose owner can’t be synced has failed with it', async () => {
  const { place, set } = await appOfApps();
  place.argocd.app('root').mishaps.syncFails = 'the server could not find the requested resource';
  const asked = { commit: await set('d4e5f6'), tag: 'd4e5f6', file: 'root/front.yaml', deploy: named('front') };
  expect(await watch(place, asked)).toMatchObject([{ is: 'syncFailed', why: expect.stringContaining('root') }]);
});

only('where only an application is told, it is not healthy before its owner has what the commit changed', async () => {
  const { place, set } = await appOfApps();
  const commit = await set('d4e5f6');
  await place.argocd.app('front').refresh();
  place.argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
  setTimeout(() => void place.argocd.app('root').refresh(), 200);
  const asked = { commit, untold: true, deploy: named('front') };
  expect(await watch(place, asked)).toMatchObject([{ is: 'degraded', application: 'front' }]);
});

only('three generations are judged down to the one that runs it', async () => {
  const { place, set } = await appOfApps();
  const { argocd, host, repo } = place;
  const text =
    (await set('a1b2c3')) &&
    `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: root }
spec: { source: { repoURL: ${repo}, path: root } }
`;
  await host.commit('config', { files: { 'top/root.yaml': text } });
  const top = argocd.add({ name: 'top', sources: [{ repoURL: repo, path: 'top' }] });
  await top.refresh();
  await expect.poll(() => top.live.length).toBe(1);
  argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
  const commit = await set('d4e5f6');
  const about = { commit, tag: 'd4e5f6', file: 'root/front.yaml' };
  expect(await watch(place, { ...about, deploy: named('front') })).toMatchObject([{ is: 'degraded' }]);
  const all = await watch(place, { ...about, deploy: named('top') });
  expect(all.map(({ application, is }) => [application, is])).toEqual([
    ['top', 'healthy'],
    ['root', 'healthy'],
    ['front', 'degraded'],
  ]);
});

only('what the owner and the application are both named for is judged once each', async () => {
  const { place, set } = await appOfApps();
  const asked = { commit: await set('d4e5f6'), tag: 'd4e5f6', file: 'root/front.yaml', deploy: named('root', 'front') };
  const verdicts = await watch(place, asked);
  expect(verdicts.map(({ application, is }) => [application, is]).sort()).toEqual([
    ['front', 'healthy'],
    ['root', 'healthy'],
  ]);
});

const image = { name: 'app', reference: 'registry.test/app:d4e5f6', digest: `sha256:${'0'.repeat(64)}` };

/** The chart with another workload in place of its deployment. */
async function workload(
  text: string,
  first = 'a1b2c3',
): Promise<{ place: Harbour; deliver: (tag: string) => Promise<string> }> {
  const place = await harbour();
  const values = (tag: string) => ({ 'main/values.yaml': `front:\n  image: registry.test/app\n  imageTag: ${tag}\n` });
  await place.host.commit('config', { files: { ...values(first), 'main/templates/front.yaml': text } });
  await place.argocd.app('front').refresh();
  await expect.poll(() => place.argocd.app('front').live[0]?.health).toBe('Healthy');
  return { place, deliver: (tag) => place.host.commit('config', { files: values(tag) }) };
}

const pods =
  '    spec:\n      containers: [{ name: front, image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}" }]\n';
const table: readonly (readonly [string, string, string])[] = [
  ['the chart doesn’t use the value', `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: front }\nspec:\n  template:\n    spec:\n      containers: [{ name: front, image: "registry.test/app:fixed" }]\n`, 'no workload'],
  ['a StatefulSet waits for its pods to be deleted', `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: front }\nspec:\n  updateStrategy:\n    type: OnDelete\n  template:\n${pods}`, 'OnDelete'],
  ['a StatefulSet leaves the pods below its partition', `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: front }\nspec:\n  updateStrategy:\n    type: RollingUpdate\n    rollingUpdate:\n      partition: 3\n  template:\n${pods}`, 'partition'],
  ['there are to be no pods', `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: front }\nspec:\n  replicas: 0\n  template:\n${pods}`, '0 replicas'],
  ['a CronJob hasn’t run since', `apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: front }\nspec:\n  schedule: "0 3 * * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers: [{ name: front, image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}" }]\n`, '0 3 * * *'],
  ['an operator is to make nothing of it', `apiVersion: db.test/v1\nkind: Database\nmetadata: { name: front }\nspec:\n  replicas: 0\n  image: "{{ .Values.front.image }}:{{ .Values.front.imageTag }}"\n`, 'Database front'],
]; // biome-ignore format: a table
only.each(table)('healthy without any of the run’s images is told, with why: %s', async (_, text, because) => {
  const { place, deliver } = await workload(text);
  const world = testWorld({ clock: fastClock() });
  const asked = { commit: await deliver('d4e5f6'), tag: 'd4e5f6', images: [image] };
  expect(await watch(place, asked, world)).toMatchObject([
    { is: 'healthy', images: { live: [], because: expect.stringContaining(because), fails: false } },
  ]);
  expect(world.events).toContainEqual(
    expect.objectContaining({ type: 'notice', level: 'warning', message: expect.stringContaining(because) }),
  );
});

only(
  'healthy though its path doesn’t hold the file that was set is told, whether images are known or not',
  async () => {
    const place = await harbour();
    const file = 'other/values.yaml';
    const commit = await place.host.commit('config', { files: { [file]: 'front:\n  imageTag: d4e5f6\n' } });
    for (const images of [[image], []]) {
      const world = testWorld({ clock: fastClock() });
      const strict = { argocd: { strict: true } };
      const [verdict] = await watch(place, { commit, tag: 'd4e5f6', file, images, ...strict }, world);
      const told = expect.stringContaining(file);
      expect(verdict).toMatchObject({
        is: 'healthy',
        ...(images.length > 0 ? { images: { because: told, fails: true } } : { notes: [told] }),
      });
      expect(world.events).toContainEqual(expect.objectContaining({ type: 'notice', level: 'warning', message: told }));
    }
  },
);

only('healthy with the run’s image says so, and without it fails where that is wanted', async () => {
  const { place, deliver } = await workload(table[3]?.[1] ?? '');
  const strict = { tag: 'd4e5f6', images: [image], argocd: { strict: true } };
  expect(await watch(place, { commit: await deliver('d4e5f6'), ...strict })).toMatchObject([
    { is: 'healthy', images: { live: [], fails: true } },
  ]);
  const other = await harbour();
  const commit = await other.deliver('d4e5f6');
  expect(await watch(other, { commit, ...strict })).toMatchObject([
    { is: 'healthy', images: { live: [`${image.reference}@${image.digest}`], absent: [], fails: false } },
  ]);
});
