import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordTag } from '../../../src/image/fingerprint/record.ts';
import { previewImage } from '../../../src/image/image.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { mediaTypes, parseManifest, toManifest } from '../../../src/wire/oci/manifest.ts';
import type { Digest, ManifestBytes } from '../../../src/wire/oci/types.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { handClock, jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { build, contentsOf, imageRun, planFor, writeContext } from '../images.ts';

const platforms = ['linux/amd64', 'linux/arm64'];

async function app(): Promise<string> {
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
  return dir;
}

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

const notices = (world: TestWorld) =>
  world.events.flatMap((event) => (event.type === 'notice' ? [`${event.level}: ${event.message}`] : []));

/** What BuildKit puts into an index beside the platforms: an image of no platform with statements as its layers. */
async function withAttestation(
  host: string,
  repository: string,
  tag: string,
): Promise<{ index: Digest; child: Digest }> {
  const client = clientOf(host);
  const there = await client.getManifest(repository, tag);
  if (there === undefined) throw new Error('it was just pushed');
  const blobs = ['{"config":1}', '{"statement":1}'].map((text) => Buffer.from(text));
  const [config, statement] = await Promise.all(
    blobs.map(async (bytes) => {
      const blob = { digest: digestOf(bytes), size: bytes.length };
      await client.pushBlob(repository, { ...blob, open: () => Readable.from([bytes]) });
      return blob;
    }),
  );
  const child = toManifest(mediaTypes.ociManifest, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.in-toto+json', ...statement }],
  });
  await client.putManifest(repository, child.digest, child);
  const index = JSON.parse(Buffer.from(there.bytes).toString()) as { manifests: unknown[] };
  const { mediaType, digest, bytes } = child;
  const platform = { architecture: 'unknown', os: 'unknown' };
  index.manifests.push({ mediaType, digest, size: bytes.byteLength, platform });
  const whole = toManifest(there.mediaType, { ...index });
  await client.putManifest(repository, tag, whole);
  return { index: whole.digest, child: digest };
}

async function fingerprintTagIn(host: string, repository: string): Promise<string> {
  const answer = await fetch(`http://${host}/v2/${repository}/tags/list`);
  const { tags } = (await answer.json()) as { tags: string[] };
  return tags.find((tag) => tag.startsWith('fp-')) ?? '';
}

describe.each(registries)('an image of the same input in another repository, at $title', ({ available, start }) => {
  it.skipIf(!available)('is taken over whole: every platform, attestations, and the list of inputs', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const { host } = registry;
    const dir = await app();
    await build(
      testWorld({ clock: jumpingClock() }),
      planFor(host, dir, { repository: 'shop/old', platforms, tag: '1' }),
    );
    const { index, child } = await withAttestation(host, 'shop/old', await fingerprintTagIn(host, 'shop/old'));

    const world = testWorld({ clock: jumpingClock() });
    const moved = { repository: 'shop/new', platforms, tag: '2', reuseFrom: ['shop/none', 'shop/old'] };
    const outcome = await build(world, planFor(host, dir, moved));
    expect(outcome).toMatchObject({ is: 'reused', digest: index, reference: `${host}/shop/new:2` });
    expect(outcome.why).toContain('shop/old');
    expect(world.events).toEqual([]);

    const client = clientOf(host);
    expect((await client.getManifest('shop/new', child))?.digest).toBe(child);
    const manifest = parseManifest((await client.getManifest('shop/new', index)) as ManifestBytes);
    if (manifest.is !== 'index') throw new Error('it is an index');
    expect(manifest.manifests).toHaveLength(3);
    for (const { digest } of manifest.manifests) {
      const one = parseManifest((await client.getManifest('shop/new', digest)) as ManifestBytes);
      for (const blob of one.is === 'image' ? [one.config, ...one.layers] : []) {
        const chunks: Buffer[] = [];
        // The client holds what it reads against its digest.
        for await (const chunk of await client.getBlob('shop/new', blob)) chunks.push(chunk);
        expect(Buffer.concat(chunks)).toHaveLength(blob.size);
      }
    }
    // From now on it is found where it is, and asks nobody else.
    const later = await build(
      testWorld({ clock: jumpingClock() }),
      planFor(host, dir, { repository: 'shop/new', platforms, tag: '3' }),
    );
    expect(later).toMatchObject({ is: 'reused', digest: index });
  });

  it.skipIf(!available)('is an image like any other, of one platform too', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const { host } = registry;
    const dir = await app();
    const first = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { repository: 'old' }));
    const second = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { reuseFrom: ['old'] }));
    expect(second).toMatchObject({ is: 'reused', digest: first.digest });
    expect(await contentsOf(host, 'app', 't')).toEqual(await contentsOf(host, 'old', 't'));
    expect((await clientOf(host).headManifest('app', recordTag(first.digest as Digest)))?.digest).toBeDefined();
  });
});

