import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import type { Candidate } from '../../../src/plan/listed.ts';
import type { ArgoCdApp } from '../../../src/sandbox/argocd/types.ts';
import { chart, harbour, valuesWith } from '../../support/argocd.ts';
import { git, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { fastClock } from '../../support/world.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
const hour = 3_600_000;

type Fault = NonNullable<NonNullable<Parameters<typeof harbour>[0]>['fault']>;

interface SceneOptions extends Omit<NonNullable<Parameters<typeof harbour>[0]>, 'fault' | 'tokens'> {
  /** More of the delivery to dev. */
  readonly dev?: string;
}

/** An app repo whose main goes to dev, which Argo CD deploys, and from there to staging, which nobody does. */
async function scene({ dev = 'application: front', ...options }: SceneOptions = {}) {
  let fault: Fault | undefined;
  const tokens = { reader: { get: true }, blind: { get: false } };
  const of = await harbour({ ...options, tokens, fault: (request) => fault?.(request) });
  const { argocd, host, repo } = of;
  await host.commit('config', { files: { 'staging/values.yaml': 'front:\n  imageTag: none\n' } });
  const app = await tempDir();
  await writeFile(
    join(app, 'tagboat.yaml'),
    `argocd: { server: "${argocd.url}", settle: 100ms }
deliveries:
  dev: { from: main, repo: '${repo}', set: { main/values.yaml: { .front.imageTag: '{commit}' } }, ${dev} }
  staging: { after: dev, soak: 30m, repo: '${repo}', set: { staging/values.yaml: { .front.imageTag: '{commit}' } } }
`,
  );
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '.');
  await git(app, ...who, 'commit', '--quiet', '--message', 'Open the shop');
  const source = (await git(app, 'rev-parse', 'HEAD')).trim();
  /** What a delivery to dev landed so many milliseconds ago, before Argo CD has heard of it. */
  const deliver = (ago = hour): Promise<string> =>
    host.commit('config', {
      files: valuesWith(source),
      message: `Update\n\nTagboat-Delivery: dev\nTagboat-Set: main/values.yaml:.front.imageTag=${source}\nTagboat-Source: https://git.test/acme/shop@${source}\n`,
      time: Math.floor((Date.now() - ago) / 1_000),
    });
  /** What is due, with time that runs so many times as fast. */
  const due = async (token = 'reader', times = 1) => {
    const done = await here(promote(common, [], { due: true }), {
      ...{ cwd: app, env: { ARGOCD_AUTH_TOKEN: token }, command: 'promote' },
      world: () => ({ clock: fastClock(times) }),
    });
    const [candidate] = (done.value as { candidates: readonly Candidate[] }).candidates;
    return { ...done, candidate };
  };
  const staging = async (): Promise<string> =>
    /imageTag: (\S+)/.exec(await host.git('config', 'show', 'main:staging/values.yaml'))?.[1] ?? '';
  const play = (next: Fault): void => {
    fault = next;
  };
  return { ...of, app: argocd.app('front'), source, deliver, due, staging, play };
}

/** Until Argo CD shows it so. */
function shown(app: ArgoCdApp, sync: string, health: string): Promise<void> {
  return vi.waitFor(
    () => expect(app.json()).toMatchObject({ status: { sync: { status: sync }, health: { status: health } } }),
    {
      timeout: 60_000,
      interval: 20,
    },
  );
}

type Scene = Awaited<ReturnType<typeof scene>>;

