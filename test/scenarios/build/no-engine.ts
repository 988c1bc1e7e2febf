import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createExec } from '../../../src/wire/exec.ts';
import { tempDir } from '../../support/git-host.ts';
import { committed, configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'A builder is needed and there is none',
  whatHappens: 'The Dockerfile has a RUN; no docker or buildah is in PATH.',
  whatTheUserSees: 'BUILD_NO_ENGINE',
  exitCode: 4,
  guarantees: [tells('the line that needs it is named', 'RUN'), configRepoUntouched, registryUntouched],
  missing,
  cause: async () => {
    const dir = await tempDir();
    const program = (
      await createExec({ PATH: process.env.PATH })({ program: 'sh', args: ['-c', 'command -v git'] })
    ).stdout.trim();
    await symlink(program, join(dir, 'git'));
    return shipByCli({
      prepare: committed({ 'app/Dockerfile': 'FROM scratch\nCOPY app/hello /hello\nRUN ["/hello"]\n' }),
      env: () => ({ PATH: dir }),
    });
  },
});
