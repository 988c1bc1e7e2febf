import { git } from '../../support/git-host.ts';
import { configRepoUntouched, configured, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A git tag that is no release is delivered in the order of releases',
  whatHappens: 'The delivery has `order: semver`, and its `from:` takes every tag.',
  whatTheUserSees: 'GIT_TAG_NO_RELEASE',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: async (town) => {
        await configured((text) => text.replace('from: main', 'from: { tags: "*" }\n    order: semver'))(town);
        await git(town.app, 'checkout', '--quiet', '--detach');
      },
      env: async ({ app }) => ({
        ...{ GITHUB_ACTIONS: undefined, GITLAB_CI: 'true', CI_COMMIT_TAG: 'v-next', CI_COMMIT_REF_NAME: 'v-next' },
        CI_COMMIT_SHA: (await git(app, 'rev-parse', 'HEAD')).trim(),
      }),
    }),
});
