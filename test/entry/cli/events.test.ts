import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/entry/cli/program.ts';
import { promote } from '../../../src/entry/commands/promote/promote.ts';
import { wait } from '../../../src/entry/commands/wait.ts';
import { harbour } from '../../support/argocd.ts';
import { cli, resultOf, town } from '../../support/cli.ts';
import { faultsOf } from '../../support/events.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { fastClock } from '../../support/world.ts';

const at = '2030-01-31T12:00:00.000Z';
const common = { json: true, quiet: false, color: false, jobs: 1 };

describe('the schema of events', () => {
  it('refuses what it does not know: an event, a field, a word in place of another', () => {
    const notice = {
      type: 'notice',
      code: 'SAID',
      data: {},
      level: 'info',
      stage: 'run',
      message: 'Good morning.',
      at,
    };
    expect(faultsOf(notice)).toEqual([]);
    expect(faultsOf({ ...notice, type: 'novelty' })).toHaveLength(1);
    expect(faultsOf({ ...notice, more: 1 })).toHaveLength(1);
    expect(faultsOf({ ...notice, level: 'alarm' })).toHaveLength(1);
    const result = { type: 'result', command: 'wait', exitCode: 0, seconds: 1, errors: [], at };
    expect(faultsOf({ ...result, value: { verdicts: [] } })).toEqual([]);
    expect(faultsOf({ ...result, value: { verdicts: [], more: 1 } })).toHaveLength(1);
    expect(faultsOf({ ...result, command: 'guess', value: null })).toHaveLength(1);
  });

  it('knows the result of every command, and no other', () => {
    const file = resolve(import.meta.dirname, '../../../tagboat.events.schema.json');
    const { anyOf } = JSON.parse(readFileSync(file, 'utf8')) as {
      anyOf: { properties: Record<string, { const?: string; enum?: string[] }> }[];
    };
    const results = anyOf.filter(({ properties }) => properties.type?.const === 'result');
    const told = results.flatMap(({ properties: { command } }) => command?.enum ?? [String(command?.const)]);
    const names = createProgram(async () => undefined).commands.flatMap((one) => [one.name(), ...one.aliases()]);
    expect(told.sort()).toEqual([...names, 'help'].sort());
  });
});

/** What `cli` and `here` do for every run of every test: each event that comes is held against the schema. */
describe.skipIf(noHttpBackend !== undefined)(`the events of real runs${skipNote}`, () => {
  it('are what the schema says, from the plan to a rollback, and when something fails', async () => {
    const { app, env, host, write, commit } = await town();
    const run = async (...args: string[]) => resultOf(await cli([...args, '--json'], { cwd: app, env }));
    expect(await run('plan', '--explain')).toMatchObject({ exitCode: 0, value: { images: [{}, {}] } });
    expect(await run('ship')).toMatchObject({ exitCode: 0, value: { commits: [{ is: 'landed' }] } });
    await write({ 'app/hello': 'hello again\n' });
    await commit('Greet again');
    expect(await run('ship')).toMatchObject({ exitCode: 0, value: { commits: [{ is: 'landed' }] } });
    expect(await run('rollback', '--why', 'orders are lost')).toMatchObject({ exitCode: 0 });
    expect(await run('holds')).toMatchObject({
      value: { branches: [{ holds: [{ why: 'rolled back: orders are lost' }] }] },
    });
    const [from, to] = [join(app, 'tagboat.yaml'), { ...env, TAGBOAT_TOKEN: 'a-wrong-token' }];
    await write({
      'tagboat.yaml': `${readFileSync(from, 'utf8')}  next:
    from: next
    repo: ${host.repoUrl('config')}
    set: { main/values.yaml: { .front.replicas: "{tag}" } }
`,
    });
    const settings = { command: 'promote', cwd: app, env };
    expect(await here(promote(common, ['main', 'next'], { check: true }), settings)).toMatchObject({ exitCode: 0 });
    expect(await here(promote(common, ['main', 'next'], {}), settings)).toMatchObject({ commits: [{ is: 'landed' }] });
    expect((await here(promote(common, ['main', 'next'], {}), { ...settings, env: to })).exitCode).toBe(3);
    expect((await run('ship', '--bogus')).exitCode).toBe(2);
  });

  it('are what the schema says of a verdict, good and bad', async () => {
    const place = await harbour();
    const options = { application: ['front'], sync: false, branch: 'main', repo: place.repo, server: place.argocd.url };
    const waited = () =>
      here(wait(common, options), {
        ...{ command: 'wait', env: { ARGOCD_AUTH_TOKEN: 'planted-argocd-token' } },
        world: () => ({ clock: fastClock(20) }),
      });
    await place.deliver('v1');
    expect((await waited()).verdicts).toMatchObject([{ is: 'healthy' }]);
    place.argocd.app('front').mishaps.degraded = 'Deployment "front" exceeded its progress deadline';
    await place.deliver('v2');
    expect((await waited()).verdicts).toMatchObject([{ is: 'degraded' }]);
  });
});
