import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The Dockerfile is missing',
  whatHappens: '`dockerfile:` names a file that is not there.',
  whatTheUserSees: 'DOCKERFILE_NOT_FOUND',
  exitCode: 4,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('app/Dockerfile', 'app/Dockerfil')) }),
});
