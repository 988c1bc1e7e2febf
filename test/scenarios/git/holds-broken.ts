import { commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The holds are broken',
  whatHappens: 'Somebody has left `.tagboat/holds.json` in the config repo as no JSON.',
  whatTheUserSees: 'HOLDS_INVALID',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitHere({ prepare: (host) => host.commit('config', { files: { '.tagboat/holds.json': '{"version": 1,' } }) }),
});
