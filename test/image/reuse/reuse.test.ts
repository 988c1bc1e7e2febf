import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildImage, previewImage } from '../../../src/image/image.ts';
import { fingerprintTag, keepKnown } from '../../../src/image/reuse/tags.ts';
import type { ImageRunOptions } from '../../../src/image/run.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { clientOf } from '../../support/oci.ts';
import { registries, startOwnRegistry } from '../../support/registries.ts';
import { handClock, jumpingClock, type TestWorld, testWorld } from '../../support/world.ts';
import { build, type Files, imageRun, planFor, source, writeContext } from '../images.ts';

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

const dockerfile = 'FROM scratch\nCOPY f /f\n';

async function app(files: Files = {}): Promise<string> {
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: dockerfile, f: 'f', other: 'other', ...files });
  return dir;
}

const notices = (world: TestWorld) =>
  world.events.flatMap((event) => (event.type === 'notice' ? [`${event.level}: ${event.message}`] : []));

describe.each(registries)('an image of the same input, at $title', ({ available, start }) => {
  it.skipIf(!available)('gets the new tag and stays what it is, of several platforms too', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const dir = await app();
    const platforms = ['linux/amd64', 'linux/arm64'];
    const first = await build(
      testWorld({ clock: jumpingClock() }),
      planFor(registry.host, dir, { platforms, tag: '1' }),
    );
    expect(first).toMatchObject({ is: 'built' });
    await writeContext(dir, { other: 'changed' });
    const second = await build(
      testWorld({ clock: jumpingClock() }),
      planFor(registry.host, dir, { platforms, tag: '2' }),
      {
        commit: 'f'.repeat(40),
        committedAt: '2025-01-01T00:00:00Z',
      },
    );
    expect(second).toMatchObject({ is: 'reused', digest: first.digest, reference: `${registry.host}/app:2` });
    await writeContext(dir, { f: 'changed' });
    expect(
      await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { platforms, tag: '3' })),
    ).toMatchObject({
      is: 'built',
    });
  });

  it.skipIf(!available)('is taken over from the repository of another image of the run', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const dir = await app();
    const run = imageRun(testWorld({ clock: jumpingClock() }));
    const platforms = ['linux/amd64', 'linux/arm64'];
    const outcomes = await Promise.all(
      ['one', 'two'].map((name) => buildImage(run, planFor(registry.host, dir, { name, repository: name, platforms }))),
    );
    expect(outcomes.map(({ is }) => is).sort()).toEqual(['built', 'reused']);
    expect(new Set(outcomes.map(({ digest }) => digest)).size).toBe(1);
    for (const repository of ['one', 'two']) {
      const found = await clientOf(registry.host).getManifest(repository, 't');
      expect(found?.digest).toBe(outcomes[0]?.digest);
      // Each is found in its own repository from now on.
      const later = await build(
        testWorld({ clock: jumpingClock() }),
        planFor(registry.host, dir, { repository, tag: 'u', platforms }),
      );
      expect(later).toMatchObject({ is: 'reused' });
    }
  });
});

