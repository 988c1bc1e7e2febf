import { expect, it, onTestFinished, vi } from 'vitest';
import { chart, harbour, valuesWith } from '../../support/argocd.ts';
import { noHttpBackend } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { fastClock, testWorld } from '../../support/world.ts';
import { timeUpOn, toldWorld, watch } from '../watching.ts';

const only = it.skipIf(noHttpBackend !== undefined);

/** A world whose first progress makes something happen. */
function whenWaiting(happen: () => unknown) {
  const world = testWorld({ clock: fastClock() });
  let happened = false;
  return {
    ...world,
    emit: (event: Parameters<typeof world.emit>[0]) => {
      world.emit(event);
      if (event.type !== 'verdict.progress' || happened) return;
      happened = true;
      happen();
    },
  };
}

only('an application that is deleted and made again is waited for', async () => {
  const place = await harbour();
  place.argocd.app('front').mishaps.stuck = true;
  const commit = await place.deliver('b');
  let step = 0;
  const again = toldWorld((event) => {
    if (event.type !== 'verdict.progress') return;
    if (step === 0) {
      step = 1;
      place.argocd.remove('front');
    } else if (step === 1 && event.why.includes('is gone')) {
      step = 2;
      void place.argocd.add({ name: 'front', sources: [{ repoURL: place.repo, path: 'main' }] }).refresh();
    }
  }, 20);
  expect(await watch(place, { commit }, again)).toMatchObject([{ is: 'healthy', application: 'front' }]);
});

only('an application that its template names anew is found again, where none was named', async () => {
  const place = await harbour();
  place.argocd.app('front').mishaps.stuck = true;
  const commit = await place.deliver('b');
  const renamed = whenWaiting(() => {
    place.argocd.remove('front');
    void place.argocd.add({ name: 'front-2', sources: [{ repoURL: place.repo, path: 'main' }] }).refresh();
  });
  expect(await watch(place, { commit, deploy: { applications: [] } }, renamed)).toMatchObject([
    { is: 'healthy', application: 'front-2' },
  ]);
});

only('an application that moves to another project is followed there', async () => {
  const place = await harbour({ app: { project: 'shop' } });
  place.argocd.app('front').mishaps.stuck = true;
  const commit = await place.deliver('b');
  const moved = whenWaiting(() => {
    place.argocd.remove('front');
    const sources = [{ repoURL: place.repo, path: 'main' }];
    void place.argocd.add({ name: 'front', project: 'store', sources }).refresh();
  });
  expect(await watch(place, { commit }, moved)).toMatchObject([{ is: 'healthy', application: 'front' }]);
});

only(
  'an application that appears some time after the landing is waited for, though nobody tells missing from hidden',
  async () => {
    const place = await harbour();
    const commit = await place.deliver('b');
    const deploy = { applications: [{ name: 'late', namespace: undefined, project: undefined }] };
    let made = false;
    const world = toldWorld((event) => {
      if (made || event.type !== 'notice' || !event.message.includes('late')) return;
      made = true;
      void place.argocd.add({ name: 'late', sources: [{ repoURL: place.repo, path: 'main' }] }).refresh();
    }, 20);
    expect(await watch(place, { commit, deploy }, world)).toMatchObject([{ is: 'healthy', application: 'late' }]);
    expect(made).toBe(true);
  },
);

only(
  "a pull request's own application is waited for as long as a verdict is, and never taken for healthy",
  async () => {
    let asked = 0;
    const place = await harbour({
      fault: ({ path }) => {
        // Looked for in vain after what another application may take to appear.
        if (path.endsWith('/late') && ++asked === 3)
          void place.argocd.add({ name: 'late', sources: [{ repoURL: place.repo, path: 'main' }] }).refresh();
        return undefined;
      },
    });
    const commit = await place.deliver('b');
    const deploy = { applications: [{ name: 'late', namespace: undefined, project: undefined }], ofPullRequest: true };
    const longer = () =>
      toldWorld((event, later) => {
        if (event.type === 'notice' && event.message.includes('late')) later(100_000);
      });
    expect(await watch(place, { commit, deploy }, longer())).toMatchObject([{ is: 'healthy', application: 'late' }]);
    const never = { applications: [{ name: 'later', namespace: undefined, project: undefined }], ofPullRequest: true };
    const over = toldWorld((event, later) => {
      if (event.type === 'notice' && event.message.includes('later')) later(10_000_000);
    });
    await expect(watch(place, { commit, deploy: never }, over)).rejects.toMatchObject({
      code: 'APPLICATION_NOT_FOUND',
    });
  },
);

