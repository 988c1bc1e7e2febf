import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'Two clocks differ',
  whatHappens: 'The token has ended by the clock of AWS.',
  whatTheUserSees: 'AWS_ROLE_REFUSED',
  exitCode: 3,
  guarantees: [tells('the hint names the clock', 'ExpiredToken', 'clock'), configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ servers: { aws: { clock: { now: () => Date.now() + 3_600_000 } } } }),
});
