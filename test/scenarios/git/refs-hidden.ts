import {
  atFirstPush,
  commitByCli,
  landedOnce,
  missing,
  queueEmpty,
  rivalKept,
  rivalPush,
  sound,
} from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host hides refs of our own',
  whatHappens: 'Beaten, we publish an intent, and the host takes it but shows it to nobody.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, rivalKept, queueEmpty, sound],
  missing,
  cause: () =>
    commitByCli({
      repo: { config: { 'uploadpack.hideRefs': 'refs/tagboat' } },
      fault: atFirstPush((host) => rivalPush(host)),
    }),
});
