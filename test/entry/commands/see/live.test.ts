import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StatusValue, WhereValue } from '../../../../src/events/json-event.ts';
import { harbour } from '../../../support/argocd.ts';
import { cli, resultOf } from '../../../support/cli.ts';
import { git, noHttpBackend, skipNote, tempDir } from '../../../support/git-host.ts';
import { startOwnRegistry } from '../../../support/registries.ts';

const set = 'main/values.yaml:.front.imageTag';

/** An app repo with one image and one environment that Argo CD deploys. */
async function scene() {
  const { argocd, host, repo } = await harbour({ tokens: { reader: { get: true } } });
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const app = await tempDir();
  await writeFile(join(app, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  await writeFile(
    join(app, 'tagboat.yaml'),
    `registry: ${registry.host}
images: { app: {} }
argocd: { server: "${argocd.url}", settle: 100ms }
deliveries:
  live: { from: main, repo: '${repo}', set: { main/values.yaml: { .front.imageTag: '{commit}' } }, application: front }
`,
  );
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const commit = async (subject: string): Promise<string> => {
    await git(app, 'add', '--all');
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '--message', subject);
    return (await git(app, 'rev-parse', 'HEAD')).trim();
  };
  let token = 'reader';
  const run = (...args: string[]) => cli(args, { cwd: app, env: { ARGOCD_AUTH_TOKEN: token } });
  const where = async (): Promise<WhereValue> => resultOf(await run('where', '--json')).value as WhereValue;
  const status = async () => (resultOf(await run('status', '--json')).value as StatusValue).rows;
  const logOut = () => {
    token = 'stranger';
  };
  return { host, commit, run, where, status, logOut };
}

describe.skipIf(noHttpBackend !== undefined)(`what is live${skipNote}`, () => {
  it('is asked of the registry and of Argo CD, and told as not asked where Argo CD knows nobody', async () => {
    const { commit, run, where, status, logOut } = await scene();
    await commit('Open the shop');
    expect((await where()).images).toMatchObject([{ name: 'app', is: 'notBuilt' }]);
    expect((await where()).deliveries).toMatchObject([{ is: 'notThere', obstacles: [{ is: 'notBuilt' }] }]);
    expect((await run('ship', '--quiet')).code).toBe(0);

    const live = [{ application: 'front', is: 'healthy' }];
    expect(await where()).toMatchObject({
      images: [{ name: 'app', is: 'built', digest: expect.stringMatching(/^sha256:/) }],
      deliveries: [{ is: 'there', obstacles: [], live }],
    });
    expect(await status()).toMatchObject([{ service: 'front', delivery: 'live', live }]);

    // What Argo CD doesn't say is said, and what git tells stays.
    logOut();
    const told = { notAsked: expect.stringMatching(/\(ARGOCD_\w+\)$/) };
    const [row] = await status();
    expect(row).toMatchObject({ by: 'Ada', ...told });
    expect(row?.live).toBeUndefined();
    expect((await where()).deliveries).toMatchObject([{ is: 'there', ...told }]);
  });

  it('is told of the last writer where two app repos write to one place, whatever the delivery was called', async () => {
    const { host, commit, status, where } = await scene();
    const ours = await commit('Open the shop');
    const theirs = 'b'.repeat(40);
    const write = (app: string, delivery: string, id: string, time: number) =>
      host.commit('config', {
        files: { 'main/values.yaml': `front:\n  image: registry.test/app\n  imageTag: ${id}\n` },
        message: `Update\n\nTagboat-App: ${app}\nTagboat-Delivery: ${delivery}\nTagboat-Set: ${set}=${id}\nTagboat-Source: https://git.test/${app}@${id}\n`,
        time,
      });
    await write('acme/shop', 'before-it-was-renamed', ours, 2_000_000_000);
    expect(await status()).toMatchObject([{ commit: ours, url: 'https://git.test/acme/shop', byHand: false }]);
    expect((await where()).deliveries).toMatchObject([{ is: 'there' }]);
    // By a clock that is years behind.
    await write('acme/other', 'theirs', theirs, 1_000_000_000);
    expect(await status()).toMatchObject([{ commit: theirs, url: 'https://git.test/acme/other', byHand: false }]);
    expect((await where()).deliveries).toMatchObject([{ is: 'unknown' }]);
    // A trailer that says another value than the file has: nobody's word but the file's counts.
    await host.commit('config', {
      files: { 'main/values.yaml': 'front:\n  image: registry.test/app\n  imageTag: forged\n' },
      message: `Update\n\nTagboat-Set: ${set}=${ours}\nTagboat-Source: nonsense@${ours}\nTagboat-Set: :::=\n`,
    });
    expect(await status()).toMatchObject([{ value: 'forged', byHand: true }]);
    // History written anew: what stands at the branch counts.
    await host.git('config', 'update-ref', 'refs/heads/main', 'refs/heads/main~2');
    expect(await status()).toMatchObject([{ commit: ours }]);
  });
});
