import { closedPort, commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'Nobody listens at the address',
  whatHappens: 'The connection is refused.',
  whatTheUserSees: 'GIT_UNREACHABLE',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitHere({ url: async (url) => url.replace(new URL(url).host, await closedPort()) }),
});
