import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { previewImage } from '../../../src/image/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Command } from '../../../src/wire/exec.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { build, contentsOf, type Files, imageRun, planFor, writeContext } from '../images.ts';

async function app(files: Files) {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const dir = await tempDir();
  await pushBaseImage(registry.host, { repository: 'base', tag: '1', layers: [] });
  const { Dockerfile = '' } = files;
  await writeContext(dir, { ...files, Dockerfile: String(Dockerfile).replaceAll('HOST', registry.host) });
  return { host: registry.host, dir };
}

const copying = 'FROM scratch\nCOPY . /all\n';

/** A machine that has these builders, and what was asked of them. */
function machine(more: (command: Command) => string | undefined = () => undefined) {
  const asked: Command[] = [];
  const world = testWorld({
    env: {},
    // Docker Hub can't be reached, and that is asked more than once.
    clock: jumpingClock(),
    exec: async (command) => {
      asked.push(command);
      const usual = command.args.includes('inspect')
        ? 'Driver: remote\n'
        : '{"Client":{"Version":"20.10"},"Server":{"Version":"20.10"}}';
      const stdout = more(command) ?? usual;
      return { code: 0, signal: null, stdout, stderr: '', timedOut: false, missing: false };
    },
  });
  return { world, asked };
}

describe('an image that its builder may read in another way is built every time', () => {
  const undecided = async (engine: ImagePlan['engine'], files: Files) => {
    const { host, dir } = await app(files);
    const found = await previewImage(imageRun(machine().world), planFor(host, dir, { engine }));
    return found.is === 'built' ? found.undecided : 'reused';
  };

  it.each<[string, Files, ('buildah' | 'docker')[]]>([
    ['nothing of the kind', { Dockerfile: copying, '.dockerignore': '# all\n*.md\n/out/\n**/tmp\nnode_modules\n' }, []],
    ['an allow list', { Dockerfile: copying, '.dockerignore': '*\n!src\n!*.json\n' }, []],
    ['stars in a row', { Dockerfile: copying, '.dockerignore': '**.md\n' }, ['buildah', 'docker']],
    [
      'what is kept, and left out after all',
      { Dockerfile: copying, '.dockerignore': '!dir/c\ndir\n' },
      ['buildah', 'docker'],
    ],
    ['a range', { Dockerfile: copying, 'Dockerfile.dockerignore': '[a-c]\n' }, ['buildah', 'docker']],
    ['an ignore file of buildah’s own', { Dockerfile: copying, '.containerignore': 'a\n' }, ['buildah']],
    ['a mount of the context', { Dockerfile: 'FROM HOST/base:1\nRUN --mount=target=/m cp /m/a /\n' }, ['buildah']],
    [
      'a mount of a stage',
      { Dockerfile: 'FROM HOST/base:1 AS a\nFROM HOST/base:1\nRUN --mount=from=a,target=/m x\n' },
      [],
    ],
    ['a pattern of --exclude', { Dockerfile: 'FROM scratch\nCOPY --exclude=**.md . /\n' }, ['buildah']],
  ])('%s', async (_, files, engines) => {
    for (const engine of ['buildah', 'docker', 'buildx'] as const) {
      const why = await undecided(engine, files);
      expect(why === undefined, `${engine}: ${why}`).toBe(!(engines as string[]).includes(engine));
    }
  });
});

