import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A folder of services is a link out of the repo',
  whatHappens: 'A pattern of folders matches a link to a folder that is not the app repo’s.',
  whatTheUserSees: 'FOLDER_UNUSABLE',
  exitCode: 2,
  guarantees: [tells('the link is named', 'services/api'), configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: async ({ app, write, commit }) => {
        const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
        await write({ 'tagboat.yaml': text.replace(/ {2}app: .*\n {2}web: .*\n/, '  "services/*": {}\n') });
        await write({ 'services/web/Dockerfile': 'FROM scratch\n' });
        await symlink('/etc', join(app, 'services/api'));
        await commit('One entry for all');
      },
    }),
});
