import { git } from '../../support/git-host.ts';
import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A git tag is pushed that no delivery takes',
  whatHappens: 'The job is of a tag, and every `from:` takes branches.',
  whatTheUserSees: 'GIT_TAG_NOT_TAKEN',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      // The tag itself is what GitLab checks out, on no branch.
      prepare: ({ app }) => git(app, 'checkout', '--quiet', '--detach'),
      env: async ({ app }) => ({
        ...{ GITHUB_ACTIONS: undefined, GITLAB_CI: 'true', CI_COMMIT_TAG: 'v1', CI_COMMIT_REF_NAME: 'v1' },
        CI_COMMIT_SHA: (await git(app, 'rev-parse', 'HEAD')).trim(),
      }),
    }),
});
