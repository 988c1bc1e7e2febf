import { expect } from 'vitest';
import { fileAt, valuesWith } from '../../commit/landing.ts';
import { atFirstPush, commitByCli, missing, queueEmpty, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'Somebody else changes the same file',
  whatHappens: 'Another push sets another value in our file between reading and the push.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    {
      words: 'both values are on the branch',
      holds: async ({ host }) =>
        expect(await fileAt(host, 'config')).toBe(valuesWith('b').replace('replicas: 2', 'replicas: 5')),
    },
    queueEmpty,
    sound,
  ],
  missing,
  cause: () =>
    commitByCli({
      fault: atFirstPush((host) =>
        host.commit('config', { files: { 'main/values.yaml': valuesWith('a').replace('replicas: 2', 'replicas: 5') } }),
      ),
    }),
});
