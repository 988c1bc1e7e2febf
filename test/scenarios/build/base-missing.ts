import { committed, configRepoUntouched, missing, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The base image is missing',
  whatHappens: 'FROM names an image that its registry has not.',
  whatTheUserSees: 'BASE_NOT_FOUND',
  exitCode: 4,
  guarantees: [configRepoUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: async (town) =>
        committed({ 'app/Dockerfile': `FROM ${town.registry.host}/base:1\nCOPY app/hello /hello\n` })(town),
    }),
});
