import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A pattern of folders matches nothing',
  whatHappens: '`images:` has an entry for `service/*`, and the folder is called `services`.',
  whatTheUserSees: 'FOLDERS_NOT_FOUND',
  exitCode: 2,
  guarantees: [
    tells('the pattern and its place are named', 'service/*', 'tagboat.yaml:4:3'),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () =>
    shipHere({
      prepare: async ({ app, write, commit }) => {
        const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
        await write({ 'tagboat.yaml': text.replace(/ {2}app: .*\n {2}web: .*\n/, '  service/*: {}\n') });
        await commit('One entry for all');
      },
    }),
});
