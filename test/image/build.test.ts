import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { previewImage } from '../../src/image/image.ts';
import type { ImagePlan } from '../../src/plan.ts';
import type { Command } from '../../src/wire/exec.ts';
import { createExec } from '../../src/wire/exec.ts';
import { Secret } from '../../src/wire/secret.ts';
import { hasProgram } from '../support/docker-registry.ts';
import { tempDir } from '../support/git-host.ts';
import { registries, startOwnRegistry } from '../support/registries.ts';
import { jumpingClock, testWorld } from '../support/world.ts';
import { build, contentsOf, imageRun, planFor, source, writeContext } from './images.ts';

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

describe.each(registries)('assemble with $title', ({ available, start }) => {
  it.skipIf(!available)(
    'pushes an image whose digest is read back, and sends no known blob a second time',
    async () => {
      const registry = await start();
      onTestFinished(() => registry.close());
      const dir = await tempDir();
      await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\nCOPY g /g\n', f: 'f', g: 'g' });
      const world = testWorld({ clock: jumpingClock() });
      const first = await build(world, planFor(registry.host, dir));
      expect(first).toMatchObject({
        is: 'built',
        engine: 'assemble',
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      });
      const sent = () =>
        world.events.filter((event) => event.type === 'image.log' && / uploaded$/.test(event.line)).length;
      const before = sent();
      await writeContext(dir, { g: 'G' });
      const second = await build(world, planFor(registry.host, dir, { tag: 'u' }), {
        committedAt: '2025-05-05T05:05:05Z',
      });
      expect(second.digest).not.toBe(first.digest);
      // The layer of g and the config; the layer of f is the same at every commit.
      expect(sent() - before).toBe(2);
    },
  );

  it.skipIf(!available)('makes one index of several platforms', async () => {
    const registry = await start();
    onTestFinished(() => registry.close());
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY f /$TARGETARCH\n', f: 'f' });
    await build(
      testWorld({ clock: jumpingClock() }),
      planFor(registry.host, dir, { platforms: ['linux/amd64', 'linux/arm64'] }),
    );
    const answer = await fetch(`http://${registry.host}/v2/app/manifests/t`, {
      headers: { accept: 'application/vnd.oci.image.index.v1+json' },
    });
    const index = (await answer.json()) as { manifests: { platform: { architecture: string } }[] };
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
  });
});

describe('assemble', () => {
  it('makes the same digest of the same input, anywhere and at any time', async () => {
    const digests = new Set<string>();
    for (let n = 0; n < 2; n++) {
      const registry = await own();
      const dir = await tempDir();
      await writeContext(dir, {
        Dockerfile: 'FROM scratch\nCOPY d /d\n',
        'd/a': 'a',
        'd/b/c': { text: 'c', mode: 0o755 },
      });
      digests.add((await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir))).digest);
    }
    expect(digests.size).toBe(1);
  });

  it('writes heredocs as files', async () => {
    const registry = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY <<EOF /greeting\nhello\nEOF\n' });
    await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir));
    expect((await contentsOf(registry.host, 'app', 't')).files.greeting).toMatch(/^file 644 0:0 6 /);
  });

  it.each<[string, string, string, number | undefined]>([
    ['a source that is missing', 'FROM scratch\nCOPY nothing /\n', 'COPY_SOURCE_MISSING', 2],
    ['an unknown instruction', 'FROM scratch\nCOPPY a /\n', 'DOCKERFILE_INVALID', 2],
    ['a source above the context', 'FROM scratch\nCOPY ../x /\n', 'CONTEXT_OUTSIDE', 2],
    ['a base that is missing', 'FROM HOST/none:1\nCOPY a /\n', 'BASE_NOT_FOUND', 1],
    ['a RUN', 'FROM scratch\nCOPY a /\nRUN true\n', 'ASSEMBLE_NEEDS_BUILDER', 3],
  ])('names %s with its line, and pushes nothing', async (_, text, code, line) => {
    const registry = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: text.replace('HOST', registry.host), a: 'a' });
    const error = await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, exitCode: 4, place: { line } });
    expect(registry.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('names a Dockerfile that is missing', async () => {
    const registry = await own();
    const dir = await tempDir();
    const error = await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'DOCKERFILE_NOT_FOUND', exitCode: 4 });
  });

  it('tells an immutable tag with another digest from one that is the same', async () => {
    const registry = await own({ immutableTags: true });
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    const first = await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir));
    expect((await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir))).digest).toBe(first.digest);
    await writeContext(dir, { f: 'other' });
    const error = await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'TAG_IMMUTABLE', exitCode: 5 });
  });
});

/** A folder on a disk of 256 KiB, or undefined where that can't be made. */
async function smallDisk(): Promise<string | undefined> {
  const dir = await tempDir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [dir]));
  return dir;
}

describe('a full disk', () => {
  it('is named with its folder, and nothing is pushed (skipped where tmpfs can not be mounted: needs root)', async (test) => {
    const temp = await smallDisk();
    if (temp === undefined) return test.skip('mounting a tmpfs needs root');
    const registry = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: randomBytes(2_000_000).toString('base64') });
    const world = testWorld({ env: { PATH: process.env.PATH, TMPDIR: temp } });
    const error = await build(world, planFor(registry.host, dir)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'DISK_FULL', exitCode: 4 });
    expect(registry.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(await readdir(temp)).toEqual([]);
  });
});

