import { configRepoUntouched, missing, noImage, noTempLeft, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The repository is missing',
  whatHappens: 'The registry, like ECR, makes none on a push.',
  whatTheUserSees: 'REPOSITORY_NOT_FOUND',
  exitCode: 5,
  guarantees: [configRepoUntouched, noImage, noTempLeft],
  missing,
  cause: () => shipByCli({ registry: { createOnPush: false } }),
});
