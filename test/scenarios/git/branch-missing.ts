import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The branch is missing',
  whatHappens: 'The config repo has no branch of that name.',
  whatTheUserSees: 'BRANCH_NOT_FOUND',
  exitCode: 6,
  guarantees: [tells('the branches that are there are named', /It has main/), nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ branch: 'mian' }),
});
