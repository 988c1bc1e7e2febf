import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeHolds } from '../../../src/commit/holds/holds.ts';
import { openIntentRefs } from '../../../src/commit/queue/intent-refs.ts';
import { openRemote } from '../../../src/wire/git/remote.ts';
import { type CliResult, cli, resultOf, type Town, town } from '../../support/cli.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { handClock, testWorld } from '../../support/world.ts';

const run = (place: Town, ...args: string[]): Promise<CliResult> =>
  cli([...args, '--json'], { cwd: place.app, env: place.env });

const outcomes = (result: CliResult): unknown => (resultOf(result).value as { commits: unknown }).commits;

describe.skipIf(noHttpBackend !== undefined)(`tagboat hold, release, holds and queue${skipNote}`, () => {
  it('keep a value from later runs, and let it go again', async () => {
    const place = await town();
    const first = await run(place, 'commit');
    expect(first.code).toBe(0);
    const hold = await run(place, 'hold', 'main', '--why', 'orders are lost', '--until', '7d', '--by', 'Ada');
    expect([hold.code, outcomes(hold)]).toMatchObject([
      0,
      [{ is: 'landed', delivery: 'main', holds: { is: 'hold', by: 'Ada', app: expect.any(String), delivery: 'main' } }],
    ]);
    await place.write({ 'web/index.html': '<h1>other</h1>\n' });
    const next = await place.commit('Say it differently');
    const held = await run(place, 'commit');
    expect([held.code, outcomes(held)]).toMatchObject([
      0,
      [{ is: 'held', by: 'Ada', why: 'orders are lost', until: expect.stringMatching(/^\d{4}-.*Z$/) }],
    ]);
    const told = await cli(['commit', '--app', place.app], { env: place.env });
    expect(told.stderr).toMatch(/held by Ada until .*: orders are lost/);
    const plan = await run(place, 'plan');
    expect(resultOf(plan).value).toMatchObject({ deliveries: [{ instead: { is: 'held' } }] });
    expect((await run(place, 'release', 'main')).code).toBe(0);
    expect(outcomes(await run(place, 'commit'))).toMatchObject([{ is: 'landed', changes: [{ after: next }] }]);
  });

  it('take a config repo and a path in place of a config', async () => {
    const place = await town();
    const repo = ['--repo', place.host.repoUrl('config')];
    const path = ['--path', 'main/values.yaml:.front.replicas'];
    const hold = await run(place, 'hold', ...repo, ...path, '--why', 'load test');
    expect(outcomes(hold)).toMatchObject([{ is: 'landed', holds: { places: [{ value: '2' }] } }]);
    const set = await run(place, 'commit', ...repo, '--set', 'main/values.yaml:.front.replicas=3');
    expect(outcomes(set)).toMatchObject([{ is: 'held', why: 'load test' }]);
    expect((await run(place, 'release', ...repo, ...path)).code).toBe(0);
    expect(outcomes(await run(place, 'release', ...repo, ...path))).toMatchObject([{ is: 'unchanged' }]);
  });

  it.each<[string, string[]]>([
    ['no reason', ['hold', 'main']],
    ['a delivery that the config does not have', ['hold', 'mian', '--why', 'x']],
    ['no path', ['hold', '--repo', 'acme/config', '--why', 'x']],
    ['a path that is none', ['hold', '--repo', 'acme/config', '--path', 'values.yaml', '--why', 'x']],
    ['an end that is over', ['hold', 'main', '--why', 'x', '--until', '2001-01-01']],
    ['an end that is no time', ['hold', 'main', '--why', 'x', '--until', 'Friday']],
    ['a branch without its repo', ['queue', '--branch', 'main']],
  ])('refuse %s', async (_, args) => {
    const place = await town();
    expect(await run(place, ...args)).toMatchObject({ code: 2 });
  });

  it('list what is held on every branch, whoever held it, and which holds have ended', async () => {
    const place = await town();
    const url = await place.host.createRepo('other', { files: { 'values.yaml': 'tag: a\n' } });
    place.host.setAccess('other', { tokens: { [place.token]: 'write' } });
    const more = `  other: { from: main, repo: ${url}, set: { values.yaml: { .tag: "{tag}" } } }\n`;
    await place.write({ 'tagboat.yaml': (await readFile(join(place.app, 'tagboat.yaml'), 'utf8')) + more });
    await run(place, 'hold', 'main', '--why', 'orders are lost', '--until', '7d', '--by', 'Ada');
    const held = { file: 'values.yaml', path: '.tag', value: 'a', by: 'Bo', why: 'load test\u001b[2J' };
    const ended = { ...held, path: '.old', since: '2001-01-01T00:00:00Z', until: '2001-01-02T00:00:00Z' };
    const open = { ...held, since: '2026-01-01T00:00:00Z' };
    await place.host.commit('other', { files: { '.tagboat/holds.json': writeHolds([ended, open]) } });

    const listed = await run(place, 'holds');
    expect(listed.code).toBe(0);
    const first = { repo: place.host.repoUrl('config'), branch: 'main' };
    expect(resultOf(listed).value).toMatchObject({
      branches: [
        { ...first, holds: [{ file: 'main/values.yaml', value: 'none', by: 'Ada', delivery: 'main', ended: false }] },
        {
          ...{ repo: url, branch: 'main' },
          holds: [
            { ...ended, ended: true },
            { ...open, ended: false },
          ],
        },
      ],
    });
    // A list is what the command is for: it goes where others can read it, and stays with --quiet.
    const told = await cli(['holds', '--app', place.app, '--quiet'], { env: place.env });
    expect(told.stderr).toBe('');
    expect(told.stdout).toMatch(/1 hold on main of .*\n· main\/values\.yaml \.front\.imageTag = none {2}for .* main\n/);
    expect(told.stdout).toMatch(/ {4}Ada: orders are lost\n {4}since \d{4}-.*, until \d{4}-/);
    expect(told.stdout).toMatch(
      /2 holds on main of [\s\S]*ended 2001-01-02T00:00:00Z: it counts as none[\s\S]*until it is released/,
    );
    expect(told.stdout).not.toContain('\u001b[2J');

    // One repo that lets nobody in hides no other one's answer.
    place.host.setAccess('other', { tokens: {} });
    const half = await run(place, 'holds');
    expect(resultOf(half)).toMatchObject({ value: { branches: [first] }, errors: [{ code: 'GIT_AUTH_REFUSED' }] });
    expect(half.code).toBe(3);
    expect(resultOf(await run(place, 'holds', 'main')).value).toMatchObject({ branches: [first] });
  });

  it('are possible again once a file of holds that can’t be read is repaired, and what was sound in it still holds', async () => {
    const place = await town();
    const sound = {
      ...{ file: 'main/values.yaml', path: '.front.imageTag', value: 'none' },
      ...{ by: 'Ada', why: 'orders are lost', since: '2026-01-01T00:00:00Z' },
    };
    const broken = JSON.stringify({ version: 1, holds: [sound, { file: 'x' }] });
    await place.host.commit('config', { files: { '.tagboat/holds.json': broken } });
    const told = { exitCode: 6, errors: [{ code: 'HOLDS_INVALID' }] };
    for (const args of [['commit'], ['hold', 'main', '--why', 'sale']]) {
      expect(resultOf(await run(place, ...args)), args[0]).toMatchObject(told);
    }
    for (const more of [
      ['--why', 'x'],
      ['--path', 'main/values.yaml:.front.imageTag'],
    ]) {
      expect(await run(place, 'release', 'main', '--repair', ...more)).toMatchObject({ code: 2 });
    }
    const repaired = await run(place, 'release', '--repair');
    expect([repaired.code, outcomes(repaired)]).toMatchObject([0, [{ is: 'landed', holds: { is: 'repair' } }]]);
    expect(outcomes(await run(place, 'release', '--repair'))).toMatchObject([{ is: 'unchanged' }]);
    expect(resultOf(await run(place, 'holds')).value).toMatchObject({ branches: [{ holds: [sound] }] });
    expect(outcomes(await run(place, 'commit'))).toMatchObject([{ is: 'held', by: 'Ada' }]);
    const again = await run(place, 'hold', 'main', '--why', 'sale', '--by', 'Bo');
    expect(outcomes(again)).toMatchObject([{ is: 'landed', holds: { by: 'Bo' } }]);
  });

  it('list nothing where nothing is held', async () => {
    const place = await town();
    const repo = ['--repo', place.host.repoUrl('config')];
    expect(resultOf(await run(place, 'holds', ...repo))).toMatchObject({
      exitCode: 0,
      value: { branches: [{ holds: [] }] },
    });
    const told = await cli(['holds', ...repo], { env: place.env });
    expect(told.stdout).toContain('Nothing is held on main of');
  });

  it('list what waits: whose, since when, until when, from which commit, and what', async () => {
    const place = await town();
    expect(resultOf(await run(place, 'queue')).value).toEqual({
      queues: [{ repo: place.host.repoUrl('config'), branch: 'main', waiting: [] }],
    });
    place.host.setAccess('config', undefined);
    const source = 'c'.repeat(40);
    const at = Date.now() - 60_000;
    const world = testWorld({ clock: handClock(at) });
    const url = place.host.repoUrl('config');
    const options = { url, authorization: undefined, idleMs: 5_000, deadline: at + 60_000, notice: () => undefined };
    const draft = openIntentRefs(openRemote(world, options), 'main', undefined).draft({
      id: `${at}-0123456789ab`,
      branch: 'main',
      edits: [{ file: 'main/values.yaml', path: '.front.imageTag', value: source, create: false, expects: 'none' }],
      message: `Update\n\nTagboat-Source: https://git.example/app@${source}\n`,
      author: { name: 'Ada', email: 'ada@example.test' },
      committer: { name: 'Ada', email: 'ada@example.test' },
      publishedAt: at,
      expiresAt: at + 600_000,
    });
    expect(await draft?.publish(world.signal)).toBe(true);
    const listed = await run(place, 'queue', 'main');
    expect(resultOf(listed).value).toMatchObject({
      queues: [
        {
          waiting: [
            {
              id: `${at}-0123456789ab`,
              publishedAt: new Date(at).toISOString(),
              change: {
                expiresAt: new Date(at + 600_000).toISOString(),
                author: { name: 'Ada' },
                source,
                edits: [{ value: source }],
              },
            },
          ],
        },
      ],
    });
    const told = await cli(['queue', '--app', place.app], { env: place.env });
    expect(told.stdout).toMatch(
      /1 change waits on main of .*\n.*for 1 min \d+ s, expires in \d+ min \d+ s {2}Ada from c{7}/,
    );
    const signed = await cli(['queue', '--app', place.app], {
      env: { ...place.env, TAGBOAT_QUEUE_KEY: 'another key' },
    });
    expect(signed.stdout).toContain("can't be read here");
  });
});
