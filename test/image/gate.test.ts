import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { buildImage, previewImage } from '../../src/image/image.ts';
import type { RequiredSignature } from '../../src/plan/image.ts';
import type { ImagePlan } from '../../src/plan.ts';
import { digestOf } from '../../src/wire/oci/digest.ts';
import { mediaTypes, toManifest } from '../../src/wire/oci/manifest.ts';
import { Secret } from '../../src/wire/secret.ts';
import { pushBaseImage, pushIndex } from '../support/base-image.ts';
import { tempDir } from '../support/git-host.ts';
import { blobOf, clientOf } from '../support/oci.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { idToken, startSigstore } from '../support/sigstore.ts';
import { jumpingClock, testWorld } from '../support/world.ts';
import { imageRun, planFor, source, writeContext } from './images.ts';

const subject = 'https://github.com/acme/app/.github/workflows/ship.yml@refs/heads/main';
const issuer = 'https://issuer.example.test';

async function scene() {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
  const ship = async (more: Partial<ImagePlan>, token = idToken(subject)) => {
    const world = testWorld({ clock: jumpingClock(), env: { PATH: process.env.PATH } });
    const run = imageRun(world, { source: { ...source, dir }, identity: async () => new Secret(token, 'token') });
    const outcome = await buildImage(run, planFor(registry.host, dir, more)).catch((error: unknown) => error);
    return { outcome, world, run };
  };
  return { host: registry.host, dir, ship };
}

async function sigstore(dir: string) {
  const running = await startSigstore();
  onTestFinished(() => running.close());
  const trustRoot = join(dir, 'trusted_root.json');
  await writeFile(trustRoot, JSON.stringify(running.root));
  const signed: RequiredSignature = { issuer, subject, trustRoot };
  return { sign: { fulcio: running.url, rekor: running.url }, signed };
}

it('a check is run with the image by its digest, tells its output, and its exit decides; the image stays', async () => {
  const { host, dir, ship } = await scene();
  const words = (code: string) => [
    process.execPath,
    '-e',
    `${code}; console.log(process.argv[1], process.cwd())`,
    '{image}',
  ];
  const fine = await ship({ checks: [words('1'), ['true']] });
  expect(fine.outcome).toMatchObject({ is: 'built' });
  const { digest } = fine.outcome as { digest: string };
  const lines = fine.world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
  expect(lines.slice(-1)).toEqual([`${host}/app@${digest} ${dir}`]);
  const failed = await ship({ checks: [words('process.exitCode = 3'), ['true']] });
  expect(failed.outcome).toMatchObject({ code: 'CHECK_FAILED', data: { why: 'ended with exit code 3' }, exitCode: 4 });
  expect(failed.world.events.filter(({ type }) => type === 'image.failed')).toHaveLength(1);
  expect((await clientOf(host).headManifest('app', 't'))?.digest).toBe(digest);
  const missing = await ship({ checks: [['/no/such/program', '; rm -rf /']] });
  expect(missing.outcome).toMatchObject({ code: 'CHECK_FAILED', data: { why: 'is not installed' } });
});

it('an image from elsewhere passes the same gate', async () => {
  const { host, ship } = await scene();
  const { digest } = await pushBaseImage(host, { repository: 'other', tag: 'v1', layers: [] });
  const from = { from: `${host}/other:v1`, platforms: [] };
  const checks = [
    [process.execPath, '-e', 'process.exit(process.argv[1].endsWith(process.argv[2]) ? 0 : 1)', '{image}', '{digest}'],
  ];
  expect((await ship({ ...from, checks })).outcome).toMatchObject({ is: 'reused', digest });
  expect((await ship({ ...from, checks: [['false']] })).outcome).toMatchObject({ code: 'CHECK_FAILED' });
  expect((await ship({ ...from, require: { sbom: true } })).outcome).toMatchObject({ code: 'SBOM_MISSING' });
});