only.each([
  [
    'an ingress without a backend',
    { is: 'answer', status: 404, type: 'text/html', body: '<html>404 Not Found</html>' },
  ],
  ['a gateway without a server', { is: 'answer', status: 503, type: 'text/plain', body: 'no healthy upstream' }],
  ['nobody', { is: 'cut' }],
] as const)('an Argo CD that is away as the waiting begins is waited for: %s answers', async (_, fault) => {
  // biome-ignore format: a table
  let away = true;
  const place = await harbour({ fault: () => (away ? fault : undefined) });
  const commit = await place.deliver('b');
  const world = toldWorld((event) => {
    if (event.type === 'notice' && event.message.includes('be asked yet')) away = false;
  }, 20);
  expect(await watch(place, { commit }, world)).toMatchObject([{ is: 'healthy' }]);
  expect(away).toBe(false);
});

only.each(['hang', 'drip'] as const)(
  'an Argo CD whose answers never end is awaited no longer than all is: they %s',
  async (is) => {
    const place = await harbour({ fault: () => ({ is }) });
    const commit = await place.deliver('b');
    await expect(watch(place, { commit, timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'ARGOCD_TIMEOUT' });
  },
);

only('a git host that hangs keeps nobody beyond the time that was asked for', async () => {
  let release = (): void => undefined;
  let hanging: Promise<void> | undefined;
  const place = await harbour({ git: { fault: () => hanging?.then(() => undefined) } });
  const app = place.argocd.app('front');
  app.change([{ repoURL: place.repo, path: 'main', targetRevision: 'main' }]);
  const commit = await place.deliver('b');
  await place.host.commit('config', { files: { 'other.yaml': 'x: 1\n' } });
  // The first may have begun before the commit, since the application was changed.
  await app.refresh();
  await app.refresh();
  hanging = new Promise((resolve) => {
    release = resolve;
  });
  let took: number | undefined;
  const world = toldWorld((event) => {
    if (event.type !== 'verdict.finished') return;
    took = place.host.requests.at(-1)?.tookMs;
    release();
  });
  const [verdict] = await watch(place, { commit, timeoutMs: 20_000 }, world);
  expect(verdict?.is).toMatch(/^(?:unknown|timedOut)$/);
  // The request that hangs was not over by then.
  expect(took).toBe(0);
});

only('a page that says 404 in Argo CD’s place meanwhile deletes nothing', async () => {
  let away = false;
  const place = await harbour({
    fault: () => (away ? { is: 'answer', status: 404, type: 'text/html', body: '<html></html>' } : undefined),
  });
  const commit = await place.deliver('b');
  const gone = whenWaiting(() => {
    away = true;
    place.argocd.cut();
    setTimeout(() => {
      away = false;
    }, 600);
  });
  expect(await watch(place, { commit }, gone)).toMatchObject([{ is: 'healthy' }]);
});

only('a commit that a push of force took off the branch is told at once', async () => {
  const place = await harbour();
  const before = (await place.host.git('config', 'rev-parse', 'main')).trim();
  const commit = await place.deliver('b');
  await place.host.git('config', 'update-ref', 'refs/heads/main', before);
  await place.host.commit('config', { files: { 'other.yaml': 'a: 1\n' } });
  expect(await watch(place, { commit })).toMatchObject([
    { is: 'unknown', why: expect.stringContaining('push of force') },
  ]);
});

only('a pod whose image isn’t there is degraded long before any deadline, in a StatefulSet too', async () => {
  const place = await harbour({ pace: { deadline: 3_600_000 } });
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const files = { 'main/values.yaml': `front:\n  image: ${registry.host}/app\n  imageTag: none\n` };
  const commit = await place.host.commit('config', { files });
  const world = testWorld({ clock: fastClock() });
  const [verdict] = await watch(place, { commit, tag: 'none' }, world);
  expect(verdict).toMatchObject({ is: 'degraded', reasons: [{ parts: [{ status: 'ImagePullBackOff' }] }] });
  const why = expect.stringContaining('120 s');
  expect(world.events).toContainEqual(expect.objectContaining({ type: 'verdict.progress', why }));
});

only('a timeout that comes while pods fail to start is no mere lateness', async () => {
  const place = await harbour({ pace: { deadline: 3_600_000 } });
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const files = { 'main/values.yaml': `front:\n  image: ${registry.host}/app\n  imageTag: none\n` };
  const commit = await place.host.commit('config', { files });
  const asked = { commit, tag: 'none', argocd: { podFailureMs: 100_000_000 } };
  expect(await watch(place, asked, timeUpOn('ImagePullBackOff'))).toMatchObject([{ is: 'degraded' }]);
});

only(
  'many degraded applications are each degraded: no list, poorer than what is known, begins their time anew',
  async () => {
    const place = await harbour();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) {
      const app = place.argocd.add({ name, sources: [{ repoURL: place.repo, path: 'main' }] });
      await app.refresh();
    }
    const commit = await place.deliver('b');
    // By our commit alone: what was degraded before with these words would not be its fault.
    const before = () => names.flatMap((name) => place.argocd.app(name).live.map(({ health }) => health));
    await vi.waitFor(() => expect(before()).toEqual(names.map(() => 'Healthy')), 20_000);
    for (const name of names) place.argocd.app(name).mishaps.degraded = 'exceeded its progress deadline';
    const deploy = { applications: names.map((name) => ({ name, namespace: undefined, project: undefined })) };
    const settle = { settleMs: 10_000, podFailureMs: 600_000 };
    // Ten seconds are half of one here: the stand-in's steps take real time, however fast this clock is.
    const verdicts = await watch(
      place,
      { commit, deploy, argocd: settle },
      toldWorld(() => undefined, 20),
    );
    expect(verdicts.map(({ is }) => is)).toEqual(names.map(() => 'degraded'));
  },
);

