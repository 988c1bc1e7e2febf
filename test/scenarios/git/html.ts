import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A page answers in place of git',
  whatHappens: 'A login page or proxy answers 200 with HTML.',
  whatTheUserSees: 'GIT_MALFORMED',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitByCli({
      fault: () => ({ is: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in' }),
    }),
});
