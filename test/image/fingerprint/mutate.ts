import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJob } from '../../../src/image/job.ts';
import { fingerprintNow } from '../../../src/image/reuse/decide.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { pushBaseImage, pushIndex, type TarEntry } from '../../support/base-image.ts';
import type { TestWorld } from '../../support/world.ts';
import { type Content, contextsIn, imageRun, planFor, writeContext } from '../images.ts';
import type { Mutation } from './mutation.ts';
import { contextMutations } from './mutations-context.ts';
import { fileMutations } from './mutations-files.ts';
import { textMutations } from './mutations-text.ts';

/** All that is changed, one thing at a time. */
export const mutations: readonly Mutation[] = [...fileMutations, ...contextMutations, ...textMutations];

/** Whether the second time is the first once more. */
export type Same = 'same' | 'differs';

export type When = 'before' | 'after';

/** Does something with the mutated build as it is at that time: its plan, whose context is written. */
export async function at<T>(
  mutation: Mutation,
  when: When,
  host: string,
  how: Partial<ImagePlan>,
  work: (plan: ImagePlan) => Promise<T>,
): Promise<T> {
  const change = when === 'after' ? mutation.change : {};
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-mutation-'));
  try {
    const names = named(mutation, host);
    const all: [string, Content | null][] = Object.entries({ ...mutation.files, ...change.files });
    const files = Object.fromEntries(all.filter((entry): entry is [string, Content] => entry[1] !== null));
    await writeContext(dir, { ...files, Dockerfile: names(change.dockerfile ?? mutation.dockerfile) });
    for (const folder of change.folders ?? []) await mkdir(join(dir, folder));
    for (const [path, mode] of Object.entries(change.modes ?? {})) await chmod(join(dir, path), mode);
    await pushMoving(mutation, host, change.moved === true);
    const args = Object.entries({ ...mutation.args, ...change.args }).map(([name, value]) => [name, names(value)]);
    const target = change.target ?? mutation.target;
    const platforms = change.platforms ?? mutation.platforms ?? ['linux/amd64'];
    const contexts = contextsIn(dir, { ...mutation.contexts, ...change.contexts }, names);
    return await work(planFor(host, dir, { args: Object.fromEntries(args), target, platforms, contexts, ...how }));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The fingerprint as a run would take it now, or why there is none. */
export async function fingerprintAt(world: TestWorld, mutation: Mutation, when: When, host: string): Promise<string> {
  return at(mutation, when, host, { engine: 'buildx' }, async (plan) => {
    const known = await fingerprintNow(openJob(imageRun(world), plan));
    return known.is === 'known' ? known.fingerprint.hash : known.why;
  });
}

function slug({ title }: Mutation): string {
  return title
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()
    .replace(/^-|-$/g, '');
}

function named(mutation: Mutation, host: string): (text: string) => string {
  const images = { MOVING: `moving-${slug(mutation)}`, INDEX: `index-${slug(mutation)}`, BASE: 'base', SHELL: 'shell' };
  return (text) =>
    // In upper case and not after a $ or {: a variable may be called so.
    text.replaceAll(
      /(?<![$\w{])(MOVING|INDEX|BASE|SHELL)(?=$|[\s])(?! \[)/gm,
      (name) => `${host}/${images[name as 'BASE']}:1`,
    );
}

/** The images whose tags a mutation moves. */
async function pushMoving(mutation: Mutation, host: string, moved: boolean): Promise<void> {
  const uses = (name: string) =>
    JSON.stringify([mutation.dockerfile, mutation.change, mutation.args, mutation.contexts]).includes(name);
  const layer = (body: string): TarEntry[] => [{ name: 'f', body }];
  if (uses('MOVING')) {
    const layers = [layer(moved ? 'moved\n' : 'there\n')];
    await pushBaseImage(host, { repository: `moving-${slug(mutation)}`, tag: '1', layers });
  }
  if (uses('INDEX')) {
    const repository = `index-${slug(mutation)}`;
    const manifests = [];
    for (const architecture of ['amd64', 'arm64']) {
      const platform = { os: 'linux', architecture };
      const layers = [layer(moved && architecture === 'arm64' ? 'moved\n' : 'there\n')];
      manifests.push({ ...(await pushBaseImage(host, { repository, layers, platform })), platform });
    }
    await pushIndex(host, repository, '1', manifests);
  }
}
