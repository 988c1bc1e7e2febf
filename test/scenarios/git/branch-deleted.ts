import { expect } from 'vitest';
import { atFirstPush, commitByCli, missing, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The branch is deleted in between',
  whatHappens: 'Somebody deletes the branch between reading and the push.',
  whatTheUserSees: 'BRANCH_NOT_FOUND',
  exitCode: 6,
  guarantees: [
    {
      words: 'the branch is not made again',
      holds: async ({ host }) =>
        expect(await host.git('config', 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/spare\n'),
    },
    sound,
  ],
  missing,
  cause: () =>
    commitByCli({
      prepare: (host) => host.git('config', 'branch', 'spare', 'main'),
      fault: atFirstPush(async (host) => void (await host.git('config', 'update-ref', '-d', 'refs/heads/main'))),
    }),
});
