import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'One image is asked for, and a value says of none',
  whatHappens: 'With `--image`, nobody can tell whether `{tag}` is to change.',
  whatTheUserSees: 'VALUE_OF_NO_IMAGE',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      image: ['web'],
    }),
});
