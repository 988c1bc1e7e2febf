import { commitStays, followByCli, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Ctrl-C while waiting for the verdict',
  whatHappens: 'SIGINT arrives when the commit has landed.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [commitStays],
  missing,
  cause: () => {
    let stopped = false;
    return followByCli(
      {
        prepare: ({ argocd }) => {
          argocd.app('front').mishaps.stuck = true;
        },
      },
      {
        onLine: (line, kill) => {
          if (stopped || !line.includes('"commit.finished"')) return;
          stopped = true;
          kill('SIGINT');
        },
      },
    );
  },
});
