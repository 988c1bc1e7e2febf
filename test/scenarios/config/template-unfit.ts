import { configRepoUntouched, missing, registryUntouched } from '../app-repo.ts';
import { shipPreview } from '../preview.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: "A preview's file would not be what its template is",
  whatHappens: "The template is of no known form, and the commit's subject has quotes and a semicolon.",
  whatTheUserSees: 'WRITE_VALUE_UNFIT',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipPreview('previews/{pr}/site.conf', 'server_name "{subject}";\n', {
      prepare: async ({ write, commit }) => {
        await write({ note: 'more\n' });
        await commit('"; return 200; "');
      },
    }),
});