it.each<[string, string, Partial<ImagePlan>, string, boolean]>([
  [
    'the same machine',
    'FROM scratch\nARG BUILDARCH\nLABEL a=$BUILDARCH\n',
    {},
    'Platforms: linux/MACHINE, linux/386\n',
    true,
  ],
  ['another machine', 'FROM scratch\nARG BUILDARCH\nLABEL a=$BUILDARCH\n', {}, 'Platforms: linux/s390x\n', false],
  ['another machine', 'FROM scratch\n', { platforms: [] }, 'Platforms: linux/s390x\n', false],
  ['another machine that nothing asks for', 'FROM scratch\n', {}, 'Platforms: linux/s390x\n', true],
  ['an address', 'FROM scratch\nARG BUILDOS\n', { builder: 'tcp://127.0.0.1:1' }, '', false],
  ['a remote driver that tells nothing', 'FROM --platform=$BUILDPLATFORM scratch\n', {}, '', false],
])('an image that reads its builder’s platform is kept only where that is this machine’s: %s', async (_, Dockerfile, more, platforms, known) => {
  const { host, dir } = await app({ Dockerfile });
  const shown = `Driver: remote\n${platforms.replace('MACHINE', process.arch === 'x64' ? 'amd64' : process.arch)}`;
  const { world } = machine(({ args }) => (args.includes('inspect') ? shown : undefined));
  const found = await previewImage(imageRun(world), planFor(host, dir, { engine: 'buildx', ...more }));
  expect(found.is === 'built' && found.undecided === undefined).toBe(known);
});

describe('buildah', () => {
  const built = async (dockerfile: string, help: string) => {
    const { host, dir } = await app({ Dockerfile: dockerfile });
    await pushBaseImage(host, { repository: 'app', tag: 't', layers: [] });
    const { world, asked } = machine(({ args }) => (args.includes('--help') ? help : undefined));
    await build({ ...world, env: { TMPDIR: dir } }, planFor(host, dir, { engine: 'buildah' }));
    return asked.find(({ args }) => args[0] === 'build' && !args.includes('--help'))?.args ?? [];
  };

  it('is told which registry a short name means, by docker’s rules, where it can be told', async () => {
    const dockerfile = 'FROM fedora:41 AS a\nFROM HOST/base:1\nCOPY --from=a /x /\nCOPY --from=acme/tool /y /\n';
    const args = await built(dockerfile, '--build-context stringArray');
    const named = args.filter((_, at) => args[at - 1] === '--build-context');
    expect(named).toEqual([
      'fedora:41=docker-image://docker.io/library/fedora:41',
      'acme/tool=docker-image://docker.io/acme/tool:latest',
    ]);
    expect(await built(dockerfile, '--tag')).not.toContain('--build-context');
  });

  const missing =
    hasProgram('buildah') && process.getuid?.() === 0 ? '' : ' (skipped: buildah as root; Debian: buildah)';

  /** A store of images that goes with the test. */
  const storage = async () => {
    const dir = await tempDir();
    const CONTAINERS_STORAGE_CONF = join(dir, 'storage.conf');
    await writeFile(CONTAINERS_STORAGE_CONF, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
    return { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF };
  };

  it.skipIf(missing !== '')(`goes by the ignore file that counts in the fingerprint${missing}`, async () => {
    const { host, dir } = await app({
      Dockerfile: copying,
      'Dockerfile.dockerignore': 'a\nDockerfile*\n.dockerignore\n',
      '.dockerignore': 'b\n',
      a: 'a',
      b: 'b',
    });
    const env = await storage();
    const at = (tag: string) => build(testWorld({ env }), planFor(host, dir, { engine: 'buildah', tag }));
    expect(await at('1')).toMatchObject({ is: 'built' });
    expect(Object.keys((await contentsOf(host, 'app', '1')).files).sort()).toEqual(['all', 'all/b']);
    // What is left out makes no difference.
    await writeContext(dir, { a: 'changed' });
    expect(await at('2')).toMatchObject({ is: 'reused' });
  });

  it.skipIf(missing !== '')(`keeps its own ignore file, and nothing is reused then${missing}`, async () => {
    const { host, dir } = await app({ Dockerfile: copying, '.containerignore': 'a\nDockerfile\n.*\n', a: 'a', b: 'b' });
    const env = await storage();
    const at = (tag: string) => build(testWorld({ env }), planFor(host, dir, { engine: 'buildah', tag }));
    expect(await at('1')).toMatchObject({ is: 'built' });
    expect(Object.keys((await contentsOf(host, 'app', '1')).files).sort()).toEqual(['all', 'all/b']);
    expect(await at('2')).toMatchObject({ is: 'built' });
  });
});
