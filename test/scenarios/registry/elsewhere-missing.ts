import { configRepoUntouched, configured, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'An image that something else builds isn’t there',
  whatHappens: '`from:` names a tag that nobody pushed.',
  whatTheUserSees: 'IMAGE_NOT_FOUND',
  exitCode: 5,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: configured((text, { registry }) =>
        text.replace(/web: \{.*\}/, `web: { from: "${registry.host}/web:v1" }`),
      ),
    }),
});
