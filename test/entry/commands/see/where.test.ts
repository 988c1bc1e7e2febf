import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { where } from '../../../../src/entry/commands/see/where.ts';
import type { WhereValue } from '../../../../src/events/json-event.ts';
import { cli, resultOf } from '../../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../../support/git-host.ts';
import { here } from '../../../support/here.ts';
import { file, type Scene, scene } from './scene.ts';

async function whereOf(of: Scene, ...asked: string[]): Promise<WhereValue> {
  const done = resultOf(await of.run('where', ...asked, '--json'));
  expect(done.errors).toEqual([]);
  return done.value as WhereValue;
}

const standings = ({ deliveries }: WhereValue) =>
  Object.fromEntries(
    deliveries.map(({ delivery, is, obstacles }) => [delivery, [is, ...obstacles.map((one) => one.is)]]),
  );

describe.skipIf(noHttpBackend !== undefined)(`tagboat where${skipNote}`, () => {
  it('says of a commit, a tag, an image or a pull request where it is, since when, or what is in the way', async () => {
    const of = await scene();
    const first = (await git(of.app, 'rev-parse', 'HEAD')).trim();
    await git(of.app, 'tag', 'v1');
    expect(standings(await whereOf(of))).toEqual({
      staging: ['notThere', 'notDelivered'],
      production: ['notThere', 'notTaken'],
    });
    await of.run('ship');
    await of.run('promote', 'staging', 'production');
    const second = await of.commit('Add the checkout button (#12)');
    await of.run('ship');
    // A later commit that has it; and what was promoted is what was there before.
    const old = await whereOf(of, 'v1');
    expect(standings(old)).toEqual({ staging: ['there'], production: ['there'] });
    expect(old).toMatchObject({
      commit: first,
      subject: 'Open the shop',
      deliveries: [{ places: [{ from: second, is: 'descendant' }, {}] }, {}],
    });
    const landed = (await of.host.git('config', 'rev-list', '--reverse', 'main')).trim().split('\n');
    expect(old.deliveries.map(({ places }) => places[0]?.since?.commit)).toEqual([landed[1], landed[2]]);
    for (const asked of ['#12', `registry.test/acme/shop:${second}`, second.slice(0, 9)])
      expect(await whereOf(of, asked), asked).toMatchObject({ commit: second });
    expect(standings(await whereOf(of))).toEqual({ staging: ['there'], production: ['notThere', 'notTaken'] });
    expect((await of.run('where', 'nothing-of-this-name')).code).toBe(2);

    await of.run('rollback', 'staging', '--why', 'it loses orders');
    expect(standings(await whereOf(of)).staging).toEqual(['notThere', 'held', 'held', 'rolledBack']);
    const text = (await of.run('where')).stdout;
    expect(text).toContain('it loses orders');
    expect(text.split('\n').every((line) => line.length <= 140)).toBe(true);
    await of.byHand('Try', {
      file: file('production'),
      from: `front:\n  imageTag: ${first}`,
      to: 'front:\n  imageTag: v9',
    });
    expect(standings(await whereOf(of, 'v1'))).toMatchObject({ production: ['partly', 'byHand', 'notTaken'] });
  });

  it('is not there where the value is of another line, or nobody can tell how the two stand', async () => {
    const of = await scene();
    await of.run('ship');
    await git(of.app, 'checkout', '--quiet', '--orphan', 'other');
    await of.commit('Begin anew');
    expect(standings(await whereOf(of)).staging).toEqual(['notThere', 'otherLine', 'notTaken']);
    const strange = 'f'.repeat(40);
    const told = await whereOf(of, strange);
    expect(told).toMatchObject({ commit: strange, branches: [] });
    expect(standings(told).staging).toEqual(['unknown', 'unknown']);
  });
});

