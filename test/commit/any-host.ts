import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { landDelivery } from '../../src/commit/commit.ts';
import { openIntentRefs } from '../../src/commit/queue/intent-refs.ts';
import { openConfigRepo } from '../../src/commit/repo/config-repo.ts';
import { intentId } from '../../src/commit/repo/layout.ts';
import { commit } from '../../src/entry/commands/commit.ts';
import { promote } from '../../src/entry/commands/promote/promote.ts';
import { queue } from '../../src/entry/commands/queue.ts';
import type { DeliveryPlan, GitCredential } from '../../src/plan.ts';
import type { Env } from '../../src/wire/world.ts';
import { git } from '../support/git-host.ts';
import { here } from '../support/here.ts';
import { fastClock, testWorld } from '../support/world.ts';
import { bot, deliveryTo, quickWorld, setTag, shared, values, valuesWith } from './landing.ts';

// What is the same on whatever host.

export type Files = Readonly<Record<string, string>>;

/** A config repo as a host serves it, and what is in it by another way than ours. */
export interface Served {
  readonly url: string;
  readonly credential?: GitCredential;
  /** What a job has that may write there. */
  readonly env?: Env;
  readonly file: (file?: string) => Promise<string>;
  /** Of the commits since it was made, in their order. */
  readonly subjects: () => Promise<readonly string[]>;
  readonly isSound?: () => Promise<void>;
}

export const common = { json: true, quiet: false, color: false, jobs: 1 };

export const outcomes = (...is: string[]) => is.map((one) => ({ is: one }));

/** Lands as a run does, in real time, so that writers wait for each other. */
export const landInTime = (plan: DeliveryPlan, credential: GitCredential | undefined, budgetMs = 240_000) => {
  const world = testWorld({ clock: fastClock(1), random: Math.random });
  return landDelivery(world, world.emit, plan, credential, { budgetMs });
};

/** An app repo that delivers to two places of the config repo in `CONFIG_REPO`, until the test ends. */
export async function appRepo(more = ''): Promise<string> {
  const app = await mkdtemp(join(tmpdir(), 'tagboat-test-'));
  onTestFinished(() => rm(app, { recursive: true, force: true }));
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const delivery = (file: string, from: string) =>
    `{ repo: "\${CONFIG_REPO}", from: ${from}, set: { ${file}: { .tag: "{commit}" } }${more} }`;
  const deliveries = `  one: ${delivery('apps/app-1.yaml', 'main')}\n  two: ${delivery('apps/app-2.yaml', 'live')}\n`;
  await writeFile(join(app, 'tagboat.yaml'), `deliveries:\n${deliveries}`);
  await git(app, 'add', '.');
  await git(app, '-c', 'user.name=Ada', '-c', 'user.email=a@b.test', 'commit', '--quiet', '-m', 'An app');
  return app;
}

/** The files `appRepo` is about, and as many more: `tag: 0`, `tag: 1` … */
export const appFiles = (count: number): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`apps/app-${at}.yaml`, `tag: ${at}\n`]));

/** What a writer leaves in the queue that is killed right after publishing. */
async function leaveIntent(repo: string, file: string, credential: GitCredential | undefined): Promise<void> {
  const world = quickWorld();
  const now = Date.now();
  const opened = openConfigRepo(world, deliveryTo(repo), {
    ...{ credential, idleMs: 5_000, deadline: now + 60_000, notice: () => undefined },
  });
  const times = { publishedAt: now, expiresAt: now + 600_000 };
  const on = await opened.readTip();
  const draft = openIntentRefs(opened.remote, 'main', undefined).draft({
    ...{
      id: intentId(now, Math.random),
      branch: 'main',
      on,
      message: 'Set it\n',
      author: bot,
      committer: bot,
      ...times,
    },
    edits: [{ file, path: '.tag', value: 'left', create: false, expects: '3' }],
  });
  expect(await draft?.publish(world.signal)).toBe(true);
  await opened.close();
}

/**
 * Somebody waits already: the queue tells of it, what is promoted goes by, and what is set next goes through the queue
 * and lands both. Wants `appFiles(5)` and `shared`; `app` is an `appRepo`.
 */
export async function promotesAndQueues(app: string, { url, credential, env, file }: Served): Promise<void> {
  const on = { repo: url, branch: 'main' };
  const inApp = { cwd: app, env: { ...env, CONFIG_REPO: url } };
  const waiting = async (): Promise<unknown> => {
    const { errors, value } = await here(queue(common, undefined, on), { env: env ?? {} });
    expect(errors).toEqual([]);
    return value;
  };
  await leaveIntent(url, 'apps/app-3.yaml', credential);
  const edits = [{ file: 'apps/app-3.yaml', path: '.tag', value: 'left' }];
  expect(await waiting()).toMatchObject({ queues: [{ ...on, waiting: [{ change: { edits } }] }] });
  expect(await here(promote(common, ['one', 'two'], {}), inApp)).toMatchObject({
    ...{ errors: [], commits: outcomes('landed') },
  });
  expect(await file('apps/app-2.yaml')).toBe('tag: 1\n');
  const next = commit(common, { ...on, set: ['apps/app-4.yaml:.tag=set'], create: false });
  expect(await here(next, { env: env ?? {} })).toMatchObject({ errors: [], commits: outcomes('landed') });
  expect(await waiting()).toMatchObject({ queues: [{ waiting: [] }] });
  expect(await file('apps/app-3.yaml')).toBe('tag: left\n');
  expect(await file('apps/app-4.yaml')).toBe('tag: set\n');
}

/** Eight writers of eight files at once: each lands, exactly once. */
export async function landsEight(serve: (files: Files) => Promise<Served>): Promise<void> {
  const files = Array.from({ length: 8 }, (_, n) => `s${n}/values.yaml`);
  const served = await serve({ ...Object.fromEntries(files.map((one) => [one, values])), ...shared });
  const { url, credential, file, subjects, isSound } = served;
  const plans = files.map((one) => ({
    ...deliveryTo(url, setTag('b', one)),
    message: `Set ${one}\n\nTagboat-Source: abc`,
  }));
  const ended = await Promise.all(plans.map((plan) => landInTime(plan, credential)));
  expect(ended.map(({ is }) => is)).toEqual(files.map(() => 'landed'));
  for (const one of files) expect(await file(one)).toBe(valuesWith('b'));
  expect((await subjects()).toSorted()).toEqual(files.map((one) => `Set ${one}`));
  await isSound?.();
}
