import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The target is missing',
  whatHappens: 'The Dockerfile has no stage of that name.',
  whatTheUserSees: 'TARGET_NOT_FOUND',
  exitCode: 4,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: configured((text) =>
        text.replace('dockerfile: app/Dockerfile', 'dockerfile: app/Dockerfile, target: prod'),
      ),
    }),
});
