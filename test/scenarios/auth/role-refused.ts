import { configRepoUntouched, missing, noSecretPrinted, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The trust policy lets this job not in',
  whatHappens: 'The token says another branch than the policy.',
  whatTheUserSees: 'AWS_ROLE_REFUSED',
  exitCode: 3,
  guarantees: [
    tells(
      'the sub of the token is shown beside a policy that would accept it',
      'repo:acme/app-repo:ref:refs/heads/dev',
      '"StringEquals"',
    ),
    configRepoUntouched,
    registryUntouched,
    noSecretPrinted,
  ],
  missing,
  cause: () => shipByCli({ servers: { github: { workflow: { ref: 'refs/heads/dev' } } } }),
});
