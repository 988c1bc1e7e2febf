import { expect } from 'vitest';
import { configured, missing, noUploadLeft, shipAgain, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The tag is immutable and means this image already',
  whatHappens: 'The same content is pushed under the same tag once more.',
  whatTheUserSees: 'unchanged',
  exitCode: 0,
  guarantees: [
    {
      words: 'the config repo gets no second commit',
      holds: async ({ town: { host } }) => expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n'),
    },
    noUploadLeft,
  ],
  missing,
  cause: async () => {
    const scene = await shipByCli({
      registry: { immutableTags: true },
      prepare: configured((text) => `tag: stable\n${text}`),
    });
    expect(scene.end.exitCode).toBe(0);
    return { ...scene, ...(await shipAgain(scene.town)) };
  },
});
