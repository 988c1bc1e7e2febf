import { expect } from 'vitest';
import { missing, noImage } from '../app-repo.ts';
import { shipPreview } from '../preview.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: "A preview's file is there and somebody else's",
  whatHappens: 'The file that `write:` names was put into the config repo by hand.',
  whatTheUserSees: 'FILE_NOT_OURS',
  exitCode: 6,
  guarantees: [
    {
      words: 'the file stays as it is',
      holds: async ({ town: { host } }) =>
        expect(await host.git('config', 'show', 'main:previews/7/values.yaml')).toBe('by: hand\n'),
    },
    noImage,
  ],
  missing,
  cause: () =>
    shipPreview('previews/{pr}/values.yaml', 'tag: {tag}\n', {
      prepare: ({ host }) => host.commit('config', { files: { 'previews/7/values.yaml': 'by: hand\n' } }),
    }),
});
