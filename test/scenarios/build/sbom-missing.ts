import { configRepoUntouched, configured, missing, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'An image has no list of its contents',
  whatHappens: '`require: { sbom: true }`, and nobody attached one.',
  whatTheUserSees: 'SBOM_MISSING',
  exitCode: 4,
  guarantees: [configRepoUntouched],
  missing,
  cause: () =>
    shipHere({
      prepare: configured((text) => text.replace('app/Dockerfile,', 'app/Dockerfile, require: { sbom: true },')),
    }),
});
