import { isPush, saysDone } from '../../commit/landing.ts';
import { commitHere, missing, neverSet, refsUnmoved, sound, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A push is reported as done and is not',
  whatHappens: 'The host answers every push with a report that says ok, and its branch stays where it was.',
  whatTheUserSees: 'PUSH_DENIED',
  exitCode: 6,
  guarantees: [
    tells('it is told that the branch is where it was', 'the branch is where it was'),
    neverSet,
    refsUnmoved,
    sound,
  ],
  missing,
  cause: () =>
    commitHere({
      repo: { preReceive: 'exit 1' },
      fault: (request) => (isPush(request) ? saysDone(request) : undefined),
    }),
});
