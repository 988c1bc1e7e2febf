import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noDulwich, serveByDulwich } from '../support/dulwich.ts';
import { gitHost, noHttpBackend } from '../support/git-host.ts';
import { type Gitea, noGitea, startGitea } from '../support/gitea.ts';
import { noJgit, serveByJgit } from '../support/jgit.ts';
import { appFiles, appRepo, type Files, landInTime, landsEight, promotesAndQueues, type Served } from './any-host.ts';
import { chart, deliveryTo, fileAt, isSound, setTag, shared, subjectsIn, values } from './landing.ts';
import { configOn } from './propose/gitea.ts';

const name = 'config';

/** A folder of repositories that the host serves; git itself looks at it. */
function folder(serve: (root: string) => Promise<string>) {
  return async (files: Files): Promise<Served> => {
    const host = await gitHost();
    await host.createRepo(name, { files });
    const dir = host.repoDir(name);
    return {
      url: `${await serve(dirname(dir))}/${basename(dir)}`,
      file: (file) => fileAt(host, name, file),
      subjects: () => subjectsIn(host, name),
      isSound: () => isSound(host, name),
    };
  };
}

let gitea: Gitea;
afterAll(() => gitea?.close());

async function byGitea(files: Files): Promise<Served> {
  const { api, token } = gitea;
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
  return { url, credential, env: { TAGBOAT_TOKEN: token }, file: (one) => file('main', one), subjects };
}

const hosts = [
  { by: 'Dulwich', missing: noDulwich ?? noHttpBackend, serve: folder(serveByDulwich) },
  { by: 'JGit', missing: noJgit ?? noHttpBackend, serve: folder(serveByJgit) },
  { by: 'Gitea', missing: noGitea, serve: byGitea, start: startOne },
];

// It may first have to be built, for minutes.
async function startOne(): Promise<void> {
  gitea = await startGitea();
}

for (const { by, missing, serve, start } of hosts) {
  const note = missing === undefined ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== undefined)(`a config repo on a real ${by}${note}`, () => {
    beforeAll(async () => start?.(), 1_560_000);

    it('takes a commit, a hold that later ones respect, and the earlier value back', async () => {
      const { url, credential, file, isSound } = await serve({ 'main/values.yaml': values, ...shared });
      expect(await landInTime(deliveryTo(url, setTag('b')), credential)).toMatchObject({ is: 'landed' });
      expect(await landInTime(deliveryTo(url, setTag('b')), credential)).toMatchObject({ is: 'unchanged' });
      const places = [{ file: 'main/values.yaml', path: '.front.imageTag' }];
      const holds = { is: 'hold', places, by: 'Ada', why: 'it breaks', until: undefined } as const;
      const back = { ...deliveryTo(url, setTag('a')), message: 'Roll back', holds };
      expect(await landInTime(back, credential)).toMatchObject({ is: 'landed' });
      expect(await landInTime(deliveryTo(url, setTag('c')), credential)).toMatchObject({
        is: 'held',
        why: 'it breaks',
      });
      expect(await file()).toBe(values);
      await isSound?.();
    }, 300_000);

    it('takes eight writers at once, each exactly once', () => landsEight(serve), 300_000);

    it('takes a promotion past a change that waits, and lands that with what is set next', async () => {
      const app = await appRepo();
      const served = await serve({ ...appFiles(5), ...shared });
      await promotesAndQueues(app, served);
      await served.isSound?.();
    }, 300_000);
  });
}
