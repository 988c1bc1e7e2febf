import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A variable stands bare between braces',
  whatHappens: '`$` and a brace inside of `{ … }` are no YAML without quotes.',
  whatTheUserSees: 'CONFIG_YAML_INVALID',
  exitCode: 2,
  guarantees: [tells('the place is named', 'tagboat.yaml:2:'), configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('ap-northeast-1', () => `$\{SHOP_REGION}`)) }),
});
