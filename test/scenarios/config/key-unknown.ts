import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A key is mistyped',
  whatHappens: '`tagboat.yaml` has a key that means nothing.',
  whatTheUserSees: 'CONFIG_KEY_UNKNOWN',
  exitCode: 2,
  guarantees: [
    tells('the nearest key and the place are named', 'dockerfile', 'tagboat.yaml:4:'),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('dockerfile:', 'dockerfil:')) }),
});
