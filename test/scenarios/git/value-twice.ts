import { commitHere, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'One place is set to two values',
  whatHappens: 'Two edits of one run mean the same place of a file, by paths that are spelt in two ways.',
  whatTheUserSees: 'VALUE_SET_TWICE',
  exitCode: 2,
  guarantees: [tells('both values are named', '"b"', '"c"'), nothingSent, refsUnmoved],
  missing,
  cause: () => commitHere({ set: ['main/values.yaml:.front.imageTag=b', 'main/values.yaml:.front["imageTag"]=c'] }),
});
