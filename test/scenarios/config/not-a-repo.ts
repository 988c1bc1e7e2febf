import { tempDir } from '../../support/git-host.ts';
import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The folder is no git repository',
  whatHappens: 'Nothing tells which commit is delivered.',
  whatTheUserSees: 'SOURCE_NOT_A_REPO',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: async () => {
    const dir = await tempDir();
    return shipByCli({}, { cwd: dir });
  },
});
