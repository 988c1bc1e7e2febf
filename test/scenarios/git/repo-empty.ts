import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The config repo is empty',
  whatHappens: 'It has no commit yet.',
  whatTheUserSees: 'REPO_EMPTY',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ prepare: (host) => host.git('config', 'update-ref', '-d', 'refs/heads/main') }),
});
