import { expect } from 'vitest';
import { isSound } from '../../commit/landing.ts';
import { git } from '../../support/git-host.ts';
import { committed, missing, shipAgain, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'An older run finishes last',
  whatHappens: 'A newer commit is delivered already when the job of the one before it is run again.',
  whatTheUserSees: 'superseded',
  exitCode: 0,
  guarantees: [
    {
      words: 'the newer value stays',
      holds: async ({ town: { host, app } }) => {
        const newer = (await git(app, 'rev-parse', 'main@{1}')).trim();
        expect(await host.git('config', 'show', 'main:main/values.yaml')).toContain(newer);
        expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
        await isSound(host, 'config');
      },
    },
    {
      words: 'no image is built or pushed for the older commit',
      holds: async ({ printed, town: { app, registry } }) => {
        const older = (await git(app, 'rev-parse', 'main')).trim();
        // It was never delivered itself, so any try would show.
        expect(registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes(older))).toEqual([]);
        expect(printed).not.toContain('"image.started"');
      },
    },
  ],
  missing,
  cause: async () => {
    const scene = await shipByCli({ prepare: committed({ 'app/hello': 'newer\n' }) });
    expect(scene.end.exitCode).toBe(0);
    await git(scene.town.app, 'reset', '--quiet', '--hard', 'HEAD~1');
    return { ...scene, ...(await shipAgain(scene.town)) };
  },
});
