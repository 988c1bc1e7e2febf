import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configRepoUntouched, missing, registryUntouched, shipHere } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'A service that is named has no Dockerfile',
  whatHappens: 'An entry for a pattern of folders says `only:`, and names a folder that has no Dockerfile.',
  whatTheUserSees: 'FOLDER_WITHOUT_DOCKERFILE',
  exitCode: 2,
  guarantees: [
    tells(
      'the Dockerfile that was looked for and the place are named',
      'services/docs/Dockerfile',
      'tagboat.yaml:4:26',
    ),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () =>
    shipHere({
      prepare: async ({ app, write, commit }) => {
        const text = await readFile(join(app, 'tagboat.yaml'), 'utf8');
        await write({
          'tagboat.yaml': text.replace(/ {2}app: .*\n {2}web: .*\n/, '  "services/*": { only: [docs] }\n'),
        });
        await write({ 'services/docs/index.md': 'words' });
        await commit('One entry for all');
      },
    }),
});
