import { ownCa, serveHttps } from '../../support/servers.ts';
import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The certificate is not trusted',
  whatHappens: 'The host shows a certificate of an authority that nobody named.',
  whatTheUserSees: 'GIT_TLS_FAILED',
  exitCode: 6,
  guarantees: [tells('the hint names TAGBOAT_CA_FILE', 'TAGBOAT_CA_FILE'), nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitByCli({
      url: async () => `${await serveHttps(ownCa().localhost, (_, response) => void response.end())}/config.git`,
    }),
});
