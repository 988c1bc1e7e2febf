import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { adoptSecrets, isQuiet, readInputs } from '../../../src/entry/action/inputs.ts';

describe('the action’s inputs', () => {
  it('left out, which the runner sets to nothing, are the defaults', () => {
    const env = { INPUT_COMMAND: '', INPUT_CONFIG: '', INPUT_JOBS: '', INPUT_QUIET: '', INPUT_SET: '' };
    expect(readInputs(env)).toEqual({
      command: 'ship',
      common: { json: false, quiet: false, color: true, jobs: 3, image: [] },
      commit: { branch: 'main', set: [], create: false, allow: [], force: false, queue: true, allowNothing: false },
      landing: { force: false, queue: true, allowNothing: false },
      building: { rebuild: false },
      plan: { comment: false },
      wait: { application: [], branch: 'main', sync: false },
      retire: { pr: undefined, force: false },
      promote: { names: [], options: { due: false, all: false, check: false, force: false } },
      state: { delivery: undefined, options: { path: [], queue: true, to: 'previous', force: false } },
    });
  });

  it('take one thing to set a line', () => {
    const env = {
      INPUT_COMMAND: 'commit',
      INPUT_REPO: 'https://github.com/acme/config',
      INPUT_SET: '\r\n main/values.yaml:.a=1\r\n\nmain/values.yaml:.b=2 \n',
      INPUT_CREATE: 'True',
    };
    const { commit } = readInputs(env);
    expect(commit.set).toEqual(['main/values.yaml:.a=1', 'main/values.yaml:.b=2']);
    expect(commit).toMatchObject({ repo: 'https://github.com/acme/config', create: true });
    expect(readInputs({ INPUT_JOBS: '2' }).common.jobs).toBe(2);
  });

  it('say what to roll back, and why', () => {
    const env = {
      INPUT_COMMAND: 'rollback',
      INPUT_DELIVERY: 'main',
      INPUT_TO: 'a'.repeat(40),
      INPUT_WHY: 'loses orders',
    };
    const options = { path: [], queue: true, to: 'a'.repeat(40), force: false, why: 'loses orders' };
    expect(readInputs(env).state).toEqual({ delivery: 'main', options });
  });

  it('say whose values are promoted to whom, or that it is what is due', () => {
    const by = (env: Record<string, string>) => readInputs({ INPUT_COMMAND: 'promote', ...env });
    const { promote, common } = by({
      INPUT_FROM: 'staging',
      INPUT_TO: 'eu\n us \n',
      INPUT_IMAGES: 'cart',
      INPUT_WHY: 'fine',
    });
    expect(promote).toMatchObject({ names: ['staging', 'eu', 'us'], options: { due: false, why: 'fine' } });
    expect(common.image).toEqual(['cart']);
    expect(by({ INPUT_DUE: 'true', INPUT_TO: 'eu' }).promote).toMatchObject({ names: ['eu'], options: { due: true } });
    expect(
      by({ INPUT_FROM: 'staging', INPUT_ALL: 'true', INPUT_CHECK: 'true', 'INPUT_WAIT-MERGE': '30m' }).promote,
    ).toEqual({
      names: ['staging'],
      options: { due: false, all: true, check: true, force: false, waitMerge: '30m' },
    });
  });

  it('say what to hold and release, by a delivery or by its places', () => {
    const place = { INPUT_REPO: 'acme/config', INPUT_BRANCH: 'live', INPUT_PATH: 'a.yaml:.a\nb.yaml:.b' };
    const held = readInputs({ INPUT_COMMAND: 'hold', INPUT_WHY: 'load test', INPUT_UNTIL: '2d', ...place });
    expect(held.state.options).toMatchObject({ repo: 'acme/config', branch: 'live', path: ['a.yaml:.a', 'b.yaml:.b'] });
    expect(held.state.options).toMatchObject({ why: 'load test', until: '2d' });
    for (const word of ['release', 'unhold']) {
      const released = readInputs({ INPUT_COMMAND: word, INPUT_DELIVERY: 'main', INPUT_QUEUE: 'false' });
      expect(released).toMatchObject({ command: 'unhold', state: { delivery: 'main', options: { queue: false } } });
    }
    for (const command of ['holds', 'queue'])
      expect(readInputs({ INPUT_COMMAND: command, INPUT_REPO: 'acme/config' })).toMatchObject({ command });
  });

  it('name applications to wait for, one a line', () => {
    const env = { INPUT_COMMAND: 'wait', INPUT_APPLICATION: 'front\nargocd-apps/back\n', INPUT_TIMEOUT: '20m' };
    expect(readInputs(env).wait).toMatchObject({ application: ['front', 'argocd-apps/back'], timeout: '20m' });
    expect(adoptSecrets({ 'INPUT_ARGOCD-TOKEN': 't' })).toMatchObject({ ARGOCD_AUTH_TOKEN: 't' });
  });

  it.each([
    ['an unknown command', { INPUT_COMMAND: 'deploy' }],
    ['no number', { INPUT_JOBS: '0' }],
    ['no boolean', { INPUT_CREATE: 'yes' }],
  ])('are refused: %s', (_, env) => {
    expect(() => readInputs(env as Record<string, string>)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('that are secret move to the variables they stand for, and leave no second copy', () => {
    const env = { INPUT_TOKEN: 't0ken', 'INPUT_PRIVATE-KEY': 'k3y', 'INPUT_APP-ID': '7', TAGBOAT_TOKEN: 'other' };
    expect(adoptSecrets(env)).toMatchObject({
      TAGBOAT_TOKEN: 't0ken',
      TAGBOAT_APP_PRIVATE_KEY: 'k3y',
      TAGBOAT_APP_ID: '7',
      INPUT_TOKEN: undefined,
      'INPUT_PRIVATE-KEY': undefined,
    });
  });

  it('do not replace a GITHUB_TOKEN that the workflow gives by the job’s default one', () => {
    expect(adoptSecrets({ 'INPUT_GITHUB-TOKEN': 'job', GITHUB_TOKEN: 'mine' }).GITHUB_TOKEN).toBe('mine');
    expect(adoptSecrets({ 'INPUT_GITHUB-TOKEN': 'job' }).GITHUB_TOKEN).toBe('job');
  });
});

describe('every input of action.yml', () => {
  const { inputs } = parse(readFileSync(join(import.meta.dirname, '../../../action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string; description: string }>;
  };
  const samples: Readonly<Record<string, string>> = {
    ...{
      jobs: '2',
      queue: 'false',
      via: 'github',
      command: 'plan',
      path: 'f:.a',
      allow: 'digest',
      timeout: '20m',
      set: 'f:.a=1',
      render: 'true',
    },
    ...Object.fromEntries(
      ['rebuild', 'quiet', 'create', 'force', 'allow-nothing', 'sync', 'comment', 'due', 'all', 'check'].map((name) => [
        name,
        'true',
      ]),
    ),
  };
  const defaults = Object.fromEntries(
    Object.entries(inputs).map(([name, { default: value = '' }]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  const outcome = (env: Record<string, string>) => {
    try {
      return JSON.stringify([readInputs(env), isQuiet(env), adoptSecrets(env)]).replaceAll(/"INPUT_[^,}]*[,}]/g, '');
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const withRepo = ['commit', 'wait', 'rollback', 'hold', 'unhold', 'release', 'holds', 'queue'];
  const ways = ['ship', 'build', 'promote', 'retire', 'plan', ...withRepo].flatMap((command) => [
    { INPUT_COMMAND: command },
    ...(withRepo.includes(command) ? [{ INPUT_COMMAND: command, INPUT_REPO: 'acme/config' }] : []),
  ]);

  it('has a description of command that lists them all', () => {
    const words: string[] = inputs.command?.description.match(/[a-z]+/g) ?? [];
    expect(words).toEqual(expect.arrayContaining(ways.map(({ INPUT_COMMAND }) => INPUT_COMMAND)));
  });

  it.each(Object.keys(inputs))('changes something or is refused, whatever the command: %s', (name) => {
    let used = 0;
    for (const way of ways) {
      const without = { ...defaults, ...way };
      const given = { ...without, [`INPUT_${name.toUpperCase()}`]: samples[name] ?? 'word' };
      const [before, after] = [outcome(without), outcome(given)];
      if (name !== 'repo' && name !== 'command') expect(after, JSON.stringify(given)).not.toBe(before);
      if (after !== 'USAGE' && after !== before) used += 1;
    }
    expect(used).toBeGreaterThan(0);
  });

  it.each([
    ['a branch of the config repo', { INPUT_COMMAND: 'commit', INPUT_BRANCH: 'main' }],
    ['a reason to list holds', { INPUT_COMMAND: 'holds', INPUT_WHY: 'look' }],
    ['a delivery in the place of deliveries', { INPUT_COMMAND: 'ship', INPUT_DELIVERY: 'main' }],
    ['a target of a promotion without its source', { INPUT_COMMAND: 'promote', INPUT_TO: 'production' }],
    ['a source of what is due', { INPUT_COMMAND: 'promote', INPUT_FROM: 'staging', INPUT_DUE: 'true' }],
    ['a source of a rollback', { INPUT_COMMAND: 'rollback', INPUT_FROM: 'staging' }],
    ['an end of what is promoted', { INPUT_COMMAND: 'promote', INPUT_UNTIL: '2d' }],
    ['another server than the config’s', { INPUT_COMMAND: 'wait', INPUT_SERVER: 'https://other.example.test' }],
    ['what to wait for of what is shipped', { INPUT_COMMAND: 'ship', INPUT_APPLICATION: 'shop' }],
  ])('is refused where it would be ignored: %s', (_, env) => {
    expect(outcome({ ...defaults, ...env } as Record<string, string>)).toBe('USAGE');
  });
});
