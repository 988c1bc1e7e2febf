import { expect } from 'vitest';
import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

const planted = `ghp_${'a1B2'.repeat(9)}`;

export const scenario = declare({
  area: 'config',
  title: 'A secret stands in the config',
  whatHappens: 'A token is written in `tagboat.yaml`.',
  whatTheUserSees: 'CONFIG_SECRET_IN_FILE',
  exitCode: 2,
  guarantees: [
    {
      words: 'the secret is not printed',
      holds: ({ printed }) => expect(printed).not.toContain(planted),
    },
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('"{tag}"', `"${planted}"`)) }),
});
