import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { build } from '../../../src/entry/commands/build.ts';
import { ship } from '../../../src/entry/commands/ship.ts';
import { type Town, town } from '../../support/cli.ts';
import { noHttpBackend } from '../../support/git-host.ts';
import { type HereOptions, here } from '../../support/here.ts';

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
});
