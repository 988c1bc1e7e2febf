import { expect } from 'vitest';
import { fileAt } from '../../commit/landing.ts';
import { commitHere, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A tag takes the place of a number',
  whatHappens: 'The tag is written as a number in the file, and the new one looks like one: Helm prints 1.10 as 1.1.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    {
      words: 'the new tag is text, so that every reader gives it back as it is',
      holds: async ({ host }) => expect(await fileAt(host, 'config')).toBe('front:\n  imageTag: "1.10" # ours\n'),
    },
    onePush,
    sound,
  ],
  missing,
  cause: () =>
    commitHere({
      repo: { files: { 'main/values.yaml': 'front:\n  imageTag: 1.9 # ours\n' } },
      set: ['main/values.yaml:.front.imageTag=1.10'],
    }),
});
