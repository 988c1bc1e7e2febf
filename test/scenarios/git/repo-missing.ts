import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The config repo is missing',
  whatHappens: 'No repository is at that URL, or the token may not see it.',
  whatTheUserSees: 'REPO_NOT_FOUND',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ url: (url) => url.replace('config', 'confg') }),
});
