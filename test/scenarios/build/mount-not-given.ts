import { committed, configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'A Dockerfile mounts a secret that it isn’t given',
  whatHappens: 'A RUN needs a secret (`required`), and the image has no `secrets:`.',
  whatTheUserSees: 'MOUNT_NOT_GIVEN',
  exitCode: 4,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: committed({ 'app/Dockerfile': 'FROM scratch\nRUN --mount=type=secret,id=npm,required=true true\n' }),
    }),
});
