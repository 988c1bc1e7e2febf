import { expect, it, onTestFinished } from 'vitest';
import { buildImage } from '../../../src/image/image.ts';
import { attachBundle, isSignedBy } from '../../../src/image/sign/referrer.ts';
import { isSignatureOf } from '../../../src/image/sign/signature.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Digest } from '../../../src/wire/oci/types.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { idToken, startSigstore } from '../../support/sigstore.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { imageRun, planFor, writeContext } from '../images.ts';

const subject = 'https://github.com/acme/app/.github/workflows/ship.yml@refs/heads/main';

async function sigstore(options: Parameters<typeof startSigstore>[0] = {}) {
  const running = await startSigstore(options);
  onTestFinished(() => running.close());
  return running;
}

async function signed(host: string, url: string, more: Partial<ImagePlan> = {}, token = idToken(subject)) {
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
  // A registry without a list of its own is looked at again after a while.
  const world = testWorld({ clock: jumpingClock() });
  const audiences: string[] = [];
  const identity = async (audience: string) => {
    audiences.push(audience);
    return new Secret(token, 'token');
  };
  const image = planFor(host, dir, { sign: { fulcio: url, rekor: url }, ...more });
  const make = () => buildImage(imageRun(world, { identity }), image);
  return { make, world, audiences };
}

const types = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ');

async function read(host: string, path: string) {
  const answer = await fetch(`http://${host}/v2/app/${path}`, { headers: { accept: types } });
  return (await answer.json()) as Record<string, unknown> & {
    manifests: { digest: string; artifactType: string; annotations: Record<string, string> }[];
    layers: { digest: string; mediaType: string }[];
  };
}

it.each(
  registries.filter(({ available }) => available),
)('an image is signed as cosign does, kept beside it in $name, and sigstore’s own verifier agrees', async (kind) => {
  const registry = await kind.start();
  onTestFinished(() => registry.close());
  const { url, verify, asked } = await sigstore();
  const { make, world, audiences } = await signed(registry.host, url);
  const { digest } = await make();
  expect(new Set(audiences)).toEqual(new Set(['sigstore']));
  const listed = await clientOf(registry.host).referrers('app', digest as Digest);
  // What went into the image is kept beside it too.
  const manifests = listed.filter(({ artifactType }) => artifactType?.includes('sigstore'));
  expect(listed).toHaveLength(2);
  expect(manifests).toHaveLength(1);
  expect(manifests[0]).toMatchObject({
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    annotations: { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' },
  });
  const artifact = await read(registry.host, `manifests/${manifests[0]?.digest}`);
  expect(artifact).toMatchObject({ subject: { digest }, config: { mediaType: 'application/vnd.oci.empty.v1+json' } });
  const bundle = await read(registry.host, `blobs/${artifact.layers[0]?.digest}`);
  expect(verify(bundle)).toEqual({ subject });
  const { payload } = bundle.dsseEnvelope as { payload: string };
  expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
    subject: [{ digest: { sha256: digest.slice(7) } }],
  });
  // Signed for something else, the same signature is none.
  const other = structuredClone(bundle) as unknown as { dsseEnvelope: { payload: string } };
  other.dsseEnvelope.payload = Buffer.from(JSON.stringify({ subject: [] })).toString('base64');
  expect(() => verify(other)).toThrow();
  expect(world.events.filter(({ type }) => type === 'step.finished')).toHaveLength(1);
  // Found in the registry with its signature, it needs no other.
  const before = asked.length;
  expect((await make()).is).toBe('reused');
  expect(asked).toHaveLength(before);
});

it('a second signature is kept beside the first', async () => {
  const { host } = await startOwn();
  const client = clientOf(host);
  const base = await pushBaseImage(host, { repository: 'app', tag: 't', layers: [] });
  const listed = () => client.referrers('app', base.digest);
  await attachBundle(client, 'app', base, Buffer.from('{"one":1}'));
  await attachBundle(client, 'app', base, Buffer.from('{"two":2}'));
  expect(await listed()).toHaveLength(2);
});

