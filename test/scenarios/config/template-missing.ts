import { configRepoUntouched, missing, registryUntouched } from '../app-repo.ts';
import { shipPreview } from '../preview.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The template of a preview is not in the app repo',
  whatHappens: 'The pull request has no file of the name that `write:` takes.',
  whatTheUserSees: 'WRITE_TEMPLATE_UNREADABLE',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipPreview('previews/{pr}/values.yaml', undefined),
});
