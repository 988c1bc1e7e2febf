import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A variable in the config is not set',
  whatHappens: '`$NAME` in braces has nothing to stand for.',
  whatTheUserSees: 'CONFIG_VARIABLE_UNSET',
  exitCode: 2,
  guarantees: [tells('the variable is named', 'SHOP_REGION'), configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('ap-northeast-1', () => `"$\{SHOP_REGION}"`)) }),
});