describe('an image of the same input', () => {
  it('costs one request that writes, and no layer moves', async () => {
    const registry = await own();
    const dir = await app();
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir));
    const from = registry.requests.length;
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag: 'u' }));
    const asked = registry.requests.slice(from);
    expect(asked.filter(({ method }) => method === 'PUT').map(({ path }) => path)).toEqual(['/v2/app/manifests/u']);
    expect(asked.filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
    // What the tag means now is asked for beside the bases.
    expect(asked.length).toBeLessThanOrEqual(5);
  });

  it('is looked for once a run: what was checked before a build is not asked again', async () => {
    const registry = await own();
    const dir = await app();
    const run = imageRun(testWorld({ clock: jumpingClock() }));
    const plan = planFor(registry.host, dir, { tag: source.commit });
    expect(await previewImage(run, plan)).toMatchObject({ is: 'built', fingerprint: /^/ });
    const asked = () =>
      registry.requests.filter(({ method }) => method === 'HEAD' || method === 'GET').map(({ path }) => path);
    const before = asked().filter((path) => path.includes('/manifests/'));
    await buildImage(run, plan);
    const tagged = asked().filter((path) => path.endsWith(`/manifests/${source.commit}`));
    // Once before the build, and once to read it back.
    expect(tagged).toHaveLength(2);
    expect(before.filter((path) => path.includes('/fp-'))).toHaveLength(1);
  });

  it('is built again by `rebuild`, and takes the place of the earlier one', async () => {
    const { host } = await own();
    const dir = await app();
    const first = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: '1' }));
    const later = { committedAt: '2025-05-05T05:05:05Z' };
    const second = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: '2' }), later, {
      rebuild: true,
    });
    expect(second).toMatchObject({ is: 'built' });
    expect(second.digest).not.toBe(first.digest);
    const third = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: '3' }));
    expect(third).toMatchObject({ is: 'reused', digest: second.digest });
  });

  it('is built again once it is older than `refresh`, by the time that it was built', async () => {
    const { host } = await own();
    const dir = await app();
    const clock = handClock(Date.UTC(2026, 0, 10));
    const day = 86_400_000;
    const refresh = { refreshSeconds: 7 * 86_400 };
    const at = (tag: string, about = {}) =>
      build({ ...testWorld({ clock: jumpingClock() }), clock }, planFor(host, dir, { tag, ...refresh }), about);
    const first = await at('1');
    clock.advance(6 * day);
    expect(await at('2')).toMatchObject({ is: 'reused', digest: first.digest });
    clock.advance(2 * day);
    const anew = await at('3', { committedAt: '2025-05-05T05:05:05Z' });
    expect(anew).toMatchObject({ is: 'built' });
    clock.advance(6 * day);
    expect(await at('4')).toMatchObject({ is: 'reused', digest: anew.digest });
    expect(
      await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: '5', refreshSeconds: 0 })),
    ).toMatchObject({
      is: 'built',
    });
  });

  it('stays the first where two builds raced, and the second says so', async () => {
    const { host } = await own();
    const client = clientOf(host);
    const target = { registry: { client, login: async () => false, isEcr: false }, repository: 'app', tag: 't' };
    const fingerprint = { hash: '0'.repeat(64), inputs: [], careful: [] };
    const push = async (seed: string) => {
      const { digest } = await pushBaseImage(host, { repository: 'app', layers: [[{ name: seed, body: seed }]] });
      const manifest = await client.getManifest('app', digest);
      if (manifest === undefined) throw new Error('it was just pushed');
      return manifest;
    };
    const [first, second] = [await push('first'), await push('second')];
    expect(await keepKnown(target, fingerprint, first, false)).toEqual({ is: 'kept' });
    expect(await keepKnown(target, fingerprint, first, false)).toEqual({ is: 'kept' });
    expect(await keepKnown(target, fingerprint, second, false)).toEqual({ is: 'second', first: first.digest });
    expect((await client.headManifest('app', fingerprintTag(fingerprint)))?.digest).toBe(first.digest);
    expect(await keepKnown(target, fingerprint, second, true)).toEqual({ is: 'kept' });
  });

  it('can not be replaced where tags never change: that is said, and the build is none the worse', async () => {
    const { host } = await own({ immutableTags: true });
    const dir = await app();
    await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: '1' }));
    const world = testWorld({ clock: jumpingClock() });
    const later = { committedAt: '2025-05-05T05:05:05Z' };
    expect(await build(world, planFor(host, dir, { tag: '2' }), later, { rebuild: true })).toMatchObject({
      is: 'built',
    });
    expect(notices(world)).toEqual([expect.stringMatching(/^warning: app: The registry did not take the tag fp-/)]);
  });

  it('is built again when the registry lost a part of it', async () => {
    // The registry refuses the manifest, as one does that checks what it lists.
    let refuse = false;
    const registry = await own({
      fault: ({ method, path }) =>
        refuse && method === 'PUT' && path.endsWith('/manifests/2')
          ? {
              is: 'answer',
              status: 400,
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', message: 'gone' }] }),
            }
          : undefined,
    });
    const dir = await app();
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag: '1' }));
    refuse = true;
    const world = testWorld({ clock: jumpingClock() });
    // It refuses the new one too here, which is then the error; what counts is that it was built.
    await expect(build(world, planFor(registry.host, dir, { tag: '2' }))).rejects.toMatchObject({ exitCode: 5 });
    expect(world.events.some((event) => event.type === 'image.started')).toBe(true);
  });

  it('is no matter of uncommitted changes: the files count as they are', async () => {
    const { host } = await own();
    const dir = await app();
    const first = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: source.commit }));
    await writeContext(dir, { f: 'changed' });
    const dirty = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: source.commit }), {
      dirty: '0123456789ab',
    });
    expect(dirty).toMatchObject({ is: 'built' });
    await writeContext(dir, { f: 'f' });
    const back = await build(testWorld({ clock: jumpingClock() }), planFor(host, dir, { tag: source.commit }), {
      dirty: '0123456789ab',
    });
    expect(back).toMatchObject({ is: 'reused', digest: first.digest });
  });

  // Long after the files were written, they are judged by size, inode and times.
  it.each([0, 60_000])('is not kept when its files changed while it was built, %d ms later', async (ms) => {
    const registry = await own();
    const dir = await app();
    await utimes(join(dir, 'f'), 1_700_000_000, 1_700_000_000);
    await pushBaseImage(registry.host, { repository: 'app', tag: 't', layers: [] });
    const world = testWorld({
      env: { TMPDIR: await tempDir() },
      exec: async ({ args }) => {
        const ended = {
          code: 0,
          signal: null,
          stdout: 'Driver: remote\n',
          stderr: '',
          timedOut: false,
          missing: false,
        };
        if (args.includes('--push')) {
          await writeFile(join(dir, 'f'), 'g');
          await utimes(join(dir, 'f'), 1_700_000_000, 1_700_000_000);
        }
        return ended;
      },
      clock: handClock(Date.now() + ms),
    });
    expect(await build(world, planFor(registry.host, dir, { engine: 'buildx' }))).toMatchObject({ is: 'built' });
    expect(notices(world)).toEqual([expect.stringMatching(/^warning: app: .*changed while it was built/)]);
    expect(registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/fp-'))).toEqual([]);
  });

  it('is built on bases as their registries have them, and without cached steps where it is built once more', async () => {
    const registry = await own();
    const dir = await app();
    await pushBaseImage(registry.host, { repository: 'app', tag: 't', layers: [] });
    const flags = async (more: Partial<ImageRunOptions>, files: Files = {}) => {
      await writeContext(dir, files);
      let given: readonly string[] = [];
      const temp = await tempDir();
      const exec: TestWorld['exec'] = async ({ args }) => {
        if (args.includes('--metadata-file')) given = args;
        return { code: 0, signal: null, stdout: 'Driver: remote\n', stderr: '', timedOut: false, missing: false };
      };
      await build(
        testWorld({ env: { TMPDIR: temp }, exec }),
        planFor(registry.host, dir, { engine: 'buildx' }),
        {},
        more,
      );
      return given.filter((flag) => ['--pull', '--no-cache'].includes(flag));
    };
    expect(await flags({})).toEqual(['--pull']);
    expect(await flags({ rebuild: true })).toEqual(['--pull', '--no-cache']);
    // What isn't known by a fingerprint is built as the builder would build it.
    expect(await flags({}, { Dockerfile: 'FROM scratch\nADD https://example.test/x /\n' })).toEqual([]);
  });

  it('is kept by a registry that takes no list of inputs; only that is missing then', async () => {
    const registry = await own({
      fault: ({ method, path }) =>
        method === 'PUT' && path.includes('/manifests/inputs-')
          ? { is: 'answer', status: 415, headers: {}, body: '' }
          : undefined,
    });
    const dir = await app();
    const world = testWorld({ clock: jumpingClock() });
    expect(await build(world, planFor(registry.host, dir))).toMatchObject({ is: 'built' });
    expect(notices(world)).toEqual([expect.stringMatching(/^info: app: The registry did not take the list of what/)]);
    expect(await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag: 'u' }))).toMatchObject({
      is: 'reused',
    });
  });
});

