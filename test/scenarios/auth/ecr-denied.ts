import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The role may not log in to ECR',
  whatHappens: 'It lacks `ecr:GetAuthorizationToken`.',
  whatTheUserSees: 'ECR_TOKEN_REFUSED',
  exitCode: 3,
  guarantees: [
    tells('the missing permission is named', 'ecr:GetAuthorizationToken'),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () => shipByCli({ servers: { role: { lacks: ['ecr:GetAuthorizationToken'] } } }),
});
