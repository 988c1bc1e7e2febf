import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '../../../src/entry/commands/plan.ts';
import { ship } from '../../../src/entry/commands/ship.ts';
import { type Town, town } from '../../support/cli.ts';
import { noHttpBackend } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';

const common = { json: true, quiet: false, color: false, jobs: 1 };

interface Fault {
  readonly title: string;
  readonly code: string;
  readonly registry?: Parameters<typeof town>[0];
  readonly prepare?: (town: Town) => unknown;
}

const dockerfile = (text: (town: Town) => string) => async (place: Town) => {
  // The image whose fault it is comes last: the other one could be pushed before.
  await place.write({ 'web/Dockerfile': text(place) });
  await place.commit('Break web');
};

const faults: readonly Fault[] = [
  {
    title: 'a token that may only read',
    code: 'GIT_FORBIDDEN',
    prepare: ({ host, token }) => host.setAccess('config', { tokens: { [token]: 'read' } }),
  },
  { title: 'a repository that is missing', code: 'REPOSITORY_NOT_FOUND', registry: { createOnPush: false } },
  {
    title: 'a base image that is missing',
    code: 'BASE_NOT_FOUND',
    prepare: dockerfile(({ registry }) => `FROM ${registry.host}/base:1\nCOPY web/index.html /srv/\n`),
  },
  {
    title: 'a COPY source that is missing',
    code: 'COPY_SOURCE_MISSING',
    prepare: dockerfile(() => 'FROM scratch\nARG dir=web\nCOPY $dir/index.htm /srv/\n'),
  },
  {
    title: 'a COPY source of a named context that is missing',
    code: 'COPY_SOURCE_MISSING',
    prepare: async (place) => {
      await place.write({ 'web/Dockerfile': 'FROM scratch\nCOPY --from=assets nothing /srv/\n' });
      const { readFile } = await import('node:fs/promises');
      const config = await readFile(join(place.app, 'tagboat.yaml'), 'utf8');
      await place.write({
        'tagboat.yaml': config.replace(
          'dockerfile: web/Dockerfile,',
          'dockerfile: web/Dockerfile, contexts: { assets: app },',
        ),
      });
      await place.commit('Break web');
    },
  },
];

describe.skipIf(noHttpBackend !== undefined)('everything is checked before anything is pushed', () => {
  it.each(faults)('$title: plan ends as ship does, and no image of the run is there', async ({
    code,
    registry,
    prepare,
  }) => {
    const place = await town(registry);
    await prepare?.(place);
    const options = { cwd: place.app, env: { ...place.env, GITHUB_ACTIONS: 'true' } };
    const shipped = await here(ship(common, {}), options);
    const planned = await here(plan(common), { command: 'plan', ...options });
    expect([shipped.errors[0]?.code, planned.errors[0]?.code]).toEqual([code, code]);
    expect(planned.exitCode).toBe(shipped.exitCode);
    expect(shipped.exitCode).not.toBe(0);
    for (const repository of ['app-repo', 'web-repo']) {
      const tags = join(place.registry.dir, 'repositories', repository, '_tags');
      expect(existsSync(tags) ? readdirSync(tags) : [], repository).toEqual([]);
    }
    expect(shipped.events.filter(({ type }) => type === 'image.finished' || type === 'image.started')).toEqual([]);
  });

  it('a proposal is planned with a token that may only read', async () => {
    const place = await town();
    place.host.setAccess('config', { tokens: { [place.token]: 'read' } });
    const env = { ...place.env, GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request' };
    const { errors } = await here(plan(common), { cwd: place.app, env });
    expect(errors.filter(({ code }) => code === 'GIT_FORBIDDEN')).toEqual([]);
  });

  it('a right set-up is planned without an error', async () => {
    const place = await town();
    expect((await here(plan(common), { command: 'plan', cwd: place.app, env: place.env })).errors).toEqual([]);
  });
});
