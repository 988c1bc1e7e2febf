import { expect } from 'vitest';
import { committed, missing, noTempLeft, shipAgain, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The image has as many tags as ECR allows',
  whatHappens: 'A commit that changes nothing in the images would give each one tag more: ECR answers 403.',
  whatTheUserSees: 'TAG_LIMIT',
  exitCode: 5,
  guarantees: [
    {
      words: 'the image that is full is named',
      holds: ({ errors }) =>
        expect(errors.map(({ about, place }) => ({ about, place }))).toMatchObject([
          { about: ['app', 'app-repo'] },
          { about: ['web', 'web-repo'] },
        ]),
    },
    {
      words: 'the config repo hears nothing of that commit',
      holds: async ({ town: { host } }) => expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n'),
    },
    noTempLeft,
  ],
  missing,
  cause: async () => {
    // The commit's own, the cache's, and the one by which an unchanged image is found.
    const scene = await shipByCli({ registry: { mostTags: 3 } });
    expect(scene.end.exitCode).toBe(0);
    await committed({ 'README.md': 'The shop.\n' })(scene.town);
    return { ...scene, ...(await shipAgain(scene.town)) };
  },
});
