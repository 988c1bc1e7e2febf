import { writeHolds } from '../../../src/commit/holds/holds.ts';
import { chart } from '../../commit/landing.ts';
import { commitByCli, landedOnce, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

const hold = {
  ...{ file: 'main/values.yaml', path: '.front.imageTag', value: 'a', until: '2026-01-02T00:00:00.000Z' },
  ...{ by: 'Ada', why: 'b does not start', since: '2026-01-01T00:00:00.000Z' },
};

export const scenario = declare({
  area: 'git',
  title: 'The hold has ended',
  whatHappens: 'Its time is over.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, onePush, sound],
  missing,
  cause: () =>
    commitByCli({
      repo: { files: { ...chart, '.tagboat/holds.json': writeHolds([hold]) } },
    }),
});
