import { describe, expect, it, onTestFinished } from 'vitest';
import { previewImage } from '../../../src/image/image.ts';
import type { Mark } from '../../../src/plan/image.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { build, contentsOf, type Files, imageRun, planFor, source, writeContext } from '../images.ts';

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

async function app(files: Files = { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' }): Promise<string> {
  const dir = await tempDir();
  await writeContext(dir, files);
  return dir;
}

const digestsOf = (host: string, tags: readonly string[], repository = 'app') =>
  Promise.all(tags.map(async (tag) => (await clientOf(host).headManifest(repository, tag))?.digest));

const manifestOf = async (host: string, reference: string) =>
  JSON.parse(String((await clientOf(host).getManifest('app', reference))?.bytes));

describe.each(registries)('more tags, at $title', ({ available, start }) => {
  it.skipIf(!available)('name the one image, whether it is built, known, copied or taken over', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const { host } = registry;
    const dir = await app();
    const platforms = ['linux/amd64', 'linux/arm64'];
    const first = await build(
      testWorld({ clock: jumpingClock() }),
      planFor(host, dir, { platforms, tag: '1', tags: ['1.0', 'latest'] }),
    );
    expect(first).toMatchObject({ is: 'built', reference: `${host}/app:1`, tags: ['1.0', 'latest'] });
    const { digest } = first;
    expect(await digestsOf(host, ['1', '1.0', 'latest'])).toEqual([digest, digest, digest]);

    const known = await build(
      testWorld({ clock: jumpingClock() }),
      planFor(host, dir, { platforms, tag: '2', tags: ['edge', 'latest'] }),
    );
    expect(known).toMatchObject({ is: 'reused', digest, tags: ['edge', 'latest'] });
    // What has its own tag already may lack others.
    await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { platforms, tag: '2', tags: ['late'] }));
    expect(await digestsOf(host, ['2', 'edge', 'late'])).toEqual([digest, digest, digest]);

    const elsewhere = { platforms, repository: 'other', tag: '3', tags: ['latest'], reuseFrom: ['app'] };
    expect(await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, elsewhere))).toMatchObject({
      is: 'reused',
      digest,
    });
    expect(await digestsOf(host, ['3', 'latest'], 'other')).toEqual([digest, digest]);
  });

  it.skipIf(!available)('that name another image are moved', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const { host } = registry;
    const dir = await app();
    await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: '1', tags: ['latest'] }));
    await writeContext(dir, { f: 'another' });
    const world = testWorld({ clock: jumpingClock() });
    const { digest } = await build(world, planFor(host, dir, { tag: '2', tags: ['latest'] }));
    expect(await digestsOf(host, ['latest'])).toEqual([digest]);
    expect(world.events.filter(({ type }) => type === 'notice')).toEqual([]);
  });
});

describe('more tags', () => {
  it('of twins are each those of its own image', async () => {
    const { host } = await own();
    const dir = await app();
    const run = imageRun(testWorld());
    const { buildImage } = await import('../../../src/image/image.ts');
    const [one, two] = await Promise.all([
      buildImage(run, planFor(host, dir, { tags: ['latest'] })),
      buildImage(run, planFor(host, dir, { name: 'worker', repository: 'worker', tags: ['newest'] })),
    ]);
    expect(two.digest).toBe(one.digest);
    expect(await digestsOf(host, ['latest', 'newest'])).toEqual([one.digest, undefined]);
    expect(await digestsOf(host, ['latest', 'newest'], 'worker')).toEqual([undefined, one.digest]);
  });

  it('that are immutable and name another image end the run, and those of this one do not', async () => {
    const { host } = await own({ immutableTags: true });
    const dir = await app();
    const plan = planFor(host, dir, { tag: '1', tags: ['stable'] });
    await build(testWorld(), plan);
    expect(await build(testWorld(), plan)).toMatchObject({ is: 'reused' });
    await writeContext(dir, { f: 'another' });
    const second = build(testWorld(), planFor(host, dir, { tag: '2', tags: ['stable', 'new'] }));
    await expect(second).rejects.toMatchObject({ code: 'TAG_IMMUTABLE', data: { tag: 'stable' } });
  });

  it('that name the commit are told of when they come to mean another image', async () => {
    const { host } = await own();
    const dir = await app();
    const tags = [`main-${source.commit.slice(0, 12)}`, 'main'];
    await build(testWorld(), planFor(host, dir, { tag: '1', tags }));
    await writeContext(dir, { f: 'another' });
    const world = testWorld();
    await build(world, planFor(host, dir, { tag: '2', tags }));
    const told = world.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
    expect(told).toEqual([expect.stringContaining(`the tag ${tags[0]} named another image`)]);
  });

  it('and what is left out are told before anything is pushed', async () => {
    const { host } = await own();
    const leftOut = [{ key: 'tags[1]', template: '{semver}', why: 'the run is of no git tag' }];
    const plan = planFor(host, await app(), { tags: ['latest'], leftOut });
    const preview = await previewImage(imageRun(testWorld()), plan);
    expect(preview).toMatchObject({ is: 'built', tags: ['latest'], leftOut });
    expect(await digestsOf(host, ['t', 'latest'])).toEqual([undefined, undefined]);
  });
});

