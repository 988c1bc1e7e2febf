import { git } from '../../support/git-host.ts';
import { configRepoUntouched, configured, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A fork’s pull request is shipped',
  whatHappens: 'A delivery takes pull requests, and this one is of another project.',
  whatTheUserSees: 'SOURCE_FROM_FORK',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: configured((text) => text.replace('from: main', 'from: { pullRequests: true }')),
      env: async ({ app }) => ({
        ...{ GITHUB_ACTIONS: undefined, GITLAB_CI: 'true', CI_COMMIT_REF_NAME: 'topic' },
        ...{ CI_MERGE_REQUEST_ID: '77', CI_MERGE_REQUEST_IID: '7', CI_MERGE_REQUEST_PROJECT_ID: '1' },
        ...{ CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '2', CI_PIPELINE_SOURCE: 'merge_request_event' },
        CI_COMMIT_SHA: (await git(app, 'rev-parse', 'HEAD')).trim(),
      }),
    }),
});