describe.skipIf(noHttpBackend !== undefined)(`tagboat promote --due, by what Argo CD shows${skipNote}`, () => {
  it.each([
    'application: front',
    'application: { name: front, project: default }',
    'application: true',
  ])('tells what is healthy at its commit from what has soaked, however its application is named: %s', async (dev) => {
    const { app, deliver, due, staging } = await scene({ dev });
    const landed = await deliver(60_000);
    await app.refresh();
    await shown(app, 'Synced', 'Healthy');
    const early = await due();
    expect(early).toMatchObject({ exitCode: 0, errors: [], commits: [] });
    expect(early.candidate).toMatchObject({ due: false, healthy: true, notYet: [{ is: 'soaking' }] });
    expect(app.json()).toMatchObject({ status: { sync: { revision: landed } } });
    expect(await staging()).toBe('none');
  });

  it('promotes it then, and has nothing to promote afterwards', async () => {
    const { app, deliver, due, staging, source, argocd } = await scene();
    await deliver();
    await app.refresh();
    await shown(app, 'Synced', 'Healthy');
    const done = await due();
    expect(done).toMatchObject({ exitCode: 0, errors: [], commits: [{ is: 'landed', delivery: 'staging' }] });
    expect(done.candidate).toMatchObject({ due: true, healthy: true, notYet: [] });
    expect(await staging()).toBe(source);
    const asked = argocd.requests.length;
    expect((await due()).candidate).toMatchObject({ notYet: [{ is: 'nothing' }] });
    expect(argocd.requests.length).toBe(asked);
  });

  it('takes a later commit of others that Argo CD shows for its own', async () => {
    const { app, host, deliver, due, staging, source } = await scene();
    await deliver();
    await host.commit('config', { files: { 'notes.md': 'another team' } });
    await app.refresh();
    await shown(app, 'Synced', 'Healthy');
    expect(await due()).toMatchObject({ exitCode: 0, commits: [{ is: 'landed' }] });
    expect(await staging()).toBe(source);
  });

  it.each([
    'ApplicationSet',
    'Application',
  ] as const)('is not due before the %s that writes its sources has carried the value there', async (kind) => {
    const of = await scene({ app: { owner: { kind, name: 'shops' } } });
    const charts = await of.host.createRepo('charts', { files: chart });
    const carry = async (value: string): Promise<void> => {
      const helm = { parameters: [{ name: 'front.imageTag', value }] };
      of.app.change([{ repoURL: charts, path: 'main', helm }]);
      await of.app.refresh();
      await vi.waitFor(
        () => expect(of.app.live).toMatchObject([{ manifest: { text: expect.stringContaining(`:${value}`) } }]),
        { timeout: 60_000 },
      );
      await shown(of.app, 'Synced', 'Healthy');
    };
    await of.deliver();
    await carry('before');
    const early = await of.due();
    expect(early).toMatchObject({ exitCode: 0, commits: [] });
    expect(early.candidate).toMatchObject({
      healthy: false,
      notYet: [
        { is: 'unhealthy', health: 'progressing', why: expect.stringContaining(`${kind} shops hasn't carried`) },
      ],
    });
    await carry(of.source);
    expect(await of.due()).toMatchObject({ exitCode: 0, commits: [{ is: 'landed', delivery: 'staging' }] });
  });

  const ill: readonly [string, SceneOptions, (of: Scene) => Promise<void>, string, RegExp][] = [
    [
      'progressing',
      { pace: { rollout: 3_600_000 } },
      async ({ app }) => {
        await app.refresh();
        await shown(app, 'Synced', 'Progressing');
      },
      'progressing',
      /^progressing$/,
    ],
    [
      'degraded',
      {},
      async ({ app }) => {
        app.mishaps.degraded = 'it crashes';
        await app.refresh();
        await shown(app, 'Synced', 'Degraded');
      },
      'degraded',
      /it crashes/,
    ],
    [
      'out of sync, and synced by hand',
      { app: { automated: false } },
      async ({ app }) => {
        app.sync();
        await shown(app, 'Synced', 'Healthy');
        await app.refresh();
      },
      'progressing',
      /synced by hand/,
    ],
    [
      'of a failed sync',
      {},
      async ({ app }) => {
        app.mishaps.syncFails = 'no such namespace';
        await app.refresh();
        await vi.waitFor(() => expect(app.json()).toMatchObject({ status: { operationState: { phase: 'Failed' } } }), {
          timeout: 60_000,
        });
      },
      'syncFailed',
      /no such namespace/,
    ],
    [
      'of an older commit',
      {},
      async ({ app }) => shown(app, 'Synced', 'Healthy'),
      'progressing',
      /still shows [0-9a-f]{7}, before [0-9a-f]{7}/,
    ],
    [
      'missing what it has to run',
      {},
      async ({ app }) => {
        await app.refresh();
        await shown(app, 'Synced', 'Healthy');
        app.patch((json) => {
          (json.status as { health: unknown }).health = { status: 'Missing' };
        });
      },
      'progressing',
      /missing/,
    ],
    [
      'without any health',
      {},
      async ({ app }) => {
        await app.refresh();
        await shown(app, 'Synced', 'Healthy');
        app.patch((json) => {
          delete (json.status as { health?: unknown }).health;
        });
      },
      'progressing',
      /health not known yet/,
    ],
    [
      'on its way out',
      {},
      async ({ app }) => {
        await app.refresh();
        await shown(app, 'Synced', 'Healthy');
        app.patch((json) => {
          (json.metadata as { deletionTimestamp: unknown }).deletionTimestamp = new Date().toISOString();
        });
      },
      'unknown',
      /being deleted/,
    ],
  ];
  it.each(ill)('leaves alone, and calls no fault, what is %s', async (_, options, act, health, why) => {
    const of = await scene(options);
    await of.deliver();
    await act(of);
    const done = await of.due();
    expect(done.candidate).toMatchObject({
      due: false,
      healthy: false,
      notYet: [{ is: 'unhealthy', application: 'front', health, why: expect.stringMatching(why) }],
    });
    expect(done).toMatchObject({ exitCode: 0, errors: [], commits: [] });
    expect(await of.staging()).toBe('none');
  });

  interface Mute {
    readonly what: string;
    readonly exitCode: number;
    readonly code: string;
    readonly act?: (of: Scene) => unknown;
    readonly dev?: string;
    readonly token?: string;
    /** How many times as fast time runs. */
    readonly times?: number;
  }
  const named = 'application: { name: front, project: default }';
  const all = 'application: true';
  const answering =
    (body: string, status = 200, type = 'application/json') =>
    ({ play }: Scene) =>
      play(() => ({ is: 'answer', status, type, body }));
  const gone = ({ argocd }: Scene) => argocd.remove('front');
  const shut = ({ argocd }: Scene) => argocd.close();
  const mute: readonly Mute[] = [
    { what: 'an application that is not there', exitCode: 2, code: 'APPLICATION_NOT_FOUND', act: gone, dev: named },
    { what: 'one that is not there or hidden', exitCode: 3, code: 'ARGOCD_FORBIDDEN', act: gone },
    { what: 'no application that follows it', exitCode: 2, code: 'APPLICATIONS_NONE_FOLLOW', act: gone, dev: all },
    { what: 'a token that may not look', exitCode: 3, code: 'ARGOCD_FORBIDDEN', token: 'blind' },
    { what: 'a token that means nothing there', exitCode: 3, code: 'ARGOCD_AUTH_REFUSED', token: 'stranger' },
    { what: 'a server that is not there', exitCode: 7, code: 'ARGOCD_UNREACHABLE', act: shut, times: 20 },
    {
      what: 'one not there to be asked for all',
      exitCode: 7,
      code: 'ARGOCD_UNREACHABLE',
      act: shut,
      dev: all,
      times: 20,
    },
    {
      ...{ what: 'an answer that does not end', exitCode: 8, code: 'ARGOCD_TIMEOUT', times: 50 },
      act: ({ play }) => play(() => ({ is: 'drip' })),
    },
    { what: 'a server in trouble', exitCode: 7, code: 'ARGOCD_SERVER_ERROR', act: answering('{}', 503), times: 20 },
    { what: 'a page', exitCode: 7, code: 'ARGOCD_MALFORMED', act: answering('<p>Log in</p>', 200, 'text/html') },
    { what: 'an empty answer', exitCode: 7, code: 'ARGOCD_MALFORMED', act: answering('{}') },
    {
      what: 'an empty list',
      exitCode: 2,
      code: 'APPLICATIONS_NONE_FOLLOW',
      act: answering('{"items":null}'),
      dev: all,
    },
  ];
  it.each(mute)('is never due by $what, and says so: $code', async ({ exitCode, code, act, dev, token, times }) => {
    const of = await scene(dev === undefined ? {} : { dev });
    await of.deliver();
    await of.app.refresh();
    await shown(of.app, 'Synced', 'Healthy');
    await act?.(of);
    const done = await of.due(token, times);
    expect(done.candidate).toMatchObject({
      due: false,
      notYet: [{ is: 'unknown', why: expect.stringContaining("whether dev is healthy can't be told: ") }],
    });
    expect(done.candidate?.healthy).toBeUndefined();
    expect(done).toMatchObject({
      exitCode,
      commits: [],
      errors: [{ code, about: expect.arrayContaining(['staging']) }],
    });
    expect(done.errors).toHaveLength(1);
    expect(await of.staging()).toBe('none');
  });
});
