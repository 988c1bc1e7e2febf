import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExec } from '../../src/wire/exec.ts';
import { digestOf } from '../../src/wire/oci/digest.ts';
import { mediaTypes, parseManifest, toManifest } from '../../src/wire/oci/manifest.ts';
import type { Descriptor } from '../../src/wire/oci/types.ts';
import { hasProgram } from '../support/docker-registry.ts';
import { all, blobOf, bytesOf, clientOf, login } from '../support/oci.ts';
import { startOwnRegistry } from '../support/registries.ts';

const missing = (name: string) => (hasProgram(name) ? '' : ` [skipped: install the Debian package ${name}]`);
const password = 'hunter2';
const verify = (username: string, given: string) => username === 'AWS' && given === password;
const credential = login('AWS', password);

/** A registry, a folder for the test and a way to run programs in it. */
async function setUp(auth: 'none' | 'basic' | 'bearer') {
  const registry = await startOwnRegistry({ auth, verify });
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-clients-'));
  const exec = createExec({ PATH: `${process.env.PATH}:/usr/sbin`, HOME: dir, XDG_RUNTIME_DIR: dir });
  const run = async (program: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await exec({ program, args, cwd: dir, timeoutMs: 50_000 });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  };
  const close = async () => {
    await registry.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { registry, dir, run, close, client: () => clientOf(registry.host, { credential }) };
}

/** Pushes an image with one compressed layer by digest; answers its descriptor in an index. */
async function pushImage(host: string, architecture: string): Promise<Descriptor> {
  const client = clientOf(host);
  const layer = blobOf(gzipSync(bytesOf(architecture, 20_000)), 'application/vnd.oci.image.layer.v1.tar+gzip');
  const rootfs = { type: 'layers', diff_ids: [digestOf(bytesOf(architecture, 20_000))] };
  const config = blobOf(
    Buffer.from(JSON.stringify({ os: 'linux', architecture, rootfs })),
    'application/vnd.oci.image.config.v1+json',
  );
  for (const blob of [config, layer]) await client.pushBlob('acme/app', blob);
  const manifest = toManifest(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  await client.putManifest('acme/app', manifest.digest, manifest);
  const { mediaType, digest, bytes } = manifest;
  return { mediaType, digest, size: bytes.byteLength, platform: { os: 'linux', architecture } };
}

describe.each(['none', 'basic', 'bearer'] as const)('with auth %s', (auth) => {
  let world: Awaited<ReturnType<typeof setUp>>;
  beforeAll(async () => {
    world = await setUp(auth);
  });
  afterAll(() => world.close());
  const creds = ['--creds', `AWS:${password}`];

  describe.skipIf(!hasProgram('skopeo'))(`skopeo${missing('skopeo')}`, () => {
    it('copies an image with two platforms to a folder and back, byte for byte', async () => {
      const { registry, run, client } = world;
      // Made by our own client, through a registry without a lock, so that only skopeo has to log in.
      const open = await startOwnRegistry();
      try {
        const manifests = [await pushImage(open.host, 'amd64'), await pushImage(open.host, 'arm64')];
        const index = toManifest(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
        await clientOf(open.host).putManifest('acme/app', 'v1', index);
        await run(
          'skopeo',
          'copy',
          '--all',
          '--src-tls-verify=false',
          `docker://${open.host}/acme/app:v1`,
          'oci:layout:v1',
        );
        const to = `docker://${registry.host}/acme/app:v1`;
        await run(
          'skopeo',
          'copy',
          '--all',
          '--dest-tls-verify=false',
          '--dest-creds',
          `AWS:${password}`,
          'oci:layout:v1',
          to,
        );
        const got = await client().getManifest('acme/app', 'v1');
        expect(got?.digest).toBe(index.digest);
        const parsed = got && parseManifest(got);
        const of = parsed?.is === 'index' ? parsed.manifests : [];
        const arm = of.find(({ platform }) => platform?.architecture === 'arm64');
        const image = arm && (await client().getManifest('acme/app', arm.digest));
        const layers = image && parseManifest(image);
        if (layers?.is !== 'image') throw new Error('no image for arm64');
        for (const layer of layers.layers) {
          expect(digestOf(await all(await client().getBlob('acme/app', layer)))).toBe(layer.digest);
        }
        const tags = await run(
          'skopeo',
          'list-tags',
          '--tls-verify=false',
          ...creds,
          `docker://${registry.host}/acme/app`,
        );
        expect(JSON.parse(tags)).toMatchObject({ Tags: ['v1'] });
      } finally {
        await open.close();
      }
    });

    it('removes an image', async () => {
      const { registry, run, client } = world;
      const name = `docker://${registry.host}/acme/app:v1`;
      await run('skopeo', 'delete', '--tls-verify=false', ...creds, name);
      expect(await client().headManifest('acme/app', 'v1')).toBeUndefined();
    });
  });

  describe.skipIf(!hasProgram('buildah'))(`buildah${missing('buildah')}`, () => {
    it('pushes what it built, and pulls it again', async () => {
      const { registry, dir, run, client } = world;
      const storage = ['--root', join(dir, 'root'), '--runroot', join(dir, 'run'), '--storage-driver', 'vfs'];
      writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY file /file\n');
      writeFileSync(join(dir, 'file'), bytesOf('buildah', 3_000_000));
      const name = `${registry.host}/acme/built:v1`;
      await run('buildah', ...storage, 'bud', '--isolation=chroot', '-t', name, '.');
      await run('buildah', ...storage, 'push', '--tls-verify=false', ...creds, name);
      const pushed = await client().getManifest('acme/built', 'v1');
      const image = pushed && parseManifest(pushed);
      if (image?.is !== 'image') throw new Error('buildah pushed no image');
      for (const part of [image.config, ...image.layers]) {
        expect(digestOf(await all(await client().getBlob('acme/built', part)))).toBe(part.digest);
      }
      await run('buildah', ...storage, 'rmi', name);
      const pulled = await run('buildah', ...storage, 'pull', '--quiet', '--tls-verify=false', ...creds, name);
      expect(`sha256:${pulled.trim()}`).toBe(image.config.digest);
    });
  });

  it.skipIf(!hasProgram('skopeo'))(`tells a wrong password from a right one${missing('skopeo')}`, async () => {
    const { registry, run } = world;
    registry.createRepository('acme/app');
    const list = (given: string) =>
      run('skopeo', 'list-tags', '--tls-verify=false', '--creds', `AWS:${given}`, `docker://${registry.host}/acme/app`);
    await expect(list(password)).resolves.toContain('Tags');
    if (auth !== 'none') await expect(list('guess')).rejects.toThrow();
  });
});
