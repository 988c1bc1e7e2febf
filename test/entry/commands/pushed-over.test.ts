import { expect, it } from 'vitest';
import { ship } from '../../../src/entry/commands/ship.ts';
import { configured } from '../../scenarios/app-repo.ts';
import { ofMergeRequest, writing } from '../../scenarios/preview.ts';
import { type Town, town } from '../../support/cli.ts';
import { git, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const file = 'previews/7/values.yaml';

/** The app repo at a host, and commits that are each made of its first one and pushed there by force. */
async function atHost({ host, app }: Town) {
  const shop = await host.createRepo('shop', { files: { a: 'b' } });
  await git(app, 'remote', 'add', 'origin', shop);
  const base = (await git(app, 'rev-parse', 'HEAD')).trim();
  await git(app, 'push', '--quiet', '--force', host.repoDir('shop'), 'HEAD:refs/heads/main');
  const make = async (text: string, ref: string, dir = app): Promise<string> => {
    await git(dir, 'reset', '--quiet', '--hard', base);
    await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', text);
    await git(dir, 'push', '--quiet', '--force', host.repoDir('shop'), `HEAD:${ref}`);
    return (await git(dir, 'rev-parse', 'HEAD')).trim();
  };
  return { shop, make };
}

it('an older run gives way to a commit that was pushed over its own and shipped while it built', async () => {
  const built = await town();
  const { host, app, env } = built;
  await writing('previews/{pr}/values.yaml', 'tag: {tag}\n')(built);
  const { shop, make } = await atHost(built);
  const ref = 'refs/merge-requests/7/head';
  const of = async (dir: string) => ({
    ...{ command: 'ship', cwd: dir },
    env: { ...env, ...(await ofMergeRequest({ ...built, app: dir })) },
  });
  await make('first', ref);
  expect((await here(ship(common), await of(app))).commits).toMatchObject([{ is: 'landed' }]);
  const second = await make('second', ref);
  const other = `${await tempDir()}/shop`;
  await git(app, 'clone', '--quiet', app, other);
  await git(other, 'remote', 'set-url', 'origin', shop);
  let third = '';
  const two = await here(ship(common), {
    ...(await of(app)),
    world: (own) => ({
      http: async (request) => {
        // The older run has looked before it built, and pushes its image now.
        if (third === '' && request.method === 'PUT' && String(request.url).includes('/manifests/')) {
          third = await make('third', ref, other);
          expect((await here(ship(common), await of(other))).commits).toMatchObject([{ is: 'landed' }]);
        }
        return own.http(request);
      },
    }),
  });
  expect(two.commits).toMatchObject([{ is: 'superseded', by: third }]);
  expect(second).not.toBe(third);
  expect(await host.git('config', 'show', `main:${file}`)).toBe(`tag: ${third}\n`);
  expect(await host.git('config', 'show', 'main:main/values.yaml')).toContain(third);
});

it.each([
  ['main', undefined, 'refs/heads/main'],
  ['another pull request', '8', 'refs/merge-requests/8/head'],
  ['the same pull request', '7', 'refs/merge-requests/7/head'],
])('a pull request over the value of %s', async (_, number, ref) => {
  const built = await town();
  const { host, app, env } = built;
  await configured((text) => text.replace('from: main', 'from: { branches: main, pullRequests: true }'))(built);
  const { make } = await atHost(built);
  const asPull = async (iid: string) => ({ ...env, ...(await ofMergeRequest(built)), CI_MERGE_REQUEST_IID: iid });
  const other = await make('other', ref);
  const one = { command: 'ship', cwd: app, env: number === undefined ? env : await asPull(number) };
  expect((await here(ship(common), one)).commits).toMatchObject([{ is: 'landed' }]);
  const pull = await make('of pull request 7', 'refs/merge-requests/7/head');
  const two = await here(ship(common), { command: 'ship', cwd: app, env: await asPull('7') });
  const isOwn = number === '7';
  expect(two.errors.map(({ code }) => code)).toEqual(isOwn ? [] : ['ORDER_DIVERGED']);
  expect(await host.git('config', 'show', 'main:main/values.yaml')).toContain(isOwn ? pull : other);
});
