import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endDeployments, healthyTimes, withDeployment } from '../../../src/deploy/act/deployment.ts';
import type { Health, Verdict } from '../../../src/plan/deploy.ts';
import type { Source } from '../../../src/plan.ts';
import type { World } from '../../../src/wire/world.ts';
import { startGitHub } from '../../support/github/github.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const source = { commit: 'a'.repeat(40), runUrl: 'https://ci.test/1' } as Source;
const about = { environment: { name: 'production' }, delivery: 'main', commit: 'c'.repeat(40), source };

function verdict(is: Health): Verdict {
  const of = { delivery: 'main', application: 'shop', commit: 'c', revision: 'c', why: 'w'.repeat(300), seconds: 1 };
  return is === 'healthy' ? { ...of, is } : { ...of, is, reasons: [] };
}

async function place(token = 'job-token') {
  const github = await startGitHub({ deployments: 'job-token' });
  onTestFinished(() => github.close());
  return { github, world: testWorld({ env: { ...github.env, GITHUB_TOKEN: token } }) };
}

describe('a GitHub deployment', () => {
  it.each([
    [['healthy'], 'success'],
    [['healthy', 'degraded'], 'failure'],
    [['syncFailed', 'healthy'], 'failure'],
    [['timedOut'], 'failure'],
    [['unknown'], 'error'],
    [[], 'error'],
  ] as const)('tells of %j as %s', async (verdicts, state) => {
    const { github, world } = await place();
    await withDeployment(world, world.emit, about, async () => verdicts.map(verdict));
    expect(github.deployments).toMatchObject([
      {
        ...{ repository: 'acme/app-repo', ref: source.commit, environment: 'production' },
        statuses: [{ state: 'in_progress' }, { state, log_url: 'https://ci.test/1' }],
      },
    ]);
    expect(world.events).toEqual([]);
  });

  it('tells later when each config commit became healthy, and nothing of one that never did', async () => {
    const { world } = await place();
    const ill = { ...about, commit: 'd'.repeat(40) };
    await withDeployment(world, world.emit, about, async () => [verdict('healthy')]);
    await withDeployment(world, world.emit, ill, async () => [verdict('degraded')]);
    const timeOf = await healthyTimes(world, 'production', undefined);
    expect(Date.parse(timeOf?.('main', about.commit) ?? '')).toBeGreaterThan(0);
    expect([timeOf?.('main', ill.commit), timeOf?.('other', about.commit)]).toEqual([undefined, undefined]);
    expect((await healthyTimes(world, 'staging', undefined))?.('main', about.commit)).toBeUndefined();
    expect(await healthyTimes(testWorld({ env: {} }), 'production', 'acme/shop')).toBeUndefined();
  });

  it('of a preview says where it is and that it passes, and ends with the pull request', async () => {
    const { github, world } = await place();
    const url = 'https://pr-7.example.com';
    const environment = { name: 'preview-7', url, transient: true, production: false, autoInactive: false };
    for (const commit of ['c'.repeat(40), 'd'.repeat(40)])
      await withDeployment(world, world.emit, { ...about, environment, commit }, async () => [verdict('healthy')]);
    expect(github.deployments[0]).toMatchObject({ transient_environment: true, production_environment: false });
    const said = { state: 'success', environment_url: url, auto_inactive: false };
    expect(github.deployments[0]?.statuses[1]).toMatchObject(said);
    await withDeployment(world, world.emit, about, async () => [verdict('healthy')]);
    await endDeployments(world, world.emit, 'preview-7');
    const ends = github.deployments.map(({ statuses }) => statuses.at(-1)?.state);
    expect(ends).toEqual(['inactive', 'inactive', 'success']);
    const stranger = { ...world, env: { ...world.env, GITHUB_TOKEN: 'another-token' } };
    await endDeployments(stranger, world.emit, 'preview-7');
    expect(world.events).toMatchObject([{ type: 'notice', code: 'DEPLOYMENT_NOT_WRITTEN' }]);
  });

  it('that may not be written is told, and the verdict stays what it is', async () => {
    const { github, world } = await place('another-token');
    const verdicts = await withDeployment(world, world.emit, about, async () => [verdict('healthy')]);
    expect(verdicts).toMatchObject([{ is: 'healthy' }]);
    expect(github.deployments).toEqual([]);
    expect(world.events).toMatchObject([
      { type: 'notice', level: 'warning', message: expect.stringContaining('deployments: write') },
    ]);
  });

  it('waits for as long as GitHub says once its allowance is spent, and is not made twice', async () => {
    const { github, world } = await place();
    const clock = jumpingClock();
    let spent = true;
    const http: World['http'] = async (request) => {
      if (!spent) return world.http(request);
      spent = false;
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(clock.now() / 1_000 + 30) };
      return { status: 403, headers, body: Readable.from([]), url: String(request.url) };
    };
    const patient = { ...world, clock, http };
    await withDeployment(patient, patient.emit, about, async () => [verdict('healthy')]);
    expect(github.deployments).toMatchObject([{ statuses: [{ state: 'in_progress' }, { state: 'success' }] }]);
    expect(clock.slept.some((ms) => ms >= 30_000)).toBe(true);
  });

  it('outside of a job is told once, and nothing is sent', async () => {
    const world = testWorld();
    expect(await withDeployment(world, world.emit, about, async () => [verdict('healthy')])).toHaveLength(1);
    expect(world.events).toMatchObject([{ type: 'notice', level: 'warning' }]);
  });

  it('of a run without a verdict is an error, and so is the run', async () => {
    const { github, world } = await place();
    const failed = withDeployment(world, world.emit, about, async () => Promise.reject(new Error('no way in')));
    await expect(failed).rejects.toThrow('no way in');
    expect(github.deployments[0]?.statuses.at(-1)).toMatchObject({ state: 'error' });
  });
});
