import { git, tempDir } from '../../support/git-host.ts';
import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The app repo has no commit yet',
  whatHappens: 'There is nothing to tag an image with.',
  whatTheUserSees: 'SOURCE_EMPTY',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: async () => {
    const dir = await tempDir();
    await git(dir, 'init', '--quiet');
    return shipByCli({}, { cwd: dir });
  },
});
