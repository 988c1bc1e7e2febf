import { configRepoUntouched, missing, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The registry stores another digest',
  whatHappens: 'It says that a manifest has another digest than the one sent.',
  whatTheUserSees: 'BLOB_MISMATCH',
  exitCode: 5,
  guarantees: [configRepoUntouched],
  missing,
  cause: () =>
    shipHere({
      registry: {
        fault: ({ method, path }) =>
          method === 'PUT' && path.includes('/manifests/')
            ? { is: 'headers', headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } }
            : undefined,
      },
    }),
});