describe('an image of the same input in another repository', () => {
  it('moves by mounts alone, and is not asked for where the own repository has one', async () => {
    const registry = await own();
    const dir = await app();
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { repository: 'old' }));
    const from = registry.requests.length;
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { reuseFrom: ['old'] }));
    const blobs = registry.requests.slice(from).filter(({ path }) => path.includes('/blobs/'));
    expect(blobs.filter(({ method }) => method === 'GET' || method === 'PUT' || method === 'PATCH')).toEqual([]);
    expect(blobs.some(({ method, query }) => method === 'POST' && query.get('from') === 'old')).toBe(true);
    const next = registry.requests.length;
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag: 'u', reuseFrom: ['old'] }));
    expect(registry.requests.slice(next).filter(({ path }) => path.includes('/old/'))).toEqual([]);
  });

  it('is as old as it was there', async () => {
    const { host } = await own();
    const dir = await app();
    const clock = handClock(Date.UTC(2026, 0, 10));
    const day = 86_400_000;
    const week = { refreshSeconds: 7 * 86_400, reuseFrom: ['old'] };
    const at = (tag: string, more = {}) =>
      build({ ...testWorld({ clock: jumpingClock() }), clock }, planFor(host, dir, { tag, ...more }));
    await at('1', { repository: 'old' });
    clock.advance(6 * day);
    expect(await at('2', week)).toMatchObject({ is: 'reused' });
    // Its config names the commit's time, which is older than a week: the list that came along tells when it was built.
    expect(await at('2a', week)).toMatchObject({ is: 'reused' });
    clock.advance(2 * day);
    // In its own repository by now; taking it over made it no younger.
    expect(await at('3', week)).toMatchObject({ is: 'built' });
    expect(await at('4', { ...week, repository: 'third' })).toMatchObject({ is: 'built' });
  });

  it('that may be there but can not be asked for is told, and the image is built', async () => {
    const { host } = await own({
      fault: ({ path }) =>
        path.startsWith('/v2/old/') ? { is: 'answer', status: 403, headers: {}, body: '' } : undefined,
    });
    const dir = await app();
    const plan = planFor(host, dir, { reuseFrom: ['old'] });
    const preview = await previewImage(imageRun(testWorld({ clock: jumpingClock() })), plan);
    expect(preview).toMatchObject({ is: 'built', troubles: [expect.stringMatching(/^old could not be asked/)] });
    const world = testWorld({ clock: jumpingClock() });
    expect(await build(world, plan)).toMatchObject({ is: 'built' });
    expect(notices(world)).toEqual([expect.stringMatching(/^warning: app: old could not be asked/)]);
  });

  it('that lacks a part there is built, and so is said', async () => {
    let gone = false;
    const { host } = await own({
      fault: ({ method, path, query }) =>
        gone && (query.has('mount') || (method === 'GET' && path.startsWith('/v2/old/blobs/')))
          ? { is: 'answer', status: 404, headers: {}, body: '' }
          : undefined,
    });
    const dir = await app();
    await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { repository: 'old' }));
    gone = true;
    // A blob that isn't there is asked for more than once.
    const world = testWorld({ clock: jumpingClock() });
    expect(await build(world, planFor(host, dir, { reuseFrom: ['old'] }))).toMatchObject({ is: 'built' });
    expect(notices(world)).toEqual([expect.stringMatching(/^warning: app: .*could not be taken over from old/)]);
    gone = false;
    expect(await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: 'u' }))).toMatchObject({
      is: 'reused',
    });
  });
});
