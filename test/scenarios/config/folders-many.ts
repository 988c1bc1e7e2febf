import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A pattern of folders matches more than any repo has services',
  whatHappens: 'An entry of `images:` stands for more than 500 folders.',
  whatTheUserSees: 'FOLDERS_TOO_MANY',
  exitCode: 2,
  guarantees: [
    tells('the pattern and the limit are named', 'services/*', '500'),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () =>
    shipHere({
      prepare: async ({ app, write, commit }) => {
        const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
        await write({ 'tagboat.yaml': text.replace(/ {2}app: .*\n {2}web: .*\n/, '  "services/*": {}\n') });
        await write(Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`services/s${at}/Dockerfile`, ''])));
        await commit('One entry for all');
      },
    }),
});
