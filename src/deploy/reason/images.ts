import type { LiveImages } from '../../plan/deploy.ts';
import type { Application, TreeNode } from '../../wire/argocd/types.ts';
import { at, isObject, numberAt, textAt } from '../../wire/fields.ts';
import { isImageOf } from '../verdict/images.ts';
import type { Asking } from './reason.ts';

/** What of an application makes pods. */
const workloads = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'ReplicaSet', 'Rollout', 'Pod'];
/** As many as are looked at for why none of them runs an image. */
const mostWorkloads = 20;

/**
 * Which of the run's images an application runs. `ours` are `host/repository:tag@digest`; `unread` says why its manifests
 * may not be made of what was set, where that is known. What can't be asked is left out.
 */
export async function liveImages(
  asking: Asking,
  last: Application,
  ours: readonly string[],
  about: { readonly strict: boolean; readonly unread: string | undefined },
): Promise<LiveImages | undefined> {
  if (ours.length === 0) return undefined;
  const runs = ({ images }: Application) => ours.filter((one) => images.some((running) => isImageOf(running, one)));
  // The pods that are listed may be older than the health.
  const live = runs(last).length > 0 ? runs(last) : runs(await asking.argocd.application(asking.app).catch(() => last));
  const absent = ours.filter((one) => !live.includes(one));
  if (live.length > 0) return { live, absent, because: undefined, fails: false };
  const because = (await whyAbsent(asking, ours)) ?? about.unread ?? noWorkload;
  return { live, absent, because, fails: about.strict };
}

/** A workload, or what an operator makes one of. */
function makesPods({ kind, group }: TreeNode): boolean {
  return workloads.includes(kind) || (group.includes('.') && !/(?:^|\.)(?:k8s|argoproj)\.io$/.test(group));
}

const noWorkload = 'no workload of it names one of them: its manifests may not use the values that were set';

async function whyAbsent({ argocd, app }: Asking, ours: readonly string[]): Promise<string | undefined> {
  const tree = await argocd.tree(app).catch((): TreeNode[] => []);
  const own = tree.filter((node) => node.parents.length === 0 && makesPods(node));
  const told = await Promise.all(
    own.slice(0, mostWorkloads).map(async (node) => {
      const manifest = await argocd.resource(app, node).catch(() => undefined);
      const names = imagesIn(at(manifest, 'spec')).some((image) => ours.some((one) => isImageOf(image, one)));
      return names ? `${node.kind} ${node.name} ${whyNotYet(node.kind, at(manifest, 'spec'))}` : undefined;
    }),
  );
  const whys = told.filter((why) => why !== undefined);
  return whys.length === 0 ? undefined : whys.join('; ');
}

/** Why a workload that names an image has no pod of it. */
function whyNotYet(kind: string, spec: unknown): string {
  if (kind === 'CronJob') {
    if (at(spec, 'suspend') === true) return 'runs it, and is suspended';
    return `runs it at its next time (${textAt(spec, 'schedule')})`;
  }
  if (at(spec, 'replicas') === 0) return 'has it, and 0 replicas';
  if (at(spec, 'paused') === true) return 'has it, and is paused';
  if (textAt(spec, 'updateStrategy', 'type') === 'OnDelete') {
    return 'has it, and replaces its pods only when they are deleted (updateStrategy OnDelete)';
  }
  const partition = numberAt(spec, 'updateStrategy', 'rollingUpdate', 'partition');
  if (partition > 0) return `has it, and leaves its pods below ${partition} as they are (partition)`;
  return 'has it, and no pod shows it';
}

/** Every `image` below, whatever it stands in. */
function imagesIn(value: unknown, depth = 0): string[] {
  if (depth > 20) return [];
  if (Array.isArray(value)) return value.flatMap((one) => imagesIn(one, depth + 1));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'image' && typeof inner === 'string' ? [inner] : imagesIn(inner, depth + 1),
  );
}
