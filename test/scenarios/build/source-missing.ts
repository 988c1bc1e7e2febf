import { committed, configRepoUntouched, missing, noTempLeft, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'A file to copy is missing',
  whatHappens: 'COPY names a file that the context has not.',
  whatTheUserSees: 'COPY_SOURCE_MISSING',
  exitCode: 4,
  guarantees: [tells('the line is shown', 'Dockerfile:2:'), configRepoUntouched, noTempLeft],
  missing,
  cause: () => shipByCli({ prepare: committed({ 'app/Dockerfile': 'FROM scratch\nCOPY app/helo /hello\n' }) }),
});
