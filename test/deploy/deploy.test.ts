import { describe, expect, it, onTestFinished } from 'vitest';
import { reasonLines } from '../../src/entry/show/verdict-words.ts';
import { harbour } from '../support/argocd.ts';
import { noHttpBackend, skipNote } from '../support/git-host.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { fastClock, testWorld } from '../support/world.ts';
import { timeUpOn, toldWorld, watch } from './watching.ts';

describe.skipIf(noHttpBackend !== undefined)(`a config commit in Argo CD${skipNote}`, () => {
  it('is healthy once it is synced and its rollout is over, and Argo CD was told of it', async () => {
    const place = await harbour();
    const commit = await place.deliver('b');
    const world = testWorld({ clock: fastClock() });
    const [verdict] = await watch(place, { commit }, world);
    expect(verdict).toMatchObject({ is: 'healthy', application: 'front', commit, revision: commit });
    const phases = world.events.flatMap((event) => (event.type === 'verdict.progress' ? [event.phase] : []));
    expect(phases).toEqual(expect.arrayContaining(['settling']));
    const told = place.argocd.requests.filter(({ query }) => query.get('refresh') === 'normal');
    // Beside the stream, as soon as the first look has told that ours isn't there: nobody is asked about that first.
    expect(told.map(({ number }) => number <= 3)).toEqual([true]);
  });

  it('that is live already is not told to Argo CD', async () => {
    const place = await harbour();
    const commit = await place.deliver('b');
    await place.argocd.app('front').refresh();
    expect(await watch(place, { commit })).toMatchObject([{ is: 'healthy', revision: commit }]);
    expect(place.argocd.requests.filter(({ query }) => query.has('refresh'))).toEqual([]);
  });

  it('is not taken for live because the one before it is (kargo#6357)', async () => {
    const place = await harbour();
    place.argocd.app('front').mishaps.stuck = true;
    const commit = await place.deliver('b');
    const [verdict] = await watch(place, { commit }, timeUpOn('reading the config repo'));
    expect(verdict).toMatchObject({ is: 'timedOut' });
  });

  it('is degraded when its rollout fails, and says which pod and why', async () => {
    const place = await harbour();
    place.argocd.app('front').mishaps.degraded = 'Deployment "front" exceeded its progress deadline';
    const [verdict] = await watch(place, { commit: await place.deliver('b') });
    expect(verdict).toMatchObject({
      is: 'degraded',
      reasons: [
        {
          subject: 'Deployment front',
          status: 'Degraded',
          parts: [
            {
              subject: 'Pod front-6d4cf56db6-x2x4z (front)',
              status: 'CrashLoopBackOff',
              log: ['starting', 'panic: no configuration'],
            },
          ],
        },
      ],
    });
  });

  it('is degraded when its image isn’t in the registry, by the pod that waits for it', async () => {
    const place = await harbour();
    const registry = await startOwnRegistry();
    onTestFinished(() => registry.close());
    const files = { 'main/values.yaml': `front:\n  image: ${registry.host}/app\n  imageTag: none\n` };
    const commit = await place.host.commit('config', { files });
    const [verdict] = await watch(place, { commit, tag: 'none' });
    expect(verdict).toMatchObject({
      is: 'degraded',
      reasons: [
        {
          parts: [
            { status: 'ImagePullBackOff', log: [], events: [expect.stringContaining('Failed'), expect.any(String)] },
          ],
        },
      ],
    });
    expect(verdict?.is === 'degraded' && reasonLines(verdict.reasons).join('\n')).toContain('└─ Pod front');
  });

  it('that takes long tells meanwhile which pod it waits for', async () => {
    const place = await harbour({ pace: { deadline: 600 } });
    const registry = await startOwnRegistry();
    onTestFinished(() => registry.close());
    const files = { 'main/values.yaml': `front:\n  image: ${registry.host}/app\n  imageTag: none\n` };
    const commit = await place.host.commit('config', { files });
    const world = testWorld({ clock: fastClock() });
    expect(await watch(place, { commit, tag: 'none' }, world)).toMatchObject([{ is: 'degraded' }]);
    const why = expect.stringContaining('Pod front-6d4cf56db6-x2x4z (front): ImagePullBackOff');
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'verdict.progress', phase: 'progressing', why }),
    );
  });

  it('fails with the sync, by its own resource', async () => {
    const place = await harbour();
    place.argocd.app('front').mishaps.syncFails = 'the server could not find the requested resource';
    const [verdict] = await watch(place, { commit: await place.deliver('b') });
    expect(verdict).toMatchObject({ is: 'syncFailed' });
    expect(JSON.stringify(verdict)).toContain('Deployment front');
  });

  it('fails when the chart can’t be rendered', async () => {
    const place = await harbour();
    const commit = await place.host.commit('config', { files: { 'main/values.yaml': 'front: {}\n' } });
    const [verdict] = await watch(place, { commit });
    expect(verdict).toMatchObject({ is: 'syncFailed', reasons: [{ status: 'ComparisonError' }] });
  });

  it('is superseded by a later commit with another value, which is judged instead', async () => {
    const place = await harbour();
    const commit = await place.deliver('b');
    const later = await place.deliver('c');
    const [verdict] = await watch(place, { commit });
    expect(verdict).toMatchObject({ is: 'superseded', by: later, judged: 'healthy', commit });
  });

  it('is healthy by a later commit that leaves its value alone', async () => {
    const place = await harbour();
    const commit = await place.deliver('b');
    const later = await place.host.commit('config', { files: { 'other.yaml': 'a: 1\n' } });
    const [verdict] = await watch(place, { commit });
    expect(verdict).toMatchObject({ is: 'healthy', commit, revision: later });
  });

  it('of an application synced by hand is told, and synced where that is wanted', async () => {
    const place = await harbour({ app: { automated: false } });
    const commit = await place.deliver('b');
    const world = timeUpOn('synced by hand');
    const [told] = await watch(place, { commit }, world);
    expect(told).toMatchObject({ is: 'timedOut' });
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'notice', level: 'warning', stage: 'deploy' }));
    const [synced] = await watch(place, { commit, deploy: { sync: true } });
    expect(synced).toMatchObject({ is: 'healthy' });
  });

  it('of an application that is deleted meanwhile is unknown', async () => {
    const place = await harbour();
    place.argocd.app('front').mishaps.stuck = true;
    const commit = await place.deliver('b');
    const world = testWorld({ clock: fastClock() });
    let removed = false;
    const remove = (): void => {
      if (!removed) place.argocd.remove('front');
      removed = true;
    };
    const asked = watch(
      place,
      { commit },
      {
        ...world,
        emit: (event) => {
          world.emit(event);
          if (event.type === 'verdict.progress') remove();
        },
      },
    );
    expect(await asked).toMatchObject([{ is: 'unknown' }]);
  });

  it('goes on over a new stream when one is cut, and over looks when there is none', async () => {
    let cuts = 0;
    const place = await harbour({
      fault: ({ path }) => (path.startsWith('/api/v1/stream/') && cuts++ < 3 ? { is: 'cut' } : undefined),
    });
    const [verdict] = await watch(place, { commit: await place.deliver('b') });
    expect(verdict).toMatchObject({ is: 'healthy' });
  });

  it('is watched by the Application resource where Argo CD has no API, with the pods’ own words', async () => {
    const place = await harbour();
    const first = await place.deliver('b');
    const world = testWorld({ clock: fastClock() });
    expect(await watch(place, { commit: first, kube: true }, world)).toMatchObject([
      { is: 'healthy', revision: first },
    ]);
    place.argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
    const [verdict] = await watch(place, { commit: await place.deliver('c'), tag: 'c', kube: true });
    expect(verdict).toMatchObject({
      is: 'degraded',
      reasons: [
        {
          subject: 'Deployment front',
          parts: [{ status: 'CrashLoopBackOff', log: ['starting', 'panic: no configuration'] }],
        },
      ],
    });
    expect(place.argocd.requests.every(({ path }) => /^\/apis\/|^\/api\/v1\/namespaces\//.test(path))).toBe(true);
  });

  it('is synced by the Application resource where that is wanted', async () => {
    const place = await harbour({ app: { automated: false } });
    const commit = await place.deliver('b');
    expect(await watch(place, { commit, kube: true, deploy: { sync: true } })).toMatchObject([{ is: 'healthy' }]);
  });

  it('is found by repo and folder when no application is named', async () => {
    const place = await harbour();
    place.argocd.add({ name: 'other', sources: [{ repoURL: place.repo, path: 'elsewhere' }] });
    const [verdict, ...more] = await watch(place, { commit: await place.deliver('b'), deploy: { applications: [] } });
    expect([verdict?.application, verdict?.is, more]).toEqual(['front', 'healthy', []]);
  });

  it('is told to Argo CD by a signed webhook where its secret is named, and by nothing else', async () => {
    const place = await harbour({ webhookSecret: 'planted-hook-secret' });
    const world = testWorld({ clock: fastClock(), env: { HOOK: 'planted-hook-secret' } });
    const commit = await place.deliver('b');
    expect(await watch(place, { commit, webhookSecret: 'HOOK' }, world)).toMatchObject([{ is: 'healthy' }]);
    const told = place.argocd.requests.filter(({ path, query }) => path === '/api/webhook' || query.has('refresh'));
    expect(told.map(({ path }) => path)).toEqual(['/api/webhook']);
    expect(world.masked).toContain('planted-hook-secret');
  });

  it('is refreshed where Argo CD doesn’t take the webhook, and that is told', async () => {
    const place = await harbour({ webhookSecret: 'another-secret' });
    const world = testWorld({ clock: fastClock(), env: { HOOK: 'planted-hook-secret' } });
    const commit = await place.deliver('b');
    expect(await watch(place, { commit, webhookSecret: 'HOOK' }, world)).toMatchObject([{ is: 'healthy' }]);
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'notice', level: 'warning', stage: 'deploy' }));
  });

  it('with a webhook secret that isn’t set is refused at once', async () => {
    const place = await harbour();
    const asked = watch(place, { commit: await place.deliver('b'), webhookSecret: 'HOOK' });
    await expect(asked).rejects.toMatchObject({ code: 'WEBHOOK_SECRET_MISSING', exitCode: 3 });
  });

  it('waits a while for an application that the commit itself may make', async () => {
    const place = await harbour({ app: { sources: [{ repoURL: 'https://git.test/other.git', path: '.' }] } });
    const commit = await place.deliver('b');
    let made = false;
    const world = toldWorld((event) => {
      if (made || event.type !== 'notice' || !event.message.includes('no application follows')) return;
      made = true;
      const sources = [{ repoURL: place.repo, path: 'main' }];
      void place.argocd.add({ name: 'late', namespace: 'apps', sources }).refresh();
    }, 20);
    const [verdict] = await watch(place, { commit, deploy: { applications: [] } }, world);
    expect(verdict).toMatchObject({ is: 'healthy', application: 'late' });
    const streams = place.argocd.requests.filter(({ path }) => path.includes('/stream/'));
    expect(streams[0]?.query.get('appNamespace')).toBe('apps');
  });

  it('says so when no application follows it in the end', async () => {
    const place = await harbour({ app: { sources: [{ repoURL: 'https://git.test/other.git', path: '.' }] } });
    const world = toldWorld((event, later) => {
      if (event.type === 'notice' && event.message.includes('no application follows')) later(10_000_000);
    }, 10);
    const asked = watch(place, { commit: await place.deliver('b'), deploy: { applications: [] } }, world);
    await expect(asked).rejects.toMatchObject({ code: 'APPLICATIONS_NONE_FOLLOW', data: { seen: 1 } });
  });

  it('of an application that follows something else is refused at once', async () => {
    const place = await harbour({ app: { sources: [{ repoURL: 'https://git.test/other.git', path: '.' }] } });
    await expect(watch(place, { commit: await place.deliver('b') })).rejects.toMatchObject({
      code: 'APPLICATION_FOLLOWS_OTHER',
    });
  });
});
