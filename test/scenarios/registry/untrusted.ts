import { ownCa, serveHttps } from '../../support/servers.ts';
import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The certificate of the registry is not trusted',
  whatHappens: 'It shows a certificate of an authority that nobody named.',
  whatTheUserSees: 'REGISTRY_UNTRUSTED',
  exitCode: 5,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: async () => {
    const { host } = new URL(await serveHttps(ownCa().localhost, (_, response) => void response.end()));
    return shipByCli({
      prepare: configured((text, { registry }) =>
        text.replace(`host: "${registry.host}", login: ecr`, `host: "${host}", login: anonymous, insecure: false`),
      ),
    });
  },
});
