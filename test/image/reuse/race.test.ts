import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImagePlan } from '../../../src/plan.ts';
import { parseManifest } from '../../../src/wire/oci/manifest.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { build, planFor, source, writeContext } from '../images.ts';

const tag = source.commit;

/** A builder that makes another image of the same input each time, as most RUNs do; `first` is done before its push. */
async function builder(host: string, body: string, first: () => Promise<unknown> = async () => undefined) {
  const TMPDIR = await tempDir();
  const exec: TestWorld['exec'] = async ({ args, onLine }) => {
    const ended = { signal: null, stdout: 'Driver: remote\n"rawjson"\n', stderr: '', timedOut: false, missing: false };
    const at = args.indexOf('--metadata-file');
    if (at < 0) return { ...ended, code: 0 };
    await first();
    const repository = 'app';
    const image = await pushBaseImage(host, { repository, layers: [[{ name: 'built', body }]] });
    const manifest = await clientOf(host).getManifest(repository, image.digest);
    if (manifest === undefined) throw new Error('it was just pushed');
    try {
      await clientOf(host).putManifest(repository, tag, manifest);
    } catch {
      const at = new Date().toISOString();
      const step = { digest: 'sha256:1', name: 'exporting to image', started: at, completed: at, error: 'no' };
      onLine?.(JSON.stringify({ vertexes: [step] }), 'stderr');
      return { ...ended, code: 1, stderr: 'the tag is immutable' };
    }
    await writeFile(String(args[at + 1]), JSON.stringify({ 'containerimage.digest': image.digest }));
    return { ...ended, code: 0 };
  };
  return testWorld({ env: { TMPDIR }, exec, clock: jumpingClock() });
}

/** Input of which nobody knows beforehand what it comes to. */
const undecided = { refreshSeconds: 0 };

async function commit(options: Parameters<typeof startOwnRegistry>[0] = {}, more: Partial<ImagePlan> = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\nRUN make\n', f: 'f' });
  const plan = planFor(registry.host, dir, { engine: 'buildx', tag, ...more });
  return { host: registry.host, dir, plan };
}

describe('two runs of one commit at once', () => {
  it.each([
    [false, 'known', {}],
    [true, 'known', {}],
    [false, 'undecided', undecided],
    [true, 'undecided', undecided],
  ])('ship the image that was pushed first, tags immutable: %s, input %s', async (immutableTags, _, more) => {
    const { host, plan } = await commit({ immutableTags }, more);
    let other: Awaited<ReturnType<typeof build>> | undefined;
    const late = await builder(host, 'late', async () => {
      other = await build(await builder(host, 'early'), plan);
    });
    const outcome = await build(late, plan);
    const there = await clientOf(host).headManifest('app', tag);
    expect(outcome.digest).toBe(there?.digest);
    if (!immutableTags) return;
    expect(outcome).toMatchObject({ is: 'reused', digest: other?.digest });
    expect(late.events.some(({ type }) => type === 'image.failed')).toBe(false);
  });

  it.each([
    ['known', {}],
    ['undecided', undecided],
  ])('agree where the other one pushed between our push and our look, input %s', async (_, more) => {
    const { host, plan } = await commit({}, more);
    let early: ReturnType<typeof build> | undefined;
    const world = await builder(host, 'ours');
    const { exec } = world;
    const overtaken: TestWorld['exec'] = async (command) => {
      const ended = await exec(command);
      if (command.args.includes('--metadata-file')) {
        early = build(await builder(host, 'theirs'), plan);
        await early;
      }
      return ended;
    };
    const outcome = await build({ ...world, exec: overtaken }, plan);
    expect(outcome).toMatchObject({ is: 'reused', digest: (await early)?.digest });
  });

  it.each<[string, string, Partial<ImagePlan>, Partial<ImagePlan>]>([
    ['other files', 'other', {}, {}],
    ['other files, undecided', 'other', undecided, undecided],
    ['other arguments, undecided', 'f', { ...undecided, args: { A: 'a' } }, { ...undecided, args: { A: 'b' } }],
    ['another option, undecided', 'f', undecided, { ...undecided, attest: { sbom: true, provenance: false } }],
  ])('fail where the other one is of another input: %s', async (_, f, more, others) => {
    const { host, plan } = await commit({ immutableTags: true }, more);
    const world = await builder(host, 'ours', async () => {
      const other = await tempDir();
      await writeContext(other, { Dockerfile: 'FROM scratch\nCOPY f /f\nRUN make\n', f });
      await build(await builder(host, 'theirs'), planFor(host, other, { engine: 'buildx', tag, ...others }));
    });
    await expect(build(world, plan)).rejects.toMatchObject({ code: 'PUSH_FAILED', exitCode: 5 });
  });
});

