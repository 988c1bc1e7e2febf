import { git } from '../../support/git-host.ts';
import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A CI that is not known here checks out a commit and no branch',
  whatHappens: 'No delivery takes a commit that is on no branch, so that nothing would be delivered.',
  whatTheUserSees: 'NOTHING_TO_DELIVER',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: async () =>
    shipByCli({
      prepare: async ({ app }) => {
        await git(app, 'checkout', '--quiet', '--detach');
      },
      env: () => ({ GITHUB_ACTIONS: undefined }),
    }),
});
