import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, tempDir } from '../../support/git-host.ts';
import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: "A job of pull_request_target checks out a fork's main",
  whatHappens: "The job has this repository's secrets, and what it would ship is a stranger's.",
  whatTheUserSees: 'SOURCE_FOREIGN',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: async () =>
    shipByCli({
      env: async ({ app }) => {
        const file = join(await tempDir(), 'event.json');
        const sha = (await git(app, 'rev-parse', 'HEAD')).trim();
        const head = { ref: 'main', sha, repo: { full_name: 'mallory/shop' } };
        await writeFile(file, JSON.stringify({ pull_request: { head } }));
        return {
          ...{ GITHUB_ACTIONS: 'true', GITHUB_SHA: '1'.repeat(40), GITHUB_REF: 'refs/heads/main' },
          ...{ GITHUB_REPOSITORY: 'acme/shop', GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_EVENT_PATH: file },
        };
      },
    }),
});
