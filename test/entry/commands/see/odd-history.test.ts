import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HistoryValue, StatusValue, WhereValue } from '../../../../src/events/json-event.ts';
import type { GitHost } from '../../../../src/sandbox/git-host/git-host.ts';
import { type CliResult, cli, resultOf } from '../../../support/cli.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../../support/git-host.ts';
import { file, scene } from './scene.ts';

const day = 86_400;
const start = Date.UTC(2026, 0, 1) / 1_000;
const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];

/** A config commit's words, as some run of an app repo wrote them. */
const words = (delivery: string, value: string, at = 'values.yaml:.image.tag', app = 'acme/shop'): string =>
  `Update to ${value}\n\nTagboat-App: ${app}\nTagboat-Delivery: ${delivery}\nTagboat-Set: ${at}=${value}\nTagboat-Source: https://git.test/${app}@${value}\nArgocd-reference-commit-sha: ${value}\nArgocd-reference-commit-subject: Change ${value[0]}\nArgocd-reference-commit-date: 2025-12-31T23:00:00Z\n`;

const values = (tag: string): string => `image:\n  tag: ${tag}\n`;

interface World {
  readonly host: GitHost;
  readonly app: string;
  run(...args: string[]): Promise<CliResult>;
  history(...args: string[]): Promise<HistoryValue>;
  status(): Promise<StatusValue['rows']>;
  where(asked: string): Promise<WhereValue>;
  /** A delivery by somebody's run, `minutes` after the start. */
  deliver(
    repo: string,
    branch: string,
    minutes: number,
    message: string,
    files: Readonly<Record<string, string | undefined>>,
  ): Promise<string>;
}

/** An app repo of `acme/shop` with deliveries to these repos of one host, each `name: [repo, branch, file]`. */
async function world(deliveries: Readonly<Record<string, readonly [string, string, string]>>): Promise<World> {
  const host = await gitHost();
  const repos = new Set(Object.values(deliveries).map(([repo]) => repo));
  for (const repo of repos)
    await host.createRepo(repo, { files: { 'values.yaml': values('none') }, time: start - day, message: 'Begin' });
  const app = await tempDir();
  const lines = Object.entries(deliveries).map(
    ([name, [repo, branch, path]]) =>
      `  ${name}: { from: main, repo: '${host.repoUrl(repo)}', branch: ${branch}, set: { ${path}: { .image.tag: '{commit}' } } }\n`,
  );
  await writeFile(join(app, 'tagboat.yaml'), `deliveries:\n${lines.join('')}`);
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'remote', 'add', 'origin', 'https://git.test/acme/shop');
  await git(app, 'add', '--all');
  await git(app, '-c', 'user.name=Ada', '-c', 'user.email=a@b.test', 'commit', '--quiet', '--message', 'Begin');
  const run = (...args: string[]) => cli(args, { cwd: app });
  const value = async <T>(...args: string[]): Promise<T> => {
    const done = resultOf(await run(...args, '--json'));
    expect(done.errors).toEqual([]);
    return done.value as T;
  };
  return {
    ...{ host, app, run },
    history: (...args) => value('history', ...args),
    status: async () => (await value<StatusValue>('status')).rows,
    where: (asked) => value('where', asked),
    deliver: (repo, branch, minutes, message, files) =>
      host.commit(repo, { branch, message, files, time: start + minutes * 60 }),
  };
}

const told = ({ entries }: HistoryValue) =>
  entries.map(({ is, delivery, source }) => [is, delivery, source?.commit.slice(0, 1)]);

