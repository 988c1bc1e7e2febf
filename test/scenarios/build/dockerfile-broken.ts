import { committed, configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The Dockerfile has a mistake',
  whatHappens: 'An instruction is mistyped.',
  whatTheUserSees: 'DOCKERFILE_INVALID',
  exitCode: 4,
  guarantees: [tells('the line is shown', 'Dockerfile:2:', 'COPI'), configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: committed({ 'app/Dockerfile': 'FROM scratch\nCOPI app/hello /hello\n' }) }),
});