describe('an image that has to be built to be known', () => {
  const undecided = async (files: Files, more: Partial<ImagePlan> = {}): Promise<string | undefined> => {
    const { host } = await own();
    await pushBaseImage(host, { repository: 'base', tag: '1', layers: [] });
    await pushBaseImage(host, { repository: 'trigger', tag: '1', layers: [], config: { OnBuild: ['COPY . /app'] } });
    const dir = await app();
    const named = Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content.replaceAll('HOST', host) : content,
    ]);
    await writeContext(dir, Object.fromEntries(named));
    const world = testWorld({
      exec: async () => ({
        code: 0,
        signal: null,
        stdout: 'Driver: remote\n',
        stderr: '',
        timedOut: false,
        missing: false,
      }),
    });
    const preview = await previewImage(imageRun(world), planFor(host, dir, { engine: 'buildx', ...more }));
    return preview.is === 'built' ? preview.undecided : 'reused';
  };

  it.each<[string, Files, RegExp]>([
    ['a URL without a checksum', { Dockerfile: 'FROM scratch\nADD https://example.test/x /\n' }, /^Line 2 fetches/],
    ['a git branch', { Dockerfile: 'FROM scratch\nADD https://example.test/x.git#main /\n' }, /^Line 2 fetches/],
    [
      'another frontend',
      { Dockerfile: '# syntax=acme/front:1\nFROM scratch\nCOPY f /\n' },
      /^Only the frontend acme\/front:1/,
    ],
    ['a base that is not there', { Dockerfile: 'FROM HOST/none:1\nCOPY f /\n' }, /isn't in its registry\.$/],
    ['a base with triggers', { Dockerfile: 'FROM HOST/trigger:1\nCOPY f /\n' }, /has ONBUILD triggers\.$/],
    [
      'bytes that are no UTF-8',
      { Dockerfile: { bytes: Buffer.from('FROM scratch\nLABEL a=\xe9\nCOPY f /\n', 'latin1') } },
      /not UTF-8/,
    ],
  ])('says so: %s', async (_, files, why) => {
    expect(await undecided(files)).toMatch(why);
  });

  it.each<[string, Files, Partial<ImagePlan>]>([
    [
      'a checksum',
      { Dockerfile: `FROM scratch\nADD --checksum=sha256:${'0'.repeat(64)} https://example.test/x /\n` },
      {},
    ],
    ['a git commit', { Dockerfile: `FROM scratch\nADD https://example.test/x.git#${'0'.repeat(40)} /\n` }, {}],
    ['`refresh`', { Dockerfile: 'FROM scratch\nADD https://example.test/x /\n' }, { refreshSeconds: 3_600 }],
    ['a base by its digest', { Dockerfile: `FROM HOST/base@${digestOf('x')}\nCOPY f /\n` }, {}],
  ])('is known by %s', async (title, files, more) => {
    const why = await undecided(files, more);
    // A digest that nobody has is found out by the look at the base's config, not by the fingerprint.
    if (title.startsWith('a base')) expect(why).toMatch(/isn't in its registry/);
    else expect(why).toBeUndefined();
  });
});