describe.skipIf(noHttpBackend !== undefined)(`histories as they are found${skipNote}`, () => {
  it('a place is its repo, its branch, its file and its path: two repos laid out alike are two', async () => {
    const { history, deliver } = await world({
      web: ['web', 'main', 'values.yaml'],
      api: ['api', 'main', 'values.yaml'],
    });
    await deliver('web', 'main', 1, words('web', one), { 'values.yaml': values(one) });
    await deliver('api', 'main', 2, words('api', two), { 'values.yaml': values(two) });
    expect(told(await history())).toEqual([
      ['delivered', 'api', '2'],
      ['delivered', 'web', '1'],
    ]);
    expect(told(await history('web'))).toEqual([['delivered', 'web', '1']]);
    expect(told(await history('api'))).toEqual([['delivered', 'api', '2']]);
  });

  it('what a merge takes to another branch is delivered to that branch’s environment, when it came there', async () => {
    const { host, history, deliver, status } = await world({
      staging: ['config', 'main', 'values.yaml'],
      production: ['config', 'live', 'values.yaml'],
    });
    await host.git('config', 'branch', 'live', 'main');
    const tip = await deliver('config', 'main', 10, words('staging', one), { 'values.yaml': values(one) });
    const text = values(one);
    execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet'], {
      input: `commit refs/heads/live\ncommitter Eve <e@b.test> ${start + 3_600} +0000\ndata 5\nMerge\nfrom refs/heads/live^0\nmerge ${tip}\nM 100644 inline values.yaml\ndata ${text.length}\n${text}\n`,
    });
    const { entries } = await history();
    expect(entries.map(({ delivery, landedAt, commit }) => [delivery, landedAt, commit])).toEqual([
      ['production', '2026-01-01T01:00:00.000Z', tip],
      ['staging', '2026-01-01T00:10:00.000Z', tip],
    ]);
    expect((await status()).map(({ delivery, commit, byHand }) => [delivery, commit, byHand])).toEqual([
      ['staging', one, false],
      ['production', one, false],
    ]);
  });

  it('branches are put together by their times, and no clock moves a branch’s own commits', async () => {
    const { history, deliver, run } = await world({
      web: ['web', 'main', 'values.yaml'],
      api: ['api', 'main', 'values.yaml'],
    });
    await deliver('web', 'main', 10, words('web', one), { 'values.yaml': values(one) });
    // By a clock that is weeks behind; the other repo's comes between by that alone.
    await deliver('web', 'main', -20_000, words('web', two), { 'values.yaml': values(two) });
    await deliver('api', 'main', 5, words('api', three), { 'values.yaml': values(three) });
    expect(told(await history()).map(([, , id]) => id)).toEqual(['2', '1', '3']);
    // By one that is years ahead.
    await deliver('api', 'main', 5_000_000, words('api', one), { 'values.yaml': values(one) });
    await deliver('api', 'main', 6, words('api', two), { 'values.yaml': values(two) });
    expect(told(await history('api')).map(([, , id]) => id)).toEqual(['2', '1', '3']);
    expect((await run('status')).stdout).not.toMatch(/ -\d/);
    // Nothing that would be negative is told.
    for (const { leadSeconds = 0, healthySeconds = 0 } of (await history()).entries)
      expect(leadSeconds >= 0 && healthySeconds >= 0).toBe(true);
  });

  it('values that moved to another file, and services that are gone from the config, keep what was delivered', async () => {
    const { app, history, deliver, status } = await world({ live: ['config', 'main', 'values.yaml'] });
    await deliver('config', 'main', 1, words('live', one), { 'values.yaml': values(one) });
    // Another app repo's delivery of the same name, to a place of its own.
    await deliver('config', 'main', 2, words('live', two, 'other.yaml:.image.tag', 'acme/other'), {
      'other.yaml': values(two),
    });
    await deliver('config', 'main', 3, 'Move', { 'values.yaml': undefined, 'envs/values.yaml': values(one) });
    const config = join(app, 'tagboat.yaml');
    await writeFile(config, readFileSync(config, 'utf8').replace(' values.yaml:', ' envs/values.yaml:'));
    const value = await history();
    expect(told(value)).toEqual([['delivered', 'live', '1']]);
    // The move, the first commit, and what was delivered to places of nobody here.
    expect(value.others).toBe(3);
    expect(await status()).toMatchObject([{ value: one, commit: one, byHand: false }]);
    await deliver('config', 'main', 4, words('live', three, 'envs/values.yaml:.image.tag'), {
      'envs/values.yaml': values(three),
    });
    expect(told(await history())).toEqual([
      ['delivered', 'live', '3'],
      ['delivered', 'live', '1'],
    ]);
    expect(told(await history('live'))).toHaveLength(2);
  });

  it('a value that is gone is not there, and says so; back again, it is there', async () => {
    const of = await scene();
    const ship = async () => expect(await of.run('ship')).toMatchObject({ code: 0 });
    await ship();
    const before = await of.host.git('config', 'show', `main:${file('staging')}`);
    await of.host.commit('config', { files: { [file('staging')]: undefined }, message: 'Take it down' });
    const where = async () => resultOf(await of.run('where', '--json')).value as WhereValue;
    const [staging] = (await where()).deliveries;
    expect(staging).toMatchObject({
      is: 'notThere',
      obstacles: [{ is: 'gone', file: file('staging') }, { is: 'gone' }],
    });
    expect((await of.run('where')).stdout).toContain(`.front.imageTag is not in ${file('staging')} any more`);
    expect((await of.run('status')).stdout).toContain('gone');
    await of.host.commit('config', { files: { [file('staging')]: before }, message: 'Put it up again' });
    expect((await where()).deliveries[0]).toMatchObject({ is: 'there', obstacles: [] });
  });

  it('a name is looked for as a whole: v1 is neither v10 nor v1.2', async () => {
    const { where, run, deliver } = await world({ live: ['config', 'main', 'values.yaml'] });
    const set = (tag: string, source: string) => words('live', source).replace(`.tag=${source}`, `.tag=${tag}`);
    await deliver('config', 'main', 1, set('v1.2', one), { 'values.yaml': values('v1.2') });
    await deliver('config', 'main', 2, set('registry.test:5000/shop:v10@sha256:abcdef0123', two), {
      'values.yaml': values('v10'),
    });
    expect(await where('v1.2')).toMatchObject({ commit: one });
    expect(await where('registry.test/shop:v1.2')).toMatchObject({ commit: one });
    for (const asked of ['v10', 'registry.test:5000/shop:v10', 'sha256:abcdef0123'])
      expect(await where(asked), asked).toMatchObject({ commit: two });
    for (const asked of ['v1', '1', 'shop', 'v1.2.3', 'abcdef'])
      expect((await run('where', asked)).code, asked).toBe(2);
  });

  it('of two trailers for one place the last counts, for everybody; one that says another value than is there, for nobody', async () => {
    const { history, status, where, deliver, run } = await world({ live: ['config', 'main', 'values.yaml'] });
    const twice = words('live', two).replace(
      'Tagboat-Set:',
      `Tagboat-Set: values.yaml:.image.tag=${one}\nTagboat-Set:`,
    );
    await deliver('config', 'main', 1, twice, { 'values.yaml': values(two) });
    expect(await status()).toMatchObject([{ commit: two, byHand: false }]);
    // By hand: it names a commit that no app repo has, and a value that isn't there.
    await deliver('config', 'main', 2, words('live', three), { 'values.yaml': values('v7') });
    expect(await status()).toEqual([expect.objectContaining({ value: 'v7', byHand: true })]);
    expect((await where(three)).deliveries).toMatchObject([{ is: 'unknown', places: [{ value: 'v7' }] }]);
    expect(told(await history())).toHaveLength(2);
    expect((await run('history', '--format', 'csv')).code).toBe(0);
  });

  it('a value that names a commit is from that, whatever a trailer says of another', async () => {
    const { app, deliver, where, status } = await world({ web: ['web', 'main', 'values.yaml'] });
    const head = (await git(app, 'rev-parse', 'HEAD')).trim();
    const forged = words('web', one).replace(/@.*/, `@${head}`);
    await deliver('web', 'main', 1, forged, { 'values.yaml': values(one) });
    expect((await where(head)).deliveries.map(({ is }) => is)).not.toContain('there');
    expect(await where(one)).toMatchObject({ commit: one, deliveries: [{ is: 'there' }] });
    expect((await status()).map(({ commit }) => commit)).toEqual([one]);
    // A value that names none is from where the trailer says.
    await deliver('web', 'main', 2, forged.replaceAll(`=${one}`, '=v1'), { 'values.yaml': values('v1') });
    expect((await where(head)).deliveries.map(({ is }) => is)).toEqual(['there']);
  });

  it('others’ text changes no line, no direction and no colour, and is of bounded length', async () => {
    const { run, deliver } = await world({ live: ['config', 'main', 'values.yaml'] });
    const nasty = `\u001b]8;;https://evil.test\u001b\\\u202e<script>${'x'.repeat(3_000)}\u0007\r`;
    const message = words('live', one)
      .replace('Change 1', nasty)
      .replace('acme/shop@', `acme/${nasty}@`)
      .replace('Tagboat-Delivery: live', `Tagboat-Delivery: ${nasty}`)
      .replace('Update', `Update ${nasty}`);
    await deliver(
      'config',
      'main',
      1,
      `${message}Tagboat-Set: ${'y'.repeat(100_000)}\nTagboat-Run: javascript:alert(1)\n`,
      {
        'values.yaml': values(one),
      },
    );
    await deliver('config', 'main', 2, `${words('live', two)}Tagboat-Run: https://ci.test/\u202e1\n`, {
      'values.yaml': values(`"\u202e${'x'.repeat(900)}"`),
    });
    for (const args of [['history'], ['status'], ['where'], ['where', one], ['history', '--format', 'csv']]) {
      const { stdout, stderr, code } = await run(...args);
      expect(code, args.join(' ')).toBe(0);
      for (const bad of ['\u001b', '\u202e', '\u0007', 'javascript:']) expect(stdout + stderr).not.toContain(bad);
      expect(stdout.length).toBeLessThan(20_000);
    }
  });

  it('an empty repo, and a branch that is gone, are errors with a code, and no empty success', async () => {
    const { host, run } = await world({ live: ['config', 'main', 'values.yaml'] });
    await host.git('config', 'update-ref', '-d', 'refs/heads/main');
    for (const command of ['where', 'status', 'history']) {
      const done = resultOf(await run(command, '--json'));
      expect([command, done.errors.length, done.exitCode]).toEqual([command, 1, 6]);
    }
  });

  it('a host whose own copy is shallow tells what it has, and that there is more', async () => {
    const { host, history, status, deliver } = await world({ live: ['config', 'main', 'values.yaml'] });
    const ids = [];
    for (const [at, id] of [one, two, three].entries())
      ids.push(await deliver('config', 'main', at, words('live', id), { 'values.yaml': values(id) }));
    await writeFile(join(host.repoDir('config'), 'shallow'), `${ids[1]}\n`);
    const value = await history();
    expect(told(value)).toEqual([
      ['delivered', 'live', '3'],
      ['delivered', 'live', '2'],
    ]);
    expect(value.whole).toBe(false);
    expect(await status()).toMatchObject([{ commit: three, byHand: false }]);
  });
});
