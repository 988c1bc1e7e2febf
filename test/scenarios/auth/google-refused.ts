import { configRepoUntouched, missing, noSecretPrinted, registryUntouched } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';
import { shipToCloud } from '../token-services.ts';

export const scenario = declare({
  area: 'auth',
  title: "Google's attribute condition lets this job not in",
  whatHappens: "The provider's condition is about another branch than the token's.",
  whatTheUserSees: 'GOOGLE_TOKEN_REFUSED',
  exitCode: 3,
  guarantees: [
    tells(
      'the claims of the token are shown as a condition would name them',
      "assertion.sub == 'repo:acme/app-repo:ref:refs/heads/main'",
      "assertion.repository == 'acme/app-repo'",
    ),
    configRepoUntouched,
    registryUntouched,
    noSecretPrinted,
  ],
  missing,
  cause: () => shipToCloud('google', 'repo:acme/app-repo:ref:refs/heads/release'),
});
