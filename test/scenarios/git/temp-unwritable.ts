import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The temp folder takes nothing',
  whatHappens: 'The host can not filter, and what it sends has no place on this disk.',
  whatTheUserSees: 'TEMP_FOLDER_FULL',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitByCli(
      { repo: { config: { 'uploadpack.allowFilter': 'false' } } },
      { env: { TMPDIR: '/nonexistent/folder' }, alone: true },
    ),
});
