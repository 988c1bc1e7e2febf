import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '../../support/git-host.ts';
import { configRepoUntouched, configured, missing, noTempLeft, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The builder is killed',
  whatHappens: 'buildah ends in the middle of its work.',
  whatTheUserSees: 'BUILD_FAILED',
  exitCode: 4,
  guarantees: [configRepoUntouched, noTempLeft],
  missing,
  cause: async () => {
    const dir = await tempDir();
    // A builder that is there when asked, and killed when it builds: nothing else can be had on every machine.
    const script = '#!/bin/sh\ncase "$*" in *version*|*info*) echo "buildah version 1.28.2";; *) kill -9 $$;; esac\n';
    await writeFile(join(dir, 'buildah'), script, { mode: 0o755 });
    return shipByCli({
      prepare: configured((text) =>
        text.replace('dockerfile: app/Dockerfile', 'dockerfile: app/Dockerfile, engine: buildah'),
      ),
      env: () => ({ PATH: `${dir}:${process.env.PATH}` }),
    });
  },
});
