import { configRepoUntouched, configured, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'A build secret’s variable isn’t set',
  whatHappens: '`secrets:` names a variable that the job doesn’t have, and the Dockerfile mounts it.',
  whatTheUserSees: 'BUILD_SECRET_MISSING',
  exitCode: 4,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: configured((text) =>
        text.replace('app/Dockerfile,', 'app/Dockerfile, secrets: { npm: env=NPM_TOKEN },'),
      ),
    }),
});
