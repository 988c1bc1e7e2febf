import { pushBaseImage } from '../../support/base-image.ts';
import type { Town } from '../../support/cli.ts';
import { committed, configRepoUntouched, missing, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

let damaged = false;

/** The app's image starts from another one in the same registry. */
async function onBase(town: Town): Promise<void> {
  damaged = false;
  await pushBaseImage(town.registry.host, {
    repository: 'base',
    tag: '1',
    layers: [[{ name: 'etc/os', body: 'base' }]],
  });
  damaged = true;
  await committed({ 'app/Dockerfile': `FROM ${town.registry.host}/base:1\nCOPY app/hello /hello\n` })(town);
}

export const scenario = declare({
  area: 'build',
  title: 'The base image is damaged',
  whatHappens: 'One byte of its config, which is read for the new one, is another one.',
  whatTheUserSees: 'BLOB_MISMATCH',
  exitCode: 5,
  guarantees: [configRepoUntouched, noTempLeft],
  missing,
  cause: () =>
    shipHere({
      registry: {
        auth: 'none',
        fault: ({ method, path }) =>
          damaged && method === 'GET' && path.includes('/base/blobs/') ? { is: 'corrupt' } : undefined,
      },
      prepare: onBase,
    }),
});
