import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { committed, configRepoUntouched, noPrivateMounts, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'build',
  title: 'The disk is full',
  whatHappens: 'The temp folder has no room for a layer.',
  whatTheUserSees: 'DISK_FULL',
  exitCode: 4,
  guarantees: [
    configRepoUntouched,
    {
      words: 'the image without room is not in the registry',
      holds: ({ town: { registry } }) =>
        expect(
          registry.requests.some(({ method, path }) => method === 'PUT' && path.includes('/app-repo/manifests/')),
        ).toBe(false),
    },
  ],
  missing: noPrivateMounts,
  cause: () =>
    shipByCli(
      { prepare: committed({ 'app/hello': randomBytes(1_500_000).toString('hex') }) },
      { within: ['unshare', '-rm', 'sh', '-c', `mount -t tmpfs -o size=256k none "$TMPDIR" && exec "$@"`, 'sh'] },
    ),
});
