import { basename, dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { landDelivery } from '../../src/commit/commit.ts';
import type { DeliveryPlan, GitCredential } from '../../src/plan.ts';
import { noDulwich, serveByDulwich } from '../support/dulwich.ts';
import { gitHost, noHttpBackend } from '../support/git-host.ts';
import { type Gitea, noGitea, startGitea } from '../support/gitea.ts';
import { noJgit, serveByJgit } from '../support/jgit.ts';
import { fastClock, testWorld } from '../support/world.ts';
import { chart, deliveryTo, fileAt, isSound, setTag, shared, values, valuesWith } from './landing.ts';
import { configOn } from './propose/gitea.ts';

const name = 'config';

/** A config repo as such a host serves it, and what is in it by another way than ours. */
interface Served {
  readonly url: string;
  readonly credential?: GitCredential;
  readonly file: (file?: string) => Promise<string>;
  /** Of the commits since it was made, in their order. */
  readonly subjects: () => Promise<readonly string[]>;
  readonly isSound?: () => Promise<void>;
}

type Files = Readonly<Record<string, string>>;

/** A folder of repositories that the host serves; git itself looks at it. */
function folder(serve: (root: string) => Promise<string>) {
  return async (files: Files): Promise<Served> => {
    const host = await gitHost();
    await host.createRepo(name, { files });
    const dir = host.repoDir(name);
    return {
      url: `${await serve(dirname(dir))}/${basename(dir)}`,
      file: (file) => fileAt(host, name, file),
      subjects: async () =>
        (await host.git(name, 'log', '--format=%s', '--reverse', 'main')).trim().split('\n').slice(1),
      isSound: () => isSound(host, name),
    };
  };
}

let gitea: Gitea | undefined;
afterAll(() => gitea?.close());

async function byGitea(files: Files): Promise<Served> {
  gitea ??= await startGitea();
  const { api } = gitea;
  const { path, url, credential, file } = await configOn(gitea);
  const own = Object.entries(files).filter(([one]) => !(one in chart));
  await api('POST', `/repos/${path}/contents`, {
    files: own.map(([path, text]) => ({ operation: 'create', path, content: Buffer.from(text).toString('base64') })),
    message: 'Add files',
  });
  const subjects = async () => {
    const told = await api('GET', `/repos/${path}/commits?limit=50&stat=false`);
    const messages = (told as { readonly commit: { readonly message: string } }[]).map(({ commit }) => commit.message);
    return messages
      .slice(0, messages.indexOf('Add files\n'))
      .map((one) => one.split('\n')[0] ?? '')
      .reverse();
  };
  return { url, credential, file: (one) => file('main', one), subjects };
}

const hosts = [
  { by: 'Dulwich', missing: noDulwich ?? noHttpBackend, serve: folder(serveByDulwich) },
  { by: 'JGit', missing: noJgit ?? noHttpBackend, serve: folder(serveByJgit) },
  { by: 'Gitea', missing: noGitea, serve: byGitea },
];

const land = (plan: DeliveryPlan, credential: GitCredential | undefined, budgetMs = 240_000) => {
  const world = testWorld({ clock: fastClock(1), random: Math.random });
  return landDelivery(world, world.emit, plan, credential, { budgetMs });
};

for (const { by, missing, serve } of hosts) {
  const note = missing === undefined ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== undefined)(`a config repo on a real ${by}${note}`, () => {
    it('takes a commit, a hold that later ones respect, and the earlier value back', async () => {
      const { url, credential, file, isSound } = await serve({ 'main/values.yaml': values, ...shared });
      expect(await land(deliveryTo(url, setTag('b')), credential)).toMatchObject({ is: 'landed' });
      expect(await land(deliveryTo(url, setTag('b')), credential)).toMatchObject({ is: 'unchanged' });
      const places = [{ file: 'main/values.yaml', path: '.front.imageTag' }];
      const holds = { is: 'hold', places, by: 'Ada', why: 'it breaks', until: undefined } as const;
      const back = { ...deliveryTo(url, setTag('a')), message: 'Roll back', holds };
      expect(await land(back, credential)).toMatchObject({ is: 'landed' });
      expect(await land(deliveryTo(url, setTag('c')), credential)).toMatchObject({ is: 'held', why: 'it breaks' });
      expect(await file()).toBe(values);
      await isSound?.();
    }, 300_000);

    it('takes eight writers at once, each exactly once', async () => {
      const files = Array.from({ length: 8 }, (_, n) => `s${n}/values.yaml`);
      const { url, credential, file, subjects, isSound } = await serve({
        ...Object.fromEntries(files.map((one) => [one, values])),
        ...shared,
      });
      const plans = files.map((one) => ({
        ...deliveryTo(url, setTag('b', one)),
        message: `Set ${one}\n\nTagboat-Source: abc`,
      }));
      const outcomes = await Promise.all(plans.map((plan) => land(plan, credential)));
      expect(outcomes.map(({ is }) => is)).toEqual(files.map(() => 'landed'));
      for (const one of files) expect(await file(one)).toBe(valuesWith('b'));
      expect((await subjects()).toSorted()).toEqual(files.map((one) => `Set ${one}`));
      await isSound?.();
    }, 300_000);
  });
}
