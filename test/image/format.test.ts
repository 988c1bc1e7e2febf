import { expect, it, onTestFinished } from 'vitest';
import { assembleFormat } from '../../src/image/fingerprint/settings.ts';
import { parseManifest } from '../../src/wire/oci/manifest.ts';
import { tempDir } from '../support/git-host.ts';
import { clientOf } from '../support/oci.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { build, planFor, writeContext } from './images.ts';

const dockerfile = `FROM scratch
ENV A=1
WORKDIR /srv
COPY --chown=7:8 dir .
COPY <<EOF /heredoc
text
EOF
USER 7
CMD ["/srv/a"]
`;

it('another output of assemble for the same input is another format, so that no image of before is reused', async () => {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await writeContext(dir, {
    Dockerfile: dockerfile,
    'dir/a': { text: 'a\n', mode: 0o755 },
    'dir/sub/b': 'b\n',
    'dir/link': { link: 'a' },
  });
  await build(testWorld(), planFor(registry.host, dir));
  const manifest = await clientOf(registry.host).getManifest('app', 't');
  const parsed = manifest === undefined ? undefined : parseManifest(manifest);
  // The config names the layers before they are compressed, which is a matter of the Node version.
  const config = parsed?.is === 'image' ? parsed.config.digest : undefined;
  // When this fails, count assembleFormat up and write down what comes out now.
  expect({ format: assembleFormat, config }).toEqual({
    format: 2,
    config: 'sha256:8639b96c73aff7dcbc3b7af49d42bf7515b30689b0df5e9496c6c86e4ceaf29e',
  });
});
