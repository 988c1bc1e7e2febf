import { configRepoUntouched, configured, missing, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'A scanner of your own refuses an image',
  whatHappens: 'The image’s `check:` ends with another exit code than 0.',
  whatTheUserSees: 'CHECK_FAILED',
  exitCode: 4,
  guarantees: [configRepoUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: configured((text) => text.replace('app/Dockerfile,', 'app/Dockerfile, check: ["false", "{image}"],')),
    }),
});
