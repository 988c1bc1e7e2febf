import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The file is of no kind that is known',
  whatHappens: 'A value is to be set in an INI file, which read as YAML would be one long text.',
  whatTheUserSees: 'FILE_KIND_UNKNOWN',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('main/values.yaml:', 'main/values.ini:')) }),
});
