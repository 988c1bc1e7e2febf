import { type Manifest, runsPods, steady } from './render.ts';
import { failedResult, metadataOf } from './shown.ts';
import { createTimers } from './timers.ts';
import type { AppSpec, ArgoCdApp, Backing, LiveResource, Mishaps, Pace } from './types.ts';

const second = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

const unassessed = ['ConfigMap', 'Secret', 'ServiceAccount'];

/** An application compared, synced and rolled out at `pace`; `changed` hears of steps, `made` of child Applications. */
export function createArgoCdApp(
  first: AppSpec,
  backing: Backing,
  pace: Pace,
  { changed, made }: { changed(app: ArgoCdApp): void; made(manifest: Manifest, by: string): void },
): ArgoCdApp {
  let spec = first;
  const uid = `uid-${spec.name}-${Math.random().toString(36).slice(2)}`;
  const mishaps: Mishaps = {};
  const timers = createTimers();
  let version = 1;
  let live: LiveResource[] = [];
  let refreshing: Promise<void> | undefined;
  let wanted: { readonly revisions: string[]; readonly manifests: readonly Manifest[] } | undefined;
  let rollouts = 0;
  let comparedTo: unknown = {};
  const many = spec.sources.length > 1;
  const annotations: Record<string, string> = {};
  let operation: Record<string, unknown> | undefined;
  const status: Record<string, unknown> = {
    sync: { status: 'Unknown' },
    health: { status: 'Unknown' },
    summary: {},
    resources: [],
  };
  let overlay: (json: Record<string, unknown>) => void = () => undefined;

  const { later } = timers;
  const tell = (): void => {
    version += 1;
    if (!timers.closed()) changed(app);
  };
  const revisionFields = (revisions: readonly string[]) => (many ? { revisions } : { revision: revisions[0] ?? '' });

  const compare = async (): Promise<void> => {
    await later(pace.compare);
    if (mishaps.stuck === true) await later(3_600_000);
    const { sources } = spec;
    try {
      const read = await Promise.all(sources.map((source) => backing.read(source)));
      wanted = {
        revisions: read.map(({ revision }) => revision),
        manifests: read.flatMap(({ manifests }) => manifests),
      };
      delete status.conditions;
      comparedTo = many ? { sources } : { source: sources[0] };
      showSync();
    } catch (error) {
      wanted = undefined;
      const message = `Failed to load target state: failed to generate manifest for source 1 of ${spec.sources.length}: rpc error: code = Unknown desc = ${(error as Error).message}`;
      status.conditions = [{ type: 'ComparisonError', message, lastTransitionTime: second() }];
      status.sync = { status: 'Unknown', ...revisionFields([]) };
    }
    status.reconciledAt = second();
    delete annotations['argocd.argoproj.io/refresh'];
    tell();
    if ((status.sync as { status: string }).status === 'OutOfSync' && (spec.automated ?? true) && !failedBefore())
      app.sync();
  };
  const showSync = (): void => {
    if (wanted === undefined) return;
    const same =
      live.map(({ manifest }) => manifest.text).join('\n') ===
      steady(wanted.manifests)
        .map(({ text }) => text)
        .join('\n');
    status.sync = { status: same ? 'Synced' : 'OutOfSync', ...revisionFields(wanted.revisions), comparedTo };
    showLive();
  };
  const showLive = (): void => {
    const rank = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'];
    const healths =
      live.length === 0 && (wanted?.manifests.length ?? 0) > 0 ? ['Missing'] : live.map(({ health }) => health);
    const worst = healths.reduce((a, b) => (rank.indexOf(b) > rank.indexOf(a) ? b : a), 'Healthy');
    const before = (status.health as { status: string; lastTransitionTime?: string } | undefined) ?? { status: '' };
    status.health = {
      status: worst,
      lastTransitionTime: before.status === worst ? before.lastTransitionTime : second(),
    };
    status.resources = live.map(({ manifest, health, message }) => ({
      ...{
        group: manifest.group,
        version: manifest.version,
        kind: manifest.kind,
        namespace: 'default',
        name: manifest.name,
      },
      status: 'Synced',
      // Of some kinds Argo CD can't tell any.
      ...(unassessed.includes(manifest.kind)
        ? {}
        : { health: { status: health, ...(message === '' ? {} : { message }) } }),
    }));
    status.summary = {
      images: live.flatMap(({ manifest, runs }) => (runsPods(manifest) ? (runs ?? manifest.images) : [])),
    };
  };
  /** Auto-sync doesn't try a commit again that it failed with. */
  const failedBefore = (): boolean => {
    const state = status.operationState as
      | { phase?: string; syncResult?: { revision?: string; revisions?: string[] } }
      | undefined;
    if (state?.phase !== 'Failed') return false;
    const tried = many ? state.syncResult?.revisions : [state.syncResult?.revision ?? ''];
    return JSON.stringify(tried) === JSON.stringify(wanted?.revisions);
  };

  const run = async (): Promise<void> => {
    const target = wanted;
    if (target === undefined) return;
    const startedAt = second();
    operation = undefined;
    const fields = revisionFields(target.revisions);
    const state = (phase: string, message: string, more: Record<string, unknown> = {}) => ({
      ...{ operation: { sync: fields }, phase, message, startedAt, syncResult: { ...fields, ...more } },
    });
    status.operationState = state('Running', 'waiting for completion of sync');
    tell();
    await later(pace.sync);
    const hook = target.manifests.find(({ hook: kind, name }) => kind !== undefined && name === mishaps.hookFails);
    const incomplete = hook && 'one or more synchronization tasks completed unsuccessfully';
    const failure = mishaps.syncFails ?? incomplete;
    if (failure !== undefined) {
      const resources = [failedResult(hook ?? target.manifests[0], failure)];
      status.operationState = { ...state('Failed', failure, { resources }), finishedAt: second() };
      const revision = target.revisions[0]?.slice(0, 7);
      status.conditions = [
        {
          type: 'SyncError',
          message: `Failed last sync attempt to ${revision}: ${failure}`,
          lastTransitionTime: second(),
        },
      ];
      return tell();
    }
    roll(target.manifests);
    status.operationState = { ...state('Succeeded', 'successfully synced (all tasks run)'), finishedAt: second() };
    showSync();
    status.reconciledAt = second();
    tell();
  };

  const roll = (manifests: readonly Manifest[]): void => {
    rollouts += 1;
    const mine = rollouts;
    for (const manifest of manifests) if (manifest.kind === 'Application') made(manifest, spec.name);
    live = steady(manifests).map((manifest) => {
      const same = live.find((one) => one.manifest.text === manifest.text);
      if (same !== undefined) return same;
      const before = live.find((one) => one.manifest.kind === manifest.kind && one.manifest.name === manifest.name);
      // Pods that are replaced only when they are deleted, or that a partition leaves, stay as they were.
      const stays = before !== undefined && /^ *(?:type: OnDelete|partition: [1-9]\d*)$/m.test(manifest.text);
      const rolls = runsPods(manifest) && !stays;
      return {
        manifest,
        since: stays ? before.since : second(),
        ...(stays ? { runs: before.runs ?? before.manifest.images } : {}),
        health: rolls ? 'Progressing' : 'Healthy',
        message: rolls ? 'Waiting for rollout to finish: 0 of 1 updated replicas are available...' : '',
        waiting: undefined,
      };
    });
    for (const resource of live.filter(({ health }) => health === 'Progressing'))
      void rollOne(resource, () => mine === rollouts);
  };
  const rollOne = async (resource: LiveResource, current: () => boolean): Promise<void> => {
    const fault = mishaps.podWaits ?? (await backing.roll(resource.manifest.images)).fault;
    await later(pace.rollout);
    if (!current()) return;
    resource.waiting = fault;
    if (fault === undefined && mishaps.degraded === undefined) {
      Object.assign(resource, { health: 'Healthy', message: '' });
      showLive();
      return tell();
    }
    showLive();
    tell();
    await later(pace.deadline);
    if (!current()) return;
    const message = mishaps.degraded ?? `Deployment "${resource.manifest.name}" exceeded its progress deadline`;
    Object.assign(resource, { health: 'Degraded', message });
    showLive();
    tell();
  };

  const app: ArgoCdApp = {
    get spec() {
      return spec;
    },
    mishaps,
    change: (sources) => {
      spec = { ...spec, sources };
      tell();
      void later(mishaps.blind ?? 0).then(() => app.refresh());
    },
    get live() {
      return live;
    },
    json: () => {
      const json: Record<string, unknown> = {
        metadata: { ...metadataOf(spec, annotations), uid, resourceVersion: String(version) },
        spec: {
          project: spec.project ?? 'default',
          destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
          ...(many ? { sources: spec.sources } : { source: spec.sources[0] }),
          ...((spec.automated ?? true) ? { syncPolicy: { automated: {} } } : {}),
        },
        status: structuredClone(status),
        operation,
      };
      overlay(json);
      return json;
    },
    refresh: () => {
      annotations['argocd.argoproj.io/refresh'] = 'normal';
      tell();
      refreshing ??= compare().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    sync: () => {
      if (mishaps.window === true) return 'window';
      const state = status.operationState as { phase?: string } | undefined;
      if (state?.phase === 'Running' || operation !== undefined) return 'running';
      operation = { sync: revisionFields(wanted?.revisions ?? []), initiatedBy: { automated: spec.automated ?? true } };
      tell();
      void later(10).then(run);
      return undefined;
    },
    patch: (change) => {
      overlay = change;
      tell();
    },
    close: timers.close,
  };
  return app;
}
