import { expect } from 'vitest';
import { chart } from '../../commit/landing.ts';
import { atFirstPush, commitByCli, landedOnce, missing, queueEmpty, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The branch is force-pushed in between',
  whatHappens: 'Somebody replaces the whole history between reading and the push.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    landedOnce,
    {
      words: 'the new history is kept, and nothing of the old one comes back',
      holds: async ({ host }) => {
        const log = await host.git('config', 'log', '--format=%s', 'main');
        expect(log.split('\n').slice(1)).toEqual(['Begin again', '']);
      },
    },
    queueEmpty,
    sound,
  ],
  missing,
  cause: () =>
    commitByCli({
      fault: atFirstPush(async (host) => {
        await host.git('config', 'update-ref', '-d', 'refs/heads/main');
        await host.commit('config', { files: chart, message: 'Begin again\n' });
      }),
    }),
});
