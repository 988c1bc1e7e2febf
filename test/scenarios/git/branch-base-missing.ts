import { configRepoUntouched, configured, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The branch is to be made, and its base is missing too',
  whatHappens: 'With `createBranch: { from: mian }`, the config repo has neither branch.',
  whatTheUserSees: 'BRANCH_BASE_NOT_FOUND',
  exitCode: 6,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: configured((text) =>
        text.replace(/( +)from: main\n/, '$1from: main\n$1branch: env/prod\n$1createBranch: { from: mian }\n'),
      ),
    }),
});