const mark = (name: string, template: string, ...value: (string | undefined)[]): Mark => ({
  name,
  template,
  value: value.length === 0 ? template : value[0],
});
const oci = 'org.opencontainers.image';

describe('labels and annotations of an image that is put together here', () => {
  it('go before those of the Dockerfile and those that are filled in, and the others stay', async () => {
    const { host } = await own();
    const dir = await app({ Dockerfile: 'FROM scratch\nLABEL a=1 b=2\nCOPY f /f\n', f: 'f' });
    const plan = planFor(host, dir, {
      labels: [mark('b', '3'), mark('c', '{semver}', undefined)],
      annotations: [mark(`${oci}.revision`, 'mine'), mark('x/y', '{semver}', undefined), mark('z', '')],
    });
    await build(testWorld(), plan);
    expect((await contentsOf(host, 'app', 't')).config.Labels).toEqual({ a: '1', b: '3' });
    expect((await manifestOf(host, 't')).annotations).toEqual({
      [`${oci}.created`]: '2024-01-31T12:00:00Z',
      [`${oci}.revision`]: 'mine',
      [`${oci}.source`]: source.url,
      z: '',
    });
  });

  it("stand in an index and in each of its images, on a base of Docker's own kind too", async () => {
    const { host } = await own();
    await pushBaseImage(host, { repository: 'base', tag: '1', layers: [], docker: true });
    const dir = await app({ Dockerfile: `FROM ${host}/base:1\nCOPY f /f\n`, f: 'f' });
    const annotations = [mark('who', 'me')];
    await build(testWorld(), planFor(host, dir, { annotations, tag: 'one' }));
    expect((await manifestOf(host, 'one')).annotations).toMatchObject({
      who: 'me',
      [`${oci}.base.name`]: expect.any(String),
    });
    const scratch = await app();
    const platforms = ['linux/amd64', 'linux/arm64'];
    await build(testWorld(), planFor(host, scratch, { annotations, platforms, tag: 'two' }));
    const index = await manifestOf(host, 'two');
    expect(index.annotations).toMatchObject({ who: 'me', [`${oci}.revision`]: source.commit });
    for (const { digest } of index.manifests) {
      expect((await manifestOf(host, digest)).annotations).toMatchObject({ who: 'me' });
    }
  });

  it('count as they are written, not by what their variables come to', async () => {
    const { host } = await own();
    const dir = await app();
    const with_ = (labels: readonly Mark[], tag: string) => build(testWorld(), planFor(host, dir, { labels, tag }));
    const first = await with_([mark('revision', '{commit}', '1111')], '1');
    expect(await with_([mark('revision', '{commit}', '2222')], '2')).toMatchObject({
      is: 'reused',
      digest: first.digest,
    });
    expect(await with_([mark('revision', '{commit}', undefined)], '3')).toMatchObject({ is: 'reused' });
    expect(await with_([mark('revision', '{shortCommit}', '2222')], '4')).toMatchObject({ is: 'built' });
    expect(await with_([mark('commit', '{commit}', '2222')], '5')).toMatchObject({ is: 'built' });
    const plan = planFor(host, dir, { annotations: [mark('revision', '{commit}', '1111')], tag: '6' });
    expect(await build(testWorld(), plan)).toMatchObject({ is: 'built' });
  });
});
