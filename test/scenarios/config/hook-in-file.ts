import { expect } from 'vitest';
import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

const planted = 'hooks.example.com/planted-0123456789';

export const scenario = declare({
  area: 'config',
  title: "A hook's address stands in the config",
  whatHappens: '`notify:` has the URL of a webhook itself in the place of a variable.',
  whatTheUserSees: 'CONFIG_SECRET_IN_FILE',
  exitCode: 2,
  guarantees: [
    {
      words: 'the address is not printed',
      holds: ({ printed }) => expect(printed).not.toContain(planted),
    },
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => `${text}notify:\n  - url: https://${planted}\n`) }),
});
