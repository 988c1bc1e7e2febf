import * as zlib from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, planFor, writeContext } from '../images.ts';

const decompress = (zlib as unknown as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;

async function own() {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  return registry;
}

async function app(host: string, dockerfile: string) {
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: dockerfile, small: 'one\n', large: 'again and again\n'.repeat(100_000) });
  return planFor(host, dir, { compression: 'zstd', cache: true });
}

/** Takes the tags of fingerprints away: the same input is built once more. */
async function forgetInputs(repository: string) {
  const { tags } = (await (await fetch(`${repository}/tags/list`)).json()) as { tags: string[] };
  for (const tag of tags.filter((one) => one.startsWith('fp-'))) {
    expect((await fetch(`${repository}/manifests/${tag}`, { method: 'DELETE' })).status).toBe(202);
  }
}

describe.skipIf(decompress === undefined)(
  `layers packed with zstd${decompress === undefined ? ' (skipped: this Node has no zstd; 22.15 has)' : ''}`,
  () => {
    it('are what the config says they are, on a base of Docker’s kind too, and are found again', async () => {
      const { host } = await own();
      await pushBaseImage(host, { repository: 'base', tag: '1', docker: true, layers: [[{ name: 'b', body: 'b' }]] });
      const plan = await app(host, `FROM ${host}/base:1\nCOPY small /small\nCOPY large /large\n`);
      const { digest } = await build(testWorld(), plan);
      const accept = 'application/vnd.oci.image.manifest.v1+json';
      const read = async (path: string) => fetch(`http://${host}/v2/app/${path}`, { headers: { accept } });
      const manifest = (await (await read(`manifests/${digest}`)).json()) as {
        config: { digest: string };
        layers: { digest: string; mediaType: string }[];
      };
      expect(manifest.layers.map(({ mediaType }) => mediaType.split('.').at(-1))).toEqual([
        'tar+gzip',
        'tar+zstd',
        'tar+zstd',
      ]);
      const config = (await (await read(`blobs/${manifest.config.digest}`)).json()) as {
        rootfs: { diff_ids: string[] };
      };
      const { digestOf } = await import('../../../src/wire/oci/digest.ts');
      for (const [at, layer] of manifest.layers.entries()) {
        if (at === 0) continue;
        const bytes = new Uint8Array(await (await read(`blobs/${layer.digest}`)).arrayBuffer());
        expect(digestOf(decompress?.(bytes) ?? '')).toBe(config.rootfs.diff_ids[at]);
      }
      const world = testWorld();
      // By its fingerprint, it would be the image of before.
      await forgetInputs(`http://${host}/v2/${plan.repository}`);
      expect((await build(world, { ...plan, tag: 'u' })).digest).toBe(digest);
      const kept = world.events.filter(
        ({ type, ...event }) => type === 'image.log' && JSON.stringify(event).includes('as an earlier'),
      );
      expect(kept).toHaveLength(2);
      // Another compression is another blob.
      const gzip = await build(testWorld(), { ...plan, tag: 'g', compression: 'gzip' });
      expect(gzip.digest).not.toBe(digest);
    });
  },
);

it.skipIf(decompress !== undefined)('a Node without zstd leaves layers of zstd to a builder', async () => {
  const { host } = await own();
  const plan = await app(host, 'FROM scratch\nCOPY small /small\n');
  await expect(build(testWorld(), plan)).rejects.toMatchObject({ code: 'ASSEMBLE_NEEDS_BUILDER', exitCode: 4 });
});
