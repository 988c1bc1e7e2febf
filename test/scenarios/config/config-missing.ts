import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'There is no tagboat.yaml',
  whatHappens: 'The app repo has no config, and none is named.',
  whatTheUserSees: 'CONFIG_MISSING',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: async ({ app, commit }) => {
        await rm(join(app, 'tagboat.yaml'));
        await commit('Remove the config');
      },
    }),
});
