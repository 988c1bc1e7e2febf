import * as zlib from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseManifest, parseObject, toManifest } from '../../../src/wire/oci/manifest.ts';
import type { ManifestBytes } from '../../../src/wire/oci/types.ts';
import type { BaseImage, TarEntry } from '../../support/base-image.ts';
import { makeBaseImage, pushBaseImage, pushIndex, tarOf } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { build, contentsOf, type Files, planFor, writeContext } from '../images.ts';

type RegistryOptions = Parameters<typeof startOwnRegistry>[0];

async function own(options: RegistryOptions = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

/** Assembles a Dockerfile that stands on `HOST/base:1`. */
async function assembled(
  host: string,
  dockerfile: string,
  more: Parameters<typeof planFor>[2] = {},
  files: Files = {},
) {
  const dir = await tempDir();
  await writeContext(dir, { a: 'a', ...files, Dockerfile: dockerfile.replaceAll('HOST', host) });
  // A registry at fault is asked again; nobody waits for it here.
  const world = testWorld({ clock: jumpingClock() });
  const outcome = await build(world, planFor(host, dir, more));
  return { outcome, world };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

const base = (layers: BaseImage['layers'], more: Partial<BaseImage> = {}): BaseImage => ({
  repository: 'base',
  tag: '1',
  layers,
  ...more,
});
const file = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({ name, body: name, ...more });
const dir = (name: string, mode = 0o755): TarEntry => ({ name, type: 'directory', mode });

async function manifestOf(host: string, reference = 't') {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const answer = await fetch(`http://${host}/v2/app/manifests/${reference}`, { headers: { accept } });
  return (await answer.json()) as {
    mediaType: string;
    config: { mediaType: string };
    layers: { mediaType: string; digest: string }[];
    annotations?: Record<string, string>;
  };
}

describe("a base image's layers", () => {
  it('are put on each other: files replaced, hidden by name and by folder, and linked', async () => {
    const { host } = await own();
    await pushBaseImage(
      host,
      base([
        [dir('d/'), file('d/gone'), file('d/kept'), dir('o/', 0o700), file('o/old'), file('r'), file('was/folder')],
        [
          file('o/new'),
          file('o/.wh..wh..opq', { body: '' }),
          file('d/.wh.gone', { body: '' }),
          file('r', { body: 'new' }),
          file('was', { body: 'a file now' }),
          file('.wh..wh.aufs', { body: '' }),
          { name: 'hard', type: 'link', linkname: 'd/kept', mode: 0o600, uid: 5 },
        ],
      ]),
    );
    await assembled(host, 'FROM scratch\nCOPY --from=HOST/base:1 / /\n');
    const { files } = await contentsOf(host, 'app', 't');
    expect(Object.keys(files)).toEqual(['d', 'd/kept', 'hard', 'o', 'o/new', 'r', 'was']);
    expect(files).toMatchObject({ o: 'directory 700 0:0', was: expect.stringMatching(/^file 644 0:0 10 /) });
    // Owner and mode belong to the file under all its names.
    expect(files['d/kept']).toMatch(/^file 600 5:0 6 /);
    expect(files.hard).toBe(files['d/kept']);
  });

  it('keep the times, attributes and special files that a copy takes along', async () => {
    const { host } = await own();
    const entries = [
      file('f', { mtime: new Date(1_234_567_890_000), pax: { 'SCHILY.xattr.user.note': 'kept' } }),
      { name: 'p', type: 'fifo' as const },
    ];
    await pushBaseImage(host, base([entries]));
    await assembled(host, 'FROM scratch\nCOPY --from=HOST/base:1 / /\n');
    const [layer] = (await manifestOf(host)).layers;
    const blob = await fetch(`http://${host}/v2/app/blobs/${layer?.digest}`);
    const tar = zlib.gunzipSync(Buffer.from(await blob.arrayBuffer()));
    expect(tar.toString('latin1')).toContain('SCHILY.xattr.user.note=kept');
    expect(tar.toString('latin1')).toContain((1_234_567_890).toString(8));
    expect((await contentsOf(host, 'app', 't')).files.p).toBe('fifo 644 0:0');
  });

  it('lie nowhere but in the image, whatever names are in them', async () => {
    const { host } = await own();
    await pushBaseImage(
      host,
      base([[file('../../up'), file('/abs'), { name: 'l', type: 'symlink', linkname: '../../..' }, file('l/in')]]),
    );
    await assembled(host, 'FROM scratch\nCOPY --from=HOST/base:1 / /\n');
    expect(Object.keys((await contentsOf(host, 'app', 't')).files)).toEqual(['abs', 'in', 'l', 'up']);
  });

  it('are taken over within a registry, and copied from another one', async () => {
    const registry = await own();
    const other = await own();
    await pushBaseImage(registry.host, base([[file('f')]]));
    await pushBaseImage(other.host, base([[file('g')]]));
    const near = await assembled(registry.host, 'FROM HOST/base:1\nCOPY a /\n');
    const far = await assembled(registry.host, `FROM ${other.host}/base:1\nCOPY a /\n`, { tag: 'u' });
    const lines = ({ world }: typeof near) =>
      world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
    expect(lines(near)).toContainEqual(expect.stringMatching(/taken over from the base image$/));
    expect(lines(far).filter((line) => / uploaded$/.test(line))).toHaveLength(2);
    expect(Object.keys((await contentsOf(registry.host, 'app', 'u')).files)).toEqual(['a', 'g']);
    // The target's own registry is never asked for what the base's holds, and nothing is written to the base's.
    expect(other.requests.filter(({ method, path }) => method === 'PUT' && !path.includes('/base/'))).toEqual([]);
  });
});

describe('the kind of a manifest', () => {
  it.each([
    [true, 'application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
    [false, 'application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ])("is the base's (Docker's: %s)", async (docker, mediaType, layerType) => {
    const { host } = await own();
    const { digest } = await pushBaseImage(host, base([[file('f')]], { docker }));
    await assembled(host, 'FROM HOST/base:1\nCOPY a /\n');
    const manifest = await manifestOf(host);
    expect(manifest.mediaType).toBe(mediaType);
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual([layerType, layerType]);
    const annotations = {
      'org.opencontainers.image.created': '2024-01-31T12:00:00Z',
      'org.opencontainers.image.revision': '1234567890abcdef1234567890abcdef12345678',
      'org.opencontainers.image.source': 'https://git.example.test/acme/app',
      'org.opencontainers.image.base.name': `${host}/base:1`,
      'org.opencontainers.image.base.digest': digest,
    };
    expect(manifest.annotations).toEqual(docker ? undefined : annotations);
  });
});

describe('the platform of a base', () => {
  async function index(host: string, ...platforms: readonly { architecture: string; variant?: string }[]) {
    const images = await Promise.all(
      platforms.map((platform) => {
        const named = `${platform.architecture}${platform.variant ?? ''}`;
        const layers = [[file(named)]];
        return pushBaseImage(host, { repository: 'base', layers, platform: { os: 'linux', ...platform } });
      }),
    );
    const [first] = images;
    if (first === undefined) throw new Error('no image');
    // As BuildKit lists what it attests.
    const attested = { ...first, platform: { os: 'unknown', architecture: 'unknown' } };
    await pushIndex(host, 'base', '1', [attested, ...images]);
  }

  it.each([
    ['linux/arm64', 'arm64'],
    ['linux/arm64/v8', 'arm64'],
    ['linux/arm/v7', 'armv6'],
    ['linux/amd64', 'amd64'],
    ['linux/amd64/v3', 'amd64v2'],
  ])('%s is served by %s', async (platform, name) => {
    const { host } = await own();
    await index(
      host,
      { architecture: 'amd64' },
      { architecture: 'amd64', variant: 'v2' },
      { architecture: 'arm64' },
      { architecture: 'arm', variant: 'v6' },
      { architecture: 'arm', variant: 'v5' },
    );
    await assembled(host, 'FROM HOST/base:1\nCOPY a /\n', { platforms: [platform] });
    expect(Object.keys((await contentsOf(host, 'app', 't')).files)).toEqual(['a', name]);
  });

  it('that is missing is named with those that are there', async () => {
    const { host } = await own();
    await index(host, { architecture: 'amd64' }, { architecture: 'arm', variant: 'v7' });
    const error = await failure(assembled(host, 'FROM HOST/base:1\nCOPY a /\n', { platforms: ['linux/s390x'] }));
    expect(error).toMatchObject({
      code: 'BASE_PLATFORM_MISSING',
      exitCode: 4,
      data: { available: ['linux/amd64', 'linux/arm/v7'] },
      place: { line: 1, column: 6 },
    });
  });

  it("an image of one platform isn't passed off as another", async () => {
    const { host } = await own();
    await pushBaseImage(host, base([[file('f')]]));
    const error = await failure(assembled(host, 'FROM HOST/base:1\nCOPY a /\n', { platforms: ['linux/arm64'] }));
    expect(error).toMatchObject({ code: 'BASE_PLATFORM_MISSING' });
  });
});

describe('ONBUILD of a base', () => {
  it('is done before the rest, and is not handed on', async () => {
    const { host } = await own();
    await pushBaseImage(host, base([[file('f')]], { config: { OnBuild: ['COPY a /trigger', 'ENV X=1'] } }));
    await assembled(host, 'FROM HOST/base:1\nLABEL x=$X\n');
    const { files, config } = await contentsOf(host, 'app', 't');
    expect(Object.keys(files)).toEqual(['f', 'trigger']);
    expect(config).toMatchObject({ Labels: { x: '1' } });
    expect(config).not.toHaveProperty('OnBuild');
  });

  it.each([
    ['assemble' as const, 'ASSEMBLE_NEEDS_BUILDER'],
    ['auto' as const, 'BUILD_NO_ENGINE'],
  ])('that has to be run needs a builder (engine %s), and nothing is pushed', async (engine, code) => {
    const { host, requests } = await own();
    await pushBaseImage(host, base([[file('f')]], { config: { OnBuild: ['RUN make'] } }));
    const puts = requests.filter(({ method }) => method === 'PUT').length;
    const folder = await tempDir();
    await writeContext(folder, { a: 'a', Dockerfile: `FROM ${host}/base:1\nCOPY a /\n` });
    const world = testWorld({ env: { PATH: folder } });
    const error = await failure(build(world, planFor(host, folder, { engine })));
    expect(error).toMatchObject({ code, exitCode: 4, place: { line: 1 } });
    expect(requests.filter(({ method }) => method === 'PUT')).toHaveLength(puts);
  });
});

describe('a base that is broken', () => {
  const canZstd = 'createZstdDecompress' in zlib;
  const zstd = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(64, 7)]);

  it.each<[string, readonly Uint8Array[], string, number]>([
    ['a layer that is no archive', [Buffer.alloc(2_000, 'x')], 'BASE_UNREADABLE', 4],
    [
      'a layer whose compression is damaged',
      [Buffer.concat([zlib.gzipSync(Buffer.alloc(9_000)).subarray(0, 20), Buffer.alloc(50, 1)])],
      'BASE_UNREADABLE',
      4,
    ],
    ['a layer packed as this Node can not', [zstd], canZstd ? 'BASE_UNREADABLE' : 'ASSEMBLE_NEEDS_BUILDER', 4],
  ])('%s ends the build before anything is pushed', async (_, layers, code, exitCode) => {
    const { host, requests } = await own();
    await pushBaseImage(host, base(layers));
    const error = await failure(assembled(host, 'FROM HOST/base:1\nCOPY a /\n'));
    expect(error).toMatchObject({ code, exitCode, place: { line: 1 } });
    expect(requests.filter(({ method, path }) => method === 'PUT' && path.includes('/app/'))).toEqual([]);
  });

  it('an archive that breaks off is one', async () => {
    const { host } = await own();
    const tar = await tarOf(file('f', { body: 'x'.repeat(3_000) }));
    await pushBaseImage(host, base([tar.subarray(0, 1_100)]));
    expect(await failure(assembled(host, 'FROM HOST/base:1\nCOPY a /\n'))).toMatchObject({ code: 'BASE_UNREADABLE' });
  });

  it("is none of the builder's when its registry is at fault", async () => {
    const { host } = await own({
      fault: ({ repository }) => {
        const status = Number(/^base(\d+)$/.exec(repository ?? '')?.[1]);
        return Number.isNaN(status) ? undefined : { is: 'answer', status, headers: {}, body: Buffer.from('{}') };
      },
    });
    for (const [repository, code, exitCode] of [
      ['base500', 'REGISTRY_SERVER_ERROR', 5],
      ['base401', 'REGISTRY_AUTH_REFUSED', 3],
      ['base403', 'REGISTRY_FORBIDDEN', 3],
    ] as const) {
      const error = await failure(assembled(host, `FROM HOST/${repository}:1\nCOPY a /\n`));
      expect(error).toMatchObject({ code, exitCode });
    }
  });
});

describe('a base that only a builder can tell', () => {
  it.each<[string, (host: string) => Promise<string>]>([
    [
      'an index in an index',
      async (host) => {
        const image = await pushBaseImage(host, { repository: 'base', layers: [] });
        const inner = await pushIndex(host, 'base', 'inner', [image]);
        const { mediaType, digest, bytes } = inner;
        await pushIndex(host, 'base', '1', [{ mediaType, digest, size: bytes.byteLength, platform: image.platform }]);
        return 'base:1';
      },
    ],
    [
      'an index that tells no platforms',
      async (host) => {
        const { platform: _, ...image } = await pushBaseImage(host, { repository: 'base', layers: [] });
        await pushIndex(host, 'base', '1', [image]);
        return 'base:1';
      },
    ],
    ['a digest of another kind', async () => `base@sha512:${'0'.repeat(128)}`],
  ])('%s', async (_what, push) => {
    const { host } = await own();
    const reference = await push(host);
    expect(await failure(assembled(host, `FROM HOST/${reference}\nCOPY a /\n`))).toMatchObject({
      code: 'ASSEMBLE_NEEDS_BUILDER',
      place: { line: 1 },
    });
  });
});

it.each([true, false])('a layer that lies elsewhere keeps the place where (docker: %s)', async (docker) => {
  const { host } = await own();
  const client = clientOf(host);
  const { blobs, manifest } = await makeBaseImage({ layers: [[file('f', { body: 'x' })]], docker });
  for (const blob of blobs) await client.pushBlob('base', blob);
  const value = parseObject(manifest.bytes) as { mediaType: string; layers: object[] };
  const urls = ['https://elsewhere.test/layer'];
  const kind = docker
    ? 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
    : 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
  const layers = value.layers.map((layer) => ({ ...layer, mediaType: kind, urls }));
  await client.putManifest('base', '1', toManifest(value.mediaType, { ...value, layers }));
  await assembled(host, 'FROM HOST/base:1\nCOPY a /\n');
  const found = parseManifest((await client.getManifest('app', 't')) as ManifestBytes);
  expect(found).toMatchObject({ is: 'image', layers: [{ mediaType: kind, urls }, {}] });
});
