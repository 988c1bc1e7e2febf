import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../../../src/entry/commands/build.ts';
import { ship } from '../../../src/entry/commands/ship.ts';
import type { Body } from '../../../src/entry/run/session.ts';
import { withStages } from '../../../src/entry/run/stages.ts';
import { TagboatError } from '../../../src/errors.ts';
import { planFor, source, writeContext } from '../../image/images.ts';
import { type Town, town } from '../../support/cli.ts';
import { noHttpBackend, tempDir } from '../../support/git-host.ts';
import { type HereOptions, here } from '../../support/here.ts';
import { startOwnRegistry } from '../../support/registries.ts';

const common = { json: true, quiet: false, color: false, jobs: 2 };

const tagsOf = ({ registry }: Town, repository: string): string[] =>
  readdirSync(join(registry.dir, 'repositories', repository, '_tags')).map((tag) => tag.replace(/-.*/, ''));

/** Whatever keeps an image for later builds reaches the registry only after an event of this type. */
function keptAfter(type: string): Pick<HereOptions, 'onEvent' | 'world'> {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    onEvent: (event) => {
      if (event.type === type) open();
    },
    world: ({ http }) => ({
      http: async (request) => {
        if (request.method === 'PUT' && /\/manifests\/(?:fp|inputs)-/.test(String(request.url))) await opened;
        return http(request);
      },
    }),
  };
}

describe.skipIf(noHttpBackend !== undefined)('an image is kept for later builds beside what comes after it', () => {
  it('a config commit does not wait for it, and the run ends when it is done', async () => {
    const place = await town();
    const { exitCode, events } = await here(ship(common, {}), {
      ...{ cwd: place.app, env: place.env },
      ...keptAfter('commit.finished'),
    });
    expect(exitCode).toBe(0);
    expect(events.filter((event) => event.type === 'notice' && event.stage === 'build')).toEqual([]);
    for (const repository of ['app-repo', 'web-repo']) {
      expect(tagsOf(place, repository), repository).toEqual(expect.arrayContaining(['fp', 'inputs']));
    }
  });

  it('what a registry refuses then is told before the run ends', async () => {
    const refused = { is: 'answer', status: 415, headers: {}, body: '' } as const;
    const place = await town({
      fault: ({ method, path }) => (method === 'PUT' && path.includes('/manifests/inputs-') ? refused : undefined),
    });
    const { exitCode, events } = await here(build(common, {}), {
      ...{ cwd: place.app, env: place.env },
      ...keptAfter('image.finished'),
    });
    expect(exitCode).toBe(0);
    const told = events.filter((event) => event.type === 'notice' && event.code === 'IMAGE_RECORD_NOT_KEPT');
    expect(told).toHaveLength(2);
  });

  it.each([
    'a Dockerfile that is gone',
    'a login that has ended',
  ])('what keeps it from that then is told, and a run that landed stays one: %s', async (what) => {
    const place = await town();
    let pushed = false;
    const over = new TagboatError('DOCKER_LOGIN_MISSING', { host: place.registry.host, looked: [] });
    const { exitCode, errors, commits, events } = await here(ship(common, {}), {
      ...{ cwd: place.app, env: place.env },
      world: ({ http }) => ({
        http: async (request) => {
          const { pathname } = new URL(request.url);
          if (request.method === 'PUT' && /\/app-repo\/manifests\//.test(pathname) && !pushed) {
            pushed = true;
            if (what.includes('Dockerfile')) await rm(join(place.app, 'app/Dockerfile'));
          }
          if (/\/app-repo\/manifests\/(?:fp|inputs)-/.test(pathname) && pushed && what.includes('login')) throw over;
          return http(request);
        },
      }),
    });
    expect(errors).toEqual([]);
    expect([exitCode, commits.map(({ is }) => is)]).toEqual([0, ['landed']]);
    const told = events.flatMap((event) => (event.type === 'notice' && event.stage === 'build' ? [event.code] : []));
    expect(told).toEqual(['IMAGE_NOT_REUSABLE']);
  });

  it('what is stopped then takes nothing from what the run has done', async () => {
    const { host, close } = await startOwnRegistry();
    onTestFinished(close);
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    let stop = (): void => undefined;
    const body: Body = (session) =>
      withStages(session, { source, deliveries: [], aws: undefined }, async ({ build: buildImage }) => {
        const value = await buildImage(planFor(host, dir, {}));
        setImmediate(stop);
        return { value };
      });
    const { errors, value } = await here(body, {
      world: ({ http, signal, abort }) => {
        stop = abort;
        const stopped = once(signal, 'abort').then(() => Promise.reject(signal.reason));
        stopped.catch(() => undefined);
        return {
          http: (request) =>
            /\/manifests\/fp-/.test(String(request.url)) && request.method === 'PUT' ? stopped : http(request),
        };
      },
    });
    expect(errors).toEqual([]);
    expect(value).toMatchObject({ is: 'built' });
  });
});