it('a signature counts by the trusted root, its issuer and its subject, and about this image alone', async () => {
  const { host, dir, ship } = await scene();
  const { sign, signed } = await sigstore(dir);
  const need = (more: Partial<RequiredSignature> = {}): Partial<ImagePlan> => ({
    require: { signed: { ...signed, ...more } },
  });
  expect((await ship(need())).outcome).toMatchObject({ code: 'SIGNATURE_MISSING' });
  const made = await ship({ sign, ...need() });
  expect(made.outcome).toMatchObject({ is: 'reused' });
  const pattern = 'https://github.com/acme/app/.github/workflows/*@refs/heads/**';
  expect((await ship(need({ subject: pattern }))).outcome).toMatchObject({ is: 'reused' });
  const others = [
    { subject: subject.slice(0, -1) },
    { subject: `x${subject}` },
    { issuer: 'https://other.example.test' },
  ];
  // A dot is a dot, and another authority's word is none.
  const root = (await sigstore(await tempDir())).signed.trustRoot;
  for (const other of [...others, { subject: subject.replace('github.com', 'github-com') }, { trustRoot: root }])
    expect((await ship(need(other))).outcome, JSON.stringify(other)).toMatchObject({ code: 'SIGNATURE_MISSING' });
  // The signature of one image beside another one.
  const client = clientOf(host);
  const { digest } = made.outcome as { digest: `sha256:${string}` };
  const [bundle] = (await client.referrers('app', digest)).filter(({ artifactType }) =>
    artifactType?.includes('sigstore'),
  );
  const found = await client.getManifest('app', bundle?.digest ?? '');
  const other = await pushBaseImage(host, { repository: 'app', tag: 'v1', layers: [] });
  const moved = {
    ...JSON.parse(Buffer.from(found?.bytes ?? []).toString()),
    subject: { ...other, platform: undefined },
  };
  const manifest = toManifest(mediaTypes.ociManifest, moved);
  await client.putManifest('app', manifest.digest, manifest);
  const taken = await ship({ from: `${host}/app:v1`, platforms: [], ...need() });
  expect(taken.outcome).toMatchObject({
    code: 'SIGNATURE_MISSING',
    data: { why: expect.stringContaining('something else') },
  });
});

it('a trusted root that can not be read is told before anything is pushed', async () => {
  const { dir, ship } = await scene();
  const signed = { issuer, subject, trustRoot: join(dir, 'none.json') };
  const { run } = await ship({});
  const look = (trustRoot: string) =>
    previewImage(run, planFor('127.0.0.1:1', dir, { require: { signed: { ...signed, trustRoot } } }));
  await expect(look(signed.trustRoot)).rejects.toMatchObject({ code: 'TRUST_ROOT_UNREADABLE', exitCode: 2 });
  await expect(look(join(dir, 'f'))).rejects.toMatchObject({ code: 'TRUST_ROOT_UNREADABLE' });
});

it('a list of contents has to be there for each platform', async () => {
  const { host, ship } = await scene();
  const client = clientOf(host);
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const images = await Promise.all(
    platforms.map((platform) =>
      pushBaseImage(host, { repository: 'other', tag: platform.architecture, layers: [], platform }),
    ),
  );
  const attest = async (digest: string, type: string) => {
    const [config, layer] = [blobOf(Buffer.from('{}')), blobOf(Buffer.from(`{"${digest}":"${type}"}`))];
    await client.pushBlob('other', config);
    await client.pushBlob('other', layer);
    const layers = [
      {
        mediaType: 'application/vnd.in-toto+json',
        digest: layer.digest,
        size: layer.size,
        annotations: { 'in-toto.io/predicate-type': type },
      },
    ];
    const manifest = toManifest(mediaTypes.ociManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.size },
      layers,
    });
    await client.putManifest('other', manifest.digest, manifest);
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest };
    return {
      mediaType: manifest.mediaType,
      digest: digestOf(manifest.bytes),
      size: manifest.bytes.byteLength,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations,
    };
  };
  const index = async (tag: string, ...types: string[]) => {
    const listed = images.map((image, at) => ({ ...image, platform: platforms[at] }));
    const statements = await Promise.all(types.map((type, at) => attest(images[at]?.digest ?? '', type)));
    await pushIndex(host, 'other', tag, [...listed, ...statements]);
    return (await ship({ from: `${host}/other:${tag}`, platforms: [], require: { sbom: true } })).outcome;
  };
  const spdx = 'https://spdx.dev/Document';
  expect(await index('both', spdx, spdx)).toMatchObject({ is: 'reused' });
  expect(await index('one', spdx)).toMatchObject({ code: 'SBOM_MISSING' });
  expect(await index('provenance', 'https://slsa.dev/provenance/v0.2', spdx)).toMatchObject({ code: 'SBOM_MISSING' });
});
