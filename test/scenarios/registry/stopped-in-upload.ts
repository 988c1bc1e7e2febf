import { configRepoUntouched, missing, noImage, noTempLeft, noUploadLeft, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'Ctrl-C in the middle of an upload',
  whatHappens: 'SIGINT arrives while a blob is being sent.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [configRepoUntouched, noImage, noUploadLeft, noTempLeft],
  missing,
  cause: () => {
    let kill: ((signal: NodeJS.Signals) => void) | undefined;
    return shipByCli(
      {
        registry: {
          fault: ({ method, path }) => {
            if (method !== 'PUT' || !path.includes('/blobs/')) return undefined;
            // A second signal would end it at once.
            kill?.('SIGINT');
            kill = undefined;
            return { is: 'hang' };
          },
        },
      },
      {
        onStart: (own) => {
          kill = own;
        },
      },
    );
  },
});
