import { pushBaseImage } from '../../support/base-image.ts';
import { committed, configRepoUntouched, missing, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The base image is damaged',
  whatHappens: 'One byte of its config, which is read for the new one, is another one.',
  whatTheUserSees: 'BLOB_MISMATCH',
  exitCode: 5,
  guarantees: [configRepoUntouched, noTempLeft],
  missing,
  cause: () => {
    let damaged = false;
    return shipHere({
      registry: {
        auth: 'none',
        fault: ({ method, path }) =>
          damaged && method === 'GET' && path.includes('/base/blobs/') ? { is: 'corrupt' } : undefined,
      },
      // The app's image starts from another one in the same registry.
      prepare: async (town) => {
        const { host } = town.registry;
        await pushBaseImage(host, { repository: 'base', tag: '1', layers: [[{ name: 'etc/os', body: 'base' }]] });
        damaged = true;
        await committed({ 'app/Dockerfile': `FROM ${host}/base:1\nCOPY app/hello /hello\n` })(town);
      },
    });
  },
});
