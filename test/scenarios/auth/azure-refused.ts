import { configRepoUntouched, missing, noSecretPrinted, registryUntouched } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';
import { shipToCloud } from '../token-services.ts';

export const scenario = declare({
  area: 'auth',
  title: "Azure's federated credential is another's",
  whatHappens: 'Its subject is another branch than the one in the token.',
  whatTheUserSees: 'AZURE_TOKEN_REFUSED',
  exitCode: 3,
  guarantees: [
    tells(
      'the sub of the token is shown beside the command that accepts it',
      'AADSTS700213',
      'repo:acme/app-repo:ref:refs/heads/main',
      'az ad app federated-credential create',
    ),
    configRepoUntouched,
    registryUntouched,
    noSecretPrinted,
  ],
  missing,
  cause: () => shipToCloud('acr', 'repo:acme/app-repo:ref:refs/heads/release'),
});