describe('an image whose tag names the commit', () => {
  const tag = source.commit;

  it('is reused when the registry has it, unless files differ from the commit', async () => {
    const registry = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    const first = await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag }));
    expect(await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag }))).toMatchObject({
      is: 'reused',
      digest: first.digest,
    });
    await writeContext(dir, { f: 'changed' });
    const dirty = await build(testWorld({ clock: jumpingClock() }), planFor(registry.host, dir, { tag }), {
      dirty: '0123456789ab',
    });
    expect(dirty).toMatchObject({ is: 'built' });
    expect(dirty.digest).not.toBe(first.digest);
  });

  it('is previewed without a single write', async () => {
    const registry = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    const preview = await previewImage(
      imageRun(testWorld({ clock: jumpingClock() })),
      planFor(registry.host, dir, { tag }),
    );
    expect(preview).toMatchObject({ is: 'built', engine: 'assemble' });
    // Whether it may push is asked by an upload that is begun and ended at once.
    expect(registry.requests.filter(({ method }) => method === 'PUT' || method === 'PATCH')).toEqual([]);
  });
});

describe('the choice of an engine', () => {
  const run = 'FROM scratch\nCOPY f /f\nRUN ["/f"]\n';

  it('needs a builder for a RUN, and names its line when there is none', async () => {
    const registry = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: run, f: 'f' });
    const world = testWorld({ exec: createExec({ PATH: dir }) });
    const error = await build(world, planFor(registry.host, dir, { engine: 'auto' })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'BUILD_NO_ENGINE', exitCode: 4, place: { line: 3 } });
  });

  it('gives buildx all it needs, and no secret among its arguments', async () => {
    const registry = await own();
    const dir = await tempDir();
    const temp = await tempDir();
    await writeContext(dir, { Dockerfile: run, f: 'f' });
    const commands: Command[] = [];
    const found: string[] = [];
    const builds = ({ args: [, what, flag] }: Command) => what === 'build' && flag !== '--help';
    const world = testWorld({
      env: { PATH: '/nowhere', HOME: dir, TMPDIR: temp },
      exec: async (command) => {
        commands.push(command);
        if (builds(command)) found.push(...(await readdir(String(command.env?.DOCKER_CONFIG))));
        const stdout = command.args[1] === 'inspect' ? 'Name: b\nDriver: docker-container\n' : 'v1';
        return { code: builds(command) ? 1 : 0, signal: null, stdout, stderr: '', missing: false };
      },
    });
    const image: ImagePlan = planFor(registry.host, dir, {
      ...{ engine: 'auto', cache: true, builder: 'b', args: { K: 'V' }, platforms: ['linux/amd64', 'linux/arm64'] },
    });
    const password = new Secret('planted-registry-password', 'password');
    const { buildImage } = await import('../../src/image/image.ts');
    const opened = imageRun(world, { credential: async () => ({ username: 'u', password }) });
    const error = await buildImage(opened, image).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BUILD_FAILED', data: { engine: 'buildx' } });
    const { args } = commands.find(builds) as Command;
    expect(args).toEqual(
      expect.arrayContaining([
        '--push',
        '--metadata-file',
        '--builder',
        'b',
        '--build-arg',
        'K=V',
        'linux/amd64,linux/arm64',
        // This buildx's help knows no other.
        'plain',
        '--provenance=false',
      ]),
    );
    expect(args.join(' ')).toContain('image-manifest=true,oci-mediatypes=true');
    expect(JSON.stringify(commands)).not.toContain('planted-registry-password');
    expect(found).toContain('config.json');
    expect(await readdir(temp)).toEqual([]);
  });
});

const noBuildah =
  hasProgram('buildah') && process.getuid?.() === 0 ? '' : ' (skipped: buildah as root; Debian: buildah)';

describe.skipIf(noBuildah !== '')(`buildah${noBuildah}`, () => {
  it('builds and pushes a Dockerfile with a RUN, and its digest is read back', async () => {
    const registry = await own();
    const dir = await tempDir();
    const storage = await tempDir();
    await mkdir(join(dir, 'bin'), { recursive: true });
    // A program without libraries, so that it runs in an empty image.
    execFileSync('gcc', ['-static', '-x', 'c', '-', '-o', join(dir, 'bin', 'make')], {
      input: '#include <stdio.h>\nint main(){FILE*f=fopen("/made","w");fputs("made\\n",f);return fclose(f);}\n',
    });
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY bin/make /make\nRUN ["/make"]\n' });
    const env = {
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      HOME: storage,
      STORAGE_DRIVER: 'vfs',
      CONTAINERS_STORAGE_CONF: join(storage, 'storage.conf'),
    };
    const { writeFile } = await import('node:fs/promises');
    await writeFile(
      env.CONTAINERS_STORAGE_CONF,
      `[storage]\ndriver="vfs"\ngraphroot="${storage}/g"\nrunroot="${storage}/r"\n`,
    );
    const image = planFor(registry.host, dir, { engine: 'buildah' });
    const outcome = await build(testWorld({ env }), image);
    expect(outcome).toMatchObject({ is: 'built', engine: 'buildah' });
    expect((await contentsOf(registry.host, 'app', 't')).files.made).toMatch(/^file 644 0:0 5 /);
    await rm(join(storage, 'g'), { recursive: true, force: true });
  });
});
