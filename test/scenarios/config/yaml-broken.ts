import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The config is broken YAML',
  whatHappens: 'A bracket is never closed.',
  whatTheUserSees: 'CONFIG_YAML_INVALID',
  exitCode: 2,
  guarantees: [tells('the place is named', /tagboat.yaml:[0-9]+:/), configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('{tag}" }', '{tag}"')) }),
});
