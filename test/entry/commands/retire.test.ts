import { describe, expect, it } from 'vitest';
import { hold, unhold } from '../../../src/entry/commands/hold.ts';
import { retire } from '../../../src/entry/commands/retire.ts';
import { rollback } from '../../../src/entry/commands/rollback.ts';
import { ship } from '../../../src/entry/commands/ship.ts';
import { configured } from '../../scenarios/app-repo.ts';
import { ofMergeRequest, writing } from '../../scenarios/preview.ts';
import { cli, town } from '../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };
const file = 'previews/7/values.yaml';

describe.skipIf(noHttpBackend !== undefined)(`tagboat retire${skipNote}`, () => {
  const open = async () => {
    const built = await town();
    await writing(
      'previews/{pr}/values.yaml',
      '# {subject}\ntag: {tag}\nimage: {image.app}\nname: preview-{pr}\n',
    )(built);
    const of = async () => ({ ...built.env, ...(await ofMergeRequest(built)) });
    const run = async (body: ReturnType<typeof ship>, command: string, env = of()) =>
      here(body, { command, cwd: built.app, env: await env });
    return { ...built, of, run };
  };

  it("removes what ship wrote of the pull request's job, once, and says so", async () => {
    const { run, host, app } = await open();
    const shipped = await run(ship(common), 'ship');
    expect([shipped.errors, shipped.commits[0]?.is]).toEqual([[], 'landed']);
    const id = (await git(app, 'rev-parse', 'HEAD')).trim();
    const text = await host.git('config', 'show', `main:${file}`);
    expect(text).toMatch(new RegExp(`^# .+\\ntag: "?${id}"?\\nimage: \\S+/\\S+:${id}\\nname: preview-7\\n$`));
    const message = await host.git('config', 'log', '-1', '--format=%B', 'main');
    expect(message).toMatch(/^Tagboat-Write: previews\/7\/values\.yaml$/m);
    expect(message).toMatch(/^Tagboat-Pull-Request: 7$/m);
    const retired = await run(retire(common, {}), 'retire');
    expect(retired.commits).toMatchObject([{ is: 'landed', changes: [], written: [{ file, is: 'removed' }] }]);
    expect(await host.git('config', 'ls-tree', '-r', '--name-only', 'main', 'previews')).toBe('');
    expect(await host.git('config', 'log', '-1', '--format=%s', 'main')).toBe('Retire pull request 7\n');
    expect((await run(retire(common, { pr: '7' }), 'retire')).commits).toMatchObject([{ is: 'unchanged' }]);
    // The run of the same commit that was still under way.
    expect((await run(ship(common), 'ship')).commits).toMatchObject([{ is: 'superseded' }]);
  });

  it('by hand leaves a pull request alone that never had anything', async () => {
    const { run, env, host } = await open();
    const by = { ...env, GITHUB_ACTIONS: undefined };
    const done = await run(retire(common, { pr: '999' }), 'retire', Promise.resolve(by));
    expect([done.exitCode, done.commits[0]?.is]).toEqual([0, 'unchanged']);
    expect(done.events).toContainEqual(expect.objectContaining({ code: 'PULL_REQUEST_UNKNOWN' }));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
  });

  it('is kept as it is by a hold of one of its values, until that is released', async () => {
    const { run, host, app } = await open();
    await run(ship(common), 'ship');
    const first = (await git(app, 'rev-parse', 'HEAD')).trim();
    const path = [`${file}:.tag`];
    const held = await run(hold(common, 'main', { path, why: 'a demo' }), 'hold');
    expect([held.errors, held.commits[0]?.is]).toEqual([[], 'landed']);
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
    await git(app, ...who, 'commit', '--quiet', '--allow-empty', '--message', 'Second');
    expect((await run(ship(common), 'ship')).commits).toMatchObject([{ is: 'held', why: 'a demo' }]);
    expect((await run(retire(common, {}), 'retire')).commits).toMatchObject([{ is: 'held' }]);
    expect(await host.git('config', 'show', `main:${file}`)).toContain(first);
    expect((await run(unhold(common, 'main', { path }), 'unhold')).commits[0]?.is).toBe('landed');
    expect((await run(ship(common), 'ship')).commits).toMatchObject([{ is: 'landed', written: [{ is: 'replaced' }] }]);
    expect((await run(retire(common, {}), 'retire')).commits).toMatchObject([{ is: 'landed' }]);
  });

  it.each([
    ['hold', [], /say which value of which pull request's, --path 'previews\/7\/values\.yaml:\.image\.tag'/],
    ['unhold', [], /say which value of which pull request's/],
    ['rollback', [], /follows: push the earlier state there, or keep a value of it as it is with tagboat hold/],
    ['rollback', [`${file}:.tag`], /push the earlier state there/],
  ] as const)('%s of what is written whole (%j) is refused in words that fit', async (command, path, words) => {
    const built = await open();
    const { run, host } = built;
    await configured((text) => text.replace(/\n +set:\n.*/, ''))(built);
    await run(ship(common), 'ship');
    const tip = await host.git('config', 'rev-parse', 'main');
    const asked = { path: [...path], why: 'a test', to: 'previous' };
    const done = await run({ hold, unhold, rollback }[command](common, 'main', asked), command);
    expect(done.errors).toMatchObject([{ code: 'USAGE', message: expect.stringMatching(words) }]);
    expect(await host.git('config', 'rev-parse', 'main')).toBe(tip);
  });

  it('takes the deliveries that the command line names', async () => {
    const { app, env } = await open();
    const by = async (name: string) =>
      cli(['retire', '--pr', '999', '--delivery', name, '--json'], {
        cwd: app,
        env: { ...env, GITHUB_ACTIONS: undefined },
      });
    expect((await by('main')).code).toBe(0);
    const refused = await by('mian');
    expect([refused.code, refused.stdout]).toEqual([2, expect.stringContaining('Did you mean main?')]);
  });

  it.each([
    [{ pr: '1e9' }, undefined, /not "1e9"/],
    [{ pr: '0' }, undefined, /not "0"/],
    [{ pr: '99999999999999999999' }, undefined, /number/],
    [{ pr: '7' }, ['previws'], /production|previws/],
  ])('refuses %j of %j', async (asked, delivery, words) => {
    const { run } = await open();
    const done = await run(retire({ ...common, delivery }, asked), 'retire');
    expect(done.errors[0]).toMatchObject({ code: 'USAGE', message: expect.stringMatching(words) });
  });
});
