import { configRepoUntouched, configured, missing, shipHere } from '../app-repo.ts';
import { closedPort } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'Nobody listens at the registry',
  whatHappens: 'The connection is refused.',
  whatTheUserSees: 'REGISTRY_UNREACHABLE',
  exitCode: 5,
  guarantees: [configRepoUntouched],
  missing,
  cause: async () => {
    const host = await closedPort();
    return shipHere({ prepare: configured((text, { registry }) => text.replace(registry.host, host)) });
  },
});
