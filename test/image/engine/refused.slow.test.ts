import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BuilderTls } from '../../../src/plan/image.ts';
import { noBuildkit, startBuildkit } from '../../support/buildkit.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { ownCa } from '../../support/servers.ts';
import { testWorld } from '../../support/world.ts';
import { build, planFor, writeContext } from '../images.ts';

// buildx tries for 20 seconds before it gives a daemon up.
describe.skipIf(noBuildkit !== undefined)(
  `a BuildKit daemon with TLS${noBuildkit === undefined ? '' : ` (skipped: ${noBuildkit})`}`,
  () => {
    const names = ['no certificate', 'another CA', 'the name of another host'] as const;
    it.each(names)('is not reached with %s', async (what) => {
      const { dir: certificates, caFile: ca } = ownCa();
      const client = { cert: join(certificates, 'host.pem'), key: join(certificates, 'host.key') };
      const daemon = await startBuildkit({ ca, ...client });
      onTestFinished(() => daemon.close());
      const registry = await startOwnRegistry();
      onTestFinished(() => registry.close());
      const right: BuilderTls = { ca, client, serverName: undefined };
      const wrong: Record<(typeof names)[number], BuilderTls> = {
        'no certificate': { ...right, client: undefined },
        'another CA': { ...right, ca: ownCa().caFile },
        'the name of another host': { ...right, serverName: 'elsewhere' },
      };
      const dir = await tempDir();
      await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
      const plan = planFor(registry.host, dir, { engine: 'buildx', builder: `tcp://localhost:${daemon.port}` });
      const refused = { code: 'BUILD_FAILED', data: { engine: 'buildx' } };
      const world = testWorld({ env: daemon.env });
      await expect(build(world, { ...plan, builderTls: wrong[what] })).rejects.toMatchObject(refused);
      // The daemon was there all the time.
      expect(await build(world, { ...plan, builderTls: right })).toMatchObject({ is: 'built' });
    });
  },
);
