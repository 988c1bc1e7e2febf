import {
  atFirstPush,
  commitByCli,
  landedOnce,
  missing,
  queueEmpty,
  rivalKept,
  rivalPush,
  sound,
  updateHook,
} from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host refuses refs of our own',
  whatHappens: 'Beaten, we can publish no intent.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, rivalKept, queueEmpty, sound],
  missing,
  cause: () =>
    commitByCli({
      prepare: (host) => updateHook(host, 'case "$1" in refs/tagboat/*) exit 1;; esac'),
      fault: atFirstPush((host) => rivalPush(host)),
    }),
});
