import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { configRepoUntouched, missing, noSecretPrinted, registryUntouched } from '../app-repo.ts';
import { shipPreview } from '../preview.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: "The template of a preview is a link to a file of the job's machine",
  whatHappens:
    "A pull request puts a symbolic link in the template's place, so that the job's own variables would be written.",
  whatTheUserSees: 'WRITE_TEMPLATE_UNREADABLE',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () =>
    shipPreview('previews/{pr}/values.yaml', undefined, {
      prepare: async ({ app, commit }) => {
        await mkdir(join(app, 'deploy'));
        await symlink('/proc/self/environ', join(app, 'deploy/preview.txt'));
        await commit('Link');
      },
    }),
});
