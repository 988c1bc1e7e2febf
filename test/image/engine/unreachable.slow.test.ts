import { expect, it } from 'vitest';
import { noBuildkit, startBuildkit } from '../../support/buildkit.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, planFor, writeContext } from '../images.ts';

const title = 'a BuildKit daemon that can not be reached ends the build with what buildx said';

// buildx gives a daemon twenty seconds.
it.skipIf(noBuildkit !== undefined)(
  noBuildkit === undefined ? title : `${title} (skipped: ${noBuildkit})`,
  async () => {
    // For its buildx alone.
    const buildkit = await startBuildkit();
    const registry = await startOwnRegistry();
    try {
      const dir = await tempDir();
      await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
      const plan = planFor(registry.host, dir, { engine: 'buildx', builder: `unix://${dir}/none.sock` });
      const world = testWorld({ env: buildkit.env });
      await expect(build(world, plan)).rejects.toMatchObject({
        code: 'BUILD_FAILED',
        exitCode: 4,
        data: { engine: 'buildx' },
      });
    } finally {
      await registry.close();
      await buildkit.close();
    }
  },
  1_260_000,
);