only('HEAD that is another branch is refused as other branches are', async () => {
  const place = await harbour();
  await place.host.git('config', 'branch', 'other', 'main');
  await place.host.git('config', 'symbolic-ref', 'HEAD', 'refs/heads/other');
  const commit = await place.deliver('b');
  await expect(watch(place, { commit })).rejects.toMatchObject({ code: 'APPLICATION_FOLLOWS_OTHER' });
});

/** A deployment whose rollout ends when it is told that more is waited, a quarter of an hour after our timeout. */
async function slowRollout(seconds: number | undefined) {
  const place = await harbour({ pace: { rollout: 3_600_000 } });
  const own = seconds === undefined ? '' : `progressDeadlineSeconds: ${seconds}\n  `;
  const text = (chart['main/templates/front.yaml'] ?? '').replace('template:', `${own}template:`);
  const commit = await place.host.commit('config', {
    files: { ...valuesWith('b'), 'main/templates/front.yaml': text },
  });
  let over = false;
  const world = toldWorld((event, later) => {
    if (event.type === 'verdict.progress' && event.phase === 'progressing' && !over) {
      over = true;
      later(1_500_000);
    }
    if (event.type !== 'notice' || !event.message.includes('progressDeadlineSeconds')) return;
    place.argocd.app('front').patch((json) => {
      (json.status as Record<string, unknown>).health = { status: 'Healthy' };
    });
  });
  return { place, commit, world };
}

only('a rollout whose own deadline is later than our timeout is waited for, and that is told', async () => {
  const { place, commit, world } = await slowRollout(1_800);
  expect(await watch(place, { commit, argocd: { timeoutMs: 1_200_000 } }, world)).toMatchObject([{ is: 'healthy' }]);
});

only.each([
  ['its own deadline is over too', undefined, { argocd: { timeoutMs: 1_200_000 } }],
  ['a timeout was asked for', 1_800, { timeoutMs: 1_200_000 }],
  ['nothing may take so long', 7_200, { argocd: { timeoutMs: 1_200_000, longestMs: 1_300_000 } }],
] as const)('a rollout that takes longer than our timeout is not waited for where %s', async (_, seconds, asked) => {
  // biome-ignore format: a table
  const { place, commit, world } = await slowRollout(seconds);
  expect(await watch(place, { commit, ...asked }, world)).toMatchObject([{ is: 'timedOut' }]);
});

only.each(['ImagePullBackOff', 'ErrImageNeverPull', 'CrashLoopBackOff', 'CreateContainerConfigError'])(
  'a pod that doesn’t start is degraded after its time, whatever keeps it: %s',
  async (status) => {
    const place = await harbour({ pace: { deadline: 3_600_000 } });
    place.argocd.app('front').mishaps.podWaits = { status, message: 'it can’t' };
    const world = toldWorld((event, later) => {
      if (event.type === 'verdict.progress' && event.why.includes('120 s')) later(120_000);
    });
    const [verdict] = await watch(place, { commit: await place.deliver('b') }, world);
    expect(verdict).toMatchObject({ is: 'degraded', reasons: [{ parts: [{ status }] }] });
  },
);
