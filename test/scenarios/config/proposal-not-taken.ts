import { git } from '../../support/git-host.ts';
import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A job of a pull request ships, and no delivery takes any',
  whatHappens: 'Its commit is on no branch that a `from:` names, and nobody asked for pull requests.',
  whatTheUserSees: 'PULL_REQUEST_NOT_TAKEN',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      env: async ({ app }) => ({
        ...{ GITHUB_ACTIONS: undefined, GITLAB_CI: 'true', CI_COMMIT_REF_NAME: 'topic' },
        ...{ CI_MERGE_REQUEST_ID: '77', CI_MERGE_REQUEST_IID: '7', CI_MERGE_REQUEST_PROJECT_ID: '1' },
        ...{ CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1', CI_PIPELINE_SOURCE: 'merge_request_event' },
        CI_COMMIT_SHA: (await git(app, 'rev-parse', 'HEAD')).trim(),
      }),
    }),
});
