import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The context is missing',
  whatHappens: '`context:` names a folder that is not there.',
  whatTheUserSees: 'CONTEXT_NOT_FOUND',
  exitCode: 4,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: configured((text) =>
        text.replace('dockerfile: app/Dockerfile', 'dockerfile: app/Dockerfile, context: nowhere'),
      ),
    }),
});