it('an image that was signed elsewhere is signed by the run that ships it: on another branch, by another workflow', async () => {
  const { host } = await startOwn();
  const { url, verify, asked } = await sigstore();
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
  const ship = async (name: string, more: Readonly<Record<string, string>> = {}) => {
    const identity = async () => new Secret(idToken(name, more), 'token');
    const plan = planFor(host, dir, { sign: { fulcio: url, rekor: url } });
    const before = asked.length;
    const { digest } = await buildImage(imageRun(testWorld(), { identity }), plan);
    return { digest, signed: asked.length > before };
  };
  const workflow = 'https://github.com/acme/flows/.github/workflows/ship.yml@refs/heads/main';
  const on = (branch: string) => ({
    job_workflow_ref: workflow.slice('https://github.com/'.length),
    repository: 'acme/app',
    ref: `refs/heads/${branch}`,
  });
  const { digest } = await ship('feature', { iss: 'https://other.example.test' });
  expect(await ship('feature')).toEqual({ digest, signed: true });
  expect(await ship('feature')).toEqual({ digest, signed: false });
  expect(await ship('main')).toEqual({ digest, signed: true });
  // A workflow that others call has one name, whoever calls it: the caller's branch tells them apart.
  expect(await ship(workflow, on('feature'))).toEqual({ digest, signed: true });
  expect(await ship(workflow, on('main'))).toEqual({ digest, signed: true });
  expect(await ship(workflow, on('main'))).toEqual({ digest, signed: false });
  const manifests = await bundlesOf(host, digest);
  const signers = await Promise.all(
    manifests.map(async ({ digest: artifact }) => {
      const { layers } = await read(host, `manifests/${artifact}`);
      return verify(await read(host, `blobs/${layers[0]?.digest}`)).subject;
    }),
  );
  expect(signers.sort()).toEqual(['feature', 'feature', workflow, workflow, 'main'].sort());
});

it('what only looks like a signature is none', async () => {
  const { host } = await startOwn();
  const { url } = await sigstore();
  const { make } = await signed(host, url);
  const { digest } = await make();
  const [first] = await bundlesOf(host, digest);
  const artifact = await read(host, `manifests/${first?.digest}`);
  const real = await read(host, `blobs/${artifact.layers[0]?.digest}`);
  const client = clientOf(host);
  const other = await pushBaseImage(host, { repository: 'app', tag: 'other', layers: [] });
  const signer = { issuer: 'https://issuer.example.test', names: [subject], extensions: new Map() };
  const isSigned = () => isSignedBy(client, 'app', other.digest, signer);
  expect(await isSignedBy(client, 'app', digest as Digest, signer)).toBe(true);
  const bent = structuredClone(real) as unknown as { dsseEnvelope: { payload: string } };
  const statement = { subject: [{ digest: { sha256: other.digest.slice(7) } }] };
  bent.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
  const unlogged = { ...real, verificationMaterial: { ...(real.verificationMaterial as object), tlogEntries: [] } };
  for (const bundle of ['garbage', '{}', JSON.stringify(real), JSON.stringify(bent)]) {
    await attachBundle(client, 'app', other, Buffer.from(bundle));
    expect(await isSigned()).toBe(false);
  }
  const over = (bundle: unknown) => isSignatureOf(Buffer.from(JSON.stringify(bundle)), digest as Digest, signer);
  expect([over(real), over(unlogged), over(bent)]).toEqual([true, false, false]);
});

it('what sigstore refuses ends the build, and no token is shown', async () => {
  const { host } = await startOwn();
  const { url } = await sigstore({ refuse: true });
  const token = idToken('planted-subject');
  const { make, world } = await signed(host, url, {}, token);
  const error = await make().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'SIGN_FAILED',
    exitCode: 4,
    peer: { code: '403' },
  });
  expect(JSON.stringify(world.events)).not.toContain(token);
  expect(world.events.at(-1)).toMatchObject({ type: 'image.failed', error: { code: 'SIGN_FAILED' } });
});

it('a job without an identity learns it before anything is pushed', async () => {
  const registry = await startOwn();
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
  const world = testWorld();
  const image = planFor(registry.host, dir, { sign: { fulcio: 'http://127.0.0.1:1', rekor: 'http://127.0.0.1:1' } });
  await expect(buildImage(imageRun(world), image)).rejects.toMatchObject({ code: 'SIGN_FAILED' });
  expect(registry.requests).toEqual([]);
});

async function bundlesOf(host: string, digest: string) {
  const found = await clientOf(host).referrers('app', digest as Digest);
  return found.filter(({ artifactType }) => artifactType === 'application/vnd.dev.sigstore.bundle.v0.3+json');
}

async function startOwn() {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  return registry;
}
