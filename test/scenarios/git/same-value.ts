import { expect } from 'vitest';
import { valuesWith } from '../../commit/landing.ts';
import { atFirstPush, commitByCli, missing, queueEmpty, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'Somebody else sets the same value',
  whatHappens: 'Another push sets our value between reading and the push.',
  whatTheUserSees: 'unchanged',
  exitCode: 0,
  guarantees: [
    {
      words: 'their commit stays the last one',
      holds: async ({ host }) => expect(await host.git('config', 'log', '-1', '--format=%s', 'main')).toBe('Same\n'),
    },
    queueEmpty,
    sound,
  ],
  missing,
  cause: () =>
    commitByCli({
      fault: atFirstPush((host) =>
        host.commit('config', { files: { 'main/values.yaml': valuesWith('b') }, message: 'Same\n' }),
      ),
    }),
});
