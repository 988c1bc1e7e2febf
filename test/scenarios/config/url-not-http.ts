import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The config repo is no https URL',
  whatHappens: '`repo:` names it as ssh does.',
  whatTheUserSees: 'CONFIG_VALUE_INVALID',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: configured((text, { host }) => text.replace(host.repoUrl('config'), 'git@git.example:acme/config.git')),
    }),
});
