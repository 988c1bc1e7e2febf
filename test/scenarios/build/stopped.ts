import { configRepoUntouched, missing, noTempLeft, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'Ctrl-C in the middle of a build',
  whatHappens: 'SIGINT arrives when an image has begun.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [configRepoUntouched, noTempLeft],
  missing,
  cause: () => {
    let stopped = false;
    return shipByCli(
      {},
      {
        onLine: (line, kill) => {
          // A second signal would end it at once.
          if (stopped || !line.includes('"image.started"')) return;
          stopped = true;
          kill('SIGINT');
        },
      },
    );
  },
});
