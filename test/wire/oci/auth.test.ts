import { expect, it, onTestFinished } from 'vitest';
import { blobOf, bytesOf, clientOf, login } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';

it('several first pushes at once, to a registry that lets everybody pull, are each sent again with the login', async () => {
  const registry = await startOwnRegistry({
    auth: 'basic',
    authorize: (authorization, { actions }) =>
      actions.every((action) => action === 'pull') || authorization !== undefined ? 'allow' : 'challenge',
  });
  onTestFinished(() => registry.close());
  const client = clientOf(registry.host, { credential: login('AWS', 'password') });
  // The registry answers `/v2/` to anybody, so only a refused push teaches that there is a way in at all.
  await expect(client.headManifest('app', 't')).resolves.toBeUndefined();
  const pushes = ['a', 'b', 'c', 'd'].map((seed) => client.pushBlob('app', blobOf(bytesOf(seed, 1_000))));
  expect(await Promise.all(pushes)).toEqual(['uploaded', 'uploaded', 'uploaded', 'uploaded']);
});