it.skipIf(noHttpBackend !== undefined)(`says that nobody could be asked for a pull request${skipNote}`, async () => {
  const of = await scene();
  const mute = createServer((socket) => void socket.on('error', () => undefined).resume());
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => void mute.close());
  const remote = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/acme/shop`;
  const ask = async (url: string) => {
    await git(of.app, 'config', 'remote.origin.url', url);
    return here(where({ json: true, quiet: false, color: false, jobs: 1 }, '#12'), { cwd: of.app, idleMs: 300 });
  };
  expect((await ask(remote)).errors).toMatchObject([
    { code: 'GIT_TIMEOUT', message: expect.stringContaining(remote), exitCode: 6 },
  ]);
  const [local] = (await ask('/srv/shop')).errors;
  expect(local).toMatchObject({ code: 'USAGE', message: expect.stringContaining('the app repo has no remote') });
});

it.skipIf(noHttpBackend !== undefined)(`leaves out the age that git itself can't tell${skipNote}`, async () => {
  const of = await scene();
  const tree = (await git(of.app, 'rev-parse', 'HEAD^{tree}')).trim();
  const who = 'Ada <a@b.test> -2147483648 +0000';
  const input = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nOf 1901\n`;
  const hash = ['-C', of.app, 'hash-object', '-t', 'commit', '-w', '--stdin', '--literally'];
  await git(of.app, 'update-ref', 'refs/heads/main', execFileSync('git', hash, { input, encoding: 'utf8' }).trim());
  const { stdout } = await of.run('where');
  expect(stdout).toContain('Of 1901 (Ada)');
  expect((await whereOf(of)).committedAt).toBeUndefined();
});

it.skipIf(noHttpBackend !== undefined)(`knows the files of pull requests${skipNote}`, async () => {
  const of = await scene();
  const write = `{ "previews/{pr}/values.yaml": preview.yaml }`;
  await writeFile(join(of.app, 'preview.yaml'), 'tag: {commit}\n');
  await appendFile(
    join(of.app, 'tagboat.yaml'),
    `  previews: { from: { pullRequests: true }, repo: '${of.repo}', write: ${write} }\n`,
  );
  const ci = (pr: string) => ({
    ...{ GITHUB_ACTIONS: undefined, GITLAB_CI: 'true', CI_COMMIT_REF_NAME: 'topic', CI_MERGE_REQUEST_IID: pr },
    ...{ CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_ID: '77' },
    ...{ CI_MERGE_REQUEST_PROJECT_ID: '1', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1' },
  });
  const run = (pr: string, command: string) => cli([command], { cwd: of.app, env: ci(pr) });
  const base = await of.commit('With previews');
  await git(of.app, 'checkout', '--quiet', '-b', 'topic');
  const first = await of.commit('First of the topic');
  const previews = async (asked: string) => (await whereOf(of, asked)).deliveries.at(-1);
  expect(await previews(first)).toMatchObject({ is: 'notThere', places: [], obstacles: [{ is: 'notTaken' }] });
  expect((await run('7', 'ship')).code).toBe(0);
  await of.byHand('Another file', { file: file('staging'), from: 'front', to: 'front' });
  const second = await of.commit('Second of the topic');
  expect((await run('8', 'ship')).code).toBe(0);
  const [seven, eight] = ['7', '8'].map((pr) => `previews/${pr}/values.yaml`);
  expect(await previews(second)).toMatchObject({ is: 'there', places: [{ file: eight, from: second, is: 'same' }] });
  expect(await previews(first)).toMatchObject({ is: 'there', places: [{ file: eight }, { file: seven, is: 'same' }] });
  expect(await previews(base)).toMatchObject({ is: 'there', places: [{ is: 'descendant' }, { is: 'descendant' }] });
  expect((await of.run('where', second)).stdout).toContain(`\n${' '.repeat(14)}${eight}\n`);
  // What somebody has removed by hand is not there, whatever our commit says, and neither is what was retired.
  // Whoever may push there can write any message.
  const names = ['../x', '.git/config', '/', '//', 'a//b', '.', 'previews', 'README.md', 'x'.repeat(5_000)];
  const trailers = [...names.map((one) => `Tagboat-Write: ${one}`), 'Tagboat-Delivery: previews'];
  await of.byHand(`Hostile\n\n${trailers.join('\n')}\n`);
  expect((await previews(second))?.places.map((one) => one.file)).toEqual([eight]);
  expect((await run('7', 'retire')).code).toBe(0);
  expect((await previews(first))?.places.map((one) => one.file)).toEqual([eight]);
  const words = 'Remove it\n';
  execFileSync('git', ['-C', of.host.repoDir('config'), 'fast-import', '--quiet', '--force'], {
    input: `commit refs/heads/main\ncommitter Eve <e@example.test> 1 +0000\ndata ${words.length}\n${words}from refs/heads/main^0\nD ${eight}\n`,
  });
  expect(await previews(second)).toMatchObject({ is: 'notThere', places: [] });
});
