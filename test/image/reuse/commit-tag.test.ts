import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordTag } from '../../../src/image/fingerprint/record.ts';
import { previewImage } from '../../../src/image/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { parseManifest } from '../../../src/wire/oci/manifest.ts';
import type { Digest } from '../../../src/wire/oci/types.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { type TestWorld, testWorld } from '../../support/world.ts';
import { build, type Files, imageRun, planFor, source, writeContext } from '../images.ts';

const tag = source.commit;

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

async function app(files: Files): Promise<string> {
  const dir = await tempDir();
  await writeContext(dir, files);
  return dir;
}

const copying: Files = { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' };

const warnings = ({ events }: TestWorld) => events.filter((one) => one.type === 'notice' && one.level === 'warning');

const tagged = async (host: string, repository = 'app') => (await clientOf(host).headManifest(repository, tag))?.digest;

describe('a tag that names the commit', () => {
  it.each<[string, Files, Partial<ImagePlan>, Partial<ImagePlan>, Files]>([
    [
      'other arguments',
      { Dockerfile: 'FROM scratch\nARG API_URL\nENV API_URL=$API_URL\n' },
      { args: { API_URL: 'staging' } },
      { args: { API_URL: 'prod' } },
      {},
    ],
    ['a folder that an earlier step made anew', { ...copying, 'dist/app.js': 'one' }, {}, {}, { f: 'two' }],
    [
      'another config of the same repository',
      { ...copying, Other: 'FROM scratch\nCOPY f /g\n' },
      {},
      { dockerfile: 'Other' },
      {},
    ],
    ['another target', { Dockerfile: 'FROM scratch AS a\nENV A=a\nFROM a AS b\nENV B=b\n' }, {}, { target: 'a' }, {}],
  ])('is not taken for the image of %s', async (_, files, one, two, changed) => {
    const { host } = await own();
    const dir = await app(files);
    const named = ({ dockerfile, ...more }: Partial<ImagePlan>) =>
      planFor(host, dir, { tag, ...more, ...(dockerfile === undefined ? {} : { dockerfile: join(dir, dockerfile) }) });
    const first = await build(testWorld(), named(one));
    await writeContext(dir, changed);
    const world = testWorld();
    const second = await build(world, named(two));
    expect(second).toMatchObject({ is: 'built' });
    expect(second.digest).not.toBe(first.digest);
    expect(await tagged(host)).toBe(second.digest);
    // A config that names the tag shows no difference, so somebody has to say it.
    expect(warnings(world)).toHaveLength(1);
    // Back again, the first is found by its input, and the tag is its own once more.
    await writeContext(dir, files);
    const back = testWorld();
    expect(await build(back, named(one))).toMatchObject({ is: 'reused', digest: first.digest });
    expect(await tagged(host)).toBe(first.digest);
    expect(warnings(back)).toHaveLength(1);
    const again = testWorld();
    await build(again, named(one));
    expect(warnings(again)).toEqual([]);
  });

  it('is not taken for an image on a base that has moved since', async () => {
    const { host } = await own();
    const dir = await app({ Dockerfile: `FROM ${host}/base:1\nCOPY f /f\n`, f: 'f' });
    const push = (body: string) =>
      pushBaseImage(host, { repository: 'base', tag: '1', layers: [[{ name: 'b', body }]] });
    await push('one');
    const first = await build(testWorld(), planFor(host, dir, { tag }));
    expect(await build(testWorld(), planFor(host, dir, { tag }))).toMatchObject({ is: 'reused' });
    await push('two');
    const second = await build(testWorld(), planFor(host, dir, { tag }));
    expect(second).toMatchObject({ is: 'built' });
    expect(second.digest).not.toBe(first.digest);
  });

  it('is not kept for an image whose base moved between the question and the build', async () => {
    const { host } = await own();
    const dir = await app({ Dockerfile: `FROM ${host}/base:1\nCOPY f /f\nRUN make\n`, f: 'f' });
    const push = (repository: string, body: string, as = '1') =>
      pushBaseImage(host, { repository, tag: as, layers: [[{ name: 'b', body }]] });
    const plan = planFor(host, dir, { tag, engine: 'buildx' });
    await push('base', 'one');
    const ended = { code: 0, signal: null, stdout: 'Driver: remote\n', stderr: '', timedOut: false, missing: false };
    const building = (then: () => Promise<unknown>) =>
      testWorld({
        env: { TMPDIR: dir },
        exec: async ({ args }) => {
          if (args.includes('--metadata-file')) await then();
          return ended;
        },
      });
    const moved = building(async () => {
      await push('base', 'two');
      await push('app', 'built on two', tag);
    });
    expect(await build(moved, plan)).toMatchObject({ is: 'built' });
    await push('base', 'one');
    expect(
      await build(
        building(() => push('app', 'built on one', tag)),
        plan,
      ),
    ).toMatchObject({ is: 'built' });
  });

  it('is not taken for an image that is to be built every time', async () => {
    const { host } = await own();
    const dir = await app(copying);
    await build(testWorld(), planFor(host, dir, { tag }));
    expect(await build(testWorld(), planFor(host, dir, { tag, refreshSeconds: 0 }))).toMatchObject({ is: 'built' });
    await writeContext(dir, { Dockerfile: 'FROM scratch\nADD http://127.0.0.1:1/x /\n' });
    expect(
      await previewImage(imageRun(testWorld()), planFor(host, dir, { tag, engine: 'assemble' })).catch((e) => e),
    ).toMatchObject({ code: 'ASSEMBLE_NEEDS_BUILDER' });
  });

  it('is not taken for the image of a commit whose files were changed when it was pushed', async () => {
    const { host } = await own();
    const dir = await app({ ...copying, f: 'not committed' });
    const dirty = await build(testWorld(), planFor(host, dir, { tag }), { dirty: '0123456789ab' });
    await writeContext(dir, copying);
    const clean = await build(testWorld(), planFor(host, dir, { tag }));
    expect(clean).toMatchObject({ is: 'built' });
    expect(clean.digest).not.toBe(dirty.digest);
  });

  it('costs no request that writes where its image is what today’s input comes to', async () => {
    const registry = await own();
    const dir = await app(copying);
    const first = await build(testWorld(), planFor(registry.host, dir, { tag }));
    const from = registry.requests.length;
    const again = await build(testWorld(), planFor(registry.host, dir, { tag }));
    expect(again).toMatchObject({ is: 'reused', digest: first.digest });
    const asked = registry.requests.slice(from);
    expect(asked.every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true);
  });

  it('is known by the list of its inputs where no fingerprint is kept as a tag', async () => {
    const refused = { is: 'answer', status: 403, headers: {}, body: '' } as const;
    const { host } = await own({
      fault: ({ method, path }) => (method === 'PUT' && path.includes('/manifests/fp-') ? refused : undefined),
    });
    const dir = await app(copying);
    const first = await build(testWorld(), planFor(host, dir, { tag }));
    expect(await clientOf(host).headManifest('app', recordTag(first.digest as Digest))).toBeDefined();
    expect(await build(testWorld(), planFor(host, dir, { tag }))).toMatchObject({ is: 'reused', digest: first.digest });
    await writeContext(dir, { f: 'changed' });
    expect(await build(testWorld(), planFor(host, dir, { tag }))).toMatchObject({ is: 'built' });
  });

  it.each([
    [false, tag],
    [true, tag],
    [false, 'another'],
  ])('is built again where its image has lost a layer, and no more than that, with a cache: %s, under %s', async (cache, name) => {
    const registry = await own();
    const dir = await app({ Dockerfile: 'FROM scratch\nCOPY f /f\nCOPY g /g\n', f: 'f', g: 'g' });
    const plan = planFor(registry.host, dir, { tag, cache });
    const client = clientOf(registry.host);
    const first = await build(testWorld(), plan);
    const manifest = await client.getManifest('app', first.digest);
    const parsed = manifest && parseManifest(manifest);
    const layer = parsed?.is === 'image' ? parsed.layers[0] : undefined;
    if (layer === undefined) throw new Error('it was just pushed');
    const hex = layer.digest.slice('sha256:'.length);
    await rm(join(registry.dir, 'blobs', 'sha256', hex.slice(0, 2), hex));
    expect(await client.hasBlob('app', layer.digest)).toBeUndefined();
    const world = testWorld();
    expect(await build(world, { ...plan, tag: name })).toMatchObject({ is: 'built', digest: first.digest });
    expect(await client.hasBlob('app', layer.digest)).toBe(layer.size);
    const lines = world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
    expect(lines.filter((line) => line.includes('as an earlier image has it'))).toHaveLength(1);
  });
});