describe('a later run of one commit, whose input is undecided', () => {
  it('ships the image that an immutable tag keeps from a builder, unless the files are others', async () => {
    const { host, dir, plan } = await commit({ immutableTags: true }, undecided);
    const first = await build(await builder(host, 'one'), plan);
    const world = await builder(host, 'two');
    expect(await build(world, plan)).toMatchObject({ is: 'reused', digest: first.digest });
    expect(world.events.some(({ type }) => type === 'image.failed')).toBe(false);
    const again = build(await builder(host, 'three'), plan, {}, { rebuild: true });
    await expect(again).rejects.toMatchObject({ code: 'PUSH_FAILED' });
    await writeContext(dir, { f: 'other' });
    await expect(build(await builder(host, 'four'), plan)).rejects.toMatchObject({ code: 'PUSH_FAILED' });
  });

  it('fails where a builder may not push any more, whatever its tag means', async () => {
    const { host, plan } = await commit({ immutableTags: true }, undecided);
    await build(await builder(host, 'one'), plan);
    const world = await builder(host, 'two');
    const { http } = world;
    const refused: TestWorld['http'] = (request) =>
      http(request.method === 'POST' ? { ...request, url: String(request.url).replace('/uploads/', '/no/') } : request);
    await expect(build({ ...world, http: refused }, plan)).rejects.toMatchObject({ code: 'PUSH_FAILED' });
  });

  it('ships the image that an immutable tag keeps, if it is of the same files, and has all its parts', async () => {
    const [bases, registry] = await Promise.all([startOwnRegistry(), startOwnRegistry({ immutableTags: true })]);
    onTestFinished(async () => void (await Promise.all([bases.close(), registry.close()])));
    const { host } = registry;
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: `FROM ${bases.host}/base:1\nCOPY f /f\n`, f: 'f' });
    const push = (body: string) =>
      pushBaseImage(bases.host, { repository: 'base', tag: '1', layers: [[{ name: 'b', body }]] });
    const plan = planFor(host, dir, { tag, ...undecided });
    await push('one');
    const first = await build(testWorld(), plan);
    await push('two');
    const world = testWorld();
    expect(await build(world, plan)).toMatchObject({ is: 'reused', digest: first.digest });
    expect(world.events.some(({ type }) => type === 'image.failed')).toBe(false);
    await writeContext(dir, { f: 'other' });
    await expect(build(testWorld(), plan)).rejects.toMatchObject({ code: 'TAG_IMMUTABLE' });
    await writeContext(dir, { f: 'f' });
    const manifest = await clientOf(host).getManifest('app', first.digest);
    const layer = manifest && parseManifest(manifest);
    const hex = (layer?.is === 'image' ? layer.layers.at(-1)?.digest : undefined)?.slice('sha256:'.length) ?? '';
    // With its own layer gone, only what is built anew has all parts, and that layer is the same.
    await rm(join(registry.dir, 'blobs', 'sha256', hex.slice(0, 2), hex));
    expect(await build(testWorld(), plan)).toMatchObject({ is: 'reused', digest: first.digest });
    expect(await clientOf(host).hasBlob('app', `sha256:${hex}`)).toBeGreaterThan(0);
  });
});
