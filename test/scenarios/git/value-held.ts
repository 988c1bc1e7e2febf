import { expect } from 'vitest';
import { writeHolds } from '../../../src/commit/holds/holds.ts';
import { chart, fileAt } from '../../commit/landing.ts';
import { atFirstPush, commitHere, missing, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

const hold = {
  ...{ file: 'main/values.yaml', path: '.front.imageTag', value: 'a' },
  ...{ by: 'Ada', why: 'orders are lost', since: '2026-01-01T00:00:00Z' },
};

export const scenario = declare({
  area: 'git',
  title: 'Somebody holds the value meanwhile',
  whatHappens: 'A hold lands between what the run read and its push.',
  whatTheUserSees: 'held',
  exitCode: 0,
  guarantees: [
    {
      words: 'the held value stays',
      holds: async ({ host }) => expect(await fileAt(host, 'config')).toBe(chart['main/values.yaml']),
    },
    sound,
  ],
  missing,
  cause: () =>
    commitHere({
      fault: atFirstPush(async (host) => {
        await host.commit('config', { files: { '.tagboat/holds.json': writeHolds([hold]) } });
      }),
    }),
});
