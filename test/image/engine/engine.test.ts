import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBuildLog } from '../../../src/image/build-log.ts';
import { type Choice, chooseEngine, type Need, type Probe } from '../../../src/image/engine/choose.ts';
import { withLogin } from '../../../src/image/engine/login.ts';
import { probeTool } from '../../../src/image/engine/tool.ts';
import { buildImage, previewImage } from '../../../src/image/image.ts';
import { createOnce } from '../../../src/image/run.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Command, Finished } from '../../../src/wire/exec.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { Secret } from '../../../src/wire/secret.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { type TestWorld, testWorld } from '../../support/world.ts';
import { build, contentsOf, imageRun, planFor, writeContext } from '../images.ts';

// The registry lives in this process: a call that blocks would wait for itself.
const call = promisify(execFile);

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

const ended = (more: Partial<Finished> = {}): Finished => ({
  code: 0,
  signal: null,
  stdout: '',
  stderr: '',
  missing: false,
  ...more,
});

/** Answers commands by their words; everything else isn't installed. */
function programs(answers: Readonly<Record<string, Partial<Finished>>>) {
  const asked: string[] = [];
  const exec = async ({ program, args }: Command): Promise<Finished> => {
    const line = [program, ...args].join(' ');
    asked.push(line);
    const found = Object.entries(answers).find(([start]) => line.startsWith(start));
    return found === undefined ? ended({ code: null, missing: true }) : ended(found[1]);
  };
  return { exec, asked };
}

const versions = (client: string, server: string | undefined) => ({
  'docker version --format {{json .}}': {
    stdout: JSON.stringify({ Client: { Version: client }, Server: server === undefined ? null : { Version: server } }),
    code: server === undefined ? 1 : 0,
  },
});
const daemon = versions('20.10.24', '20.10.24');

const podman = 'docker is podman here, which is no BuildKit';

describe('probing', () => {
  it.each<[string, Parameters<typeof programs>[0], 'buildx' | 'docker' | 'buildah', string | true]>([
    ['no docker', {}, 'buildx', 'docker is not installed'],
    ['no plugin', { 'docker buildx version': { code: 1 } }, 'buildx', 'docker has no buildx plugin'],
    [
      'a builder of its own',
      { 'docker buildx version': {}, 'docker buildx inspect': { stdout: 'Name: b\nDriver: docker-container\n' } },
      'buildx',
      true,
    ],
    ['podman by its buildx', { 'docker buildx version': { stdout: 'buildah 1.33.7\n' } }, 'buildx', podman],
    [
      'podman by its wrapper',
      {
        'docker buildx version': {
          stderr: 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.',
        },
      },
      'buildx',
      podman,
    ],
    [
      'podman by its builder',
      { 'docker buildx version': {}, 'docker buildx inspect': { stdout: 'Name: default\nDriver: podman\n' } },
      'buildx',
      podman,
    ],
    [
      'podman as docker',
      {
        'docker version': {
          stdout: JSON.stringify({ Client: { APIVersion: '5.0.0', Version: '5.0.0' }, Server: { Version: '5.0.0' } }),
        },
      },
      'docker',
      podman,
    ],
    [
      'no such builder',
      { 'docker buildx version': {}, 'docker buildx inspect': { code: 1 } },
      'buildx',
      'buildx has no builder',
    ],
    [
      'the daemon as builder',
      { 'docker buildx version': {}, 'docker buildx inspect': { stdout: 'Driver: docker\n' }, ...daemon },
      'buildx',
      true,
    ],
    [
      'a silent daemon as builder',
      {
        'docker buildx version': {},
        'docker buildx inspect': { stdout: 'Driver: docker\n' },
        ...versions('20.10.24', undefined),
      },
      'buildx',
      'the Docker daemon does not answer',
    ],
    ['a daemon', daemon, 'docker', true],
    ['a daemon that does not answer', versions('20.10.24', undefined), 'docker', 'the Docker daemon does not answer'],
    [
      'a client that wants buildx',
      { ...versions('28.2.2', '20.10.24'), 'docker buildx version': { code: 1 } },
      'docker',
      'this docker client builds with buildx only, and buildx is not installed',
    ],
    ['buildah', { 'buildah --version': {} }, 'buildah', true],
    ['no buildah', {}, 'buildah', 'buildah is not installed'],
  ])('%s', async (_, answers, tool, outcome) => {
    const { exec } = programs(answers);
    const found = await probeTool(tool, { builder: undefined }, { once: createOnce(), world: testWorld({ exec }) });
    expect(found).toEqual(outcome === true ? { usable: true } : { usable: false, reason: outcome });
  });
});

describe('the choice', () => {
  const need: Need = { what: 'line 3 has a RUN', place: { file: 'Dockerfile', line: 3 } };
  const only =
    (...usable: string[]): Probe =>
    async (tool) =>
      usable.includes(tool) ? { usable: true } : { usable: false, reason: 'it is missing' };
  const choose = (
    engine: ImagePlan['engine'],
    what: Need | undefined,
    probe: Probe,
    platforms: string[] = [],
  ): Promise<Choice> => chooseEngine(planFor('h', '/', { engine, platforms }), what, probe);

  it.each<[ImagePlan['engine'], Need | undefined, string[], string[], string]>([
    ['auto', undefined, ['buildx'], [], 'assemble'],
    ['auto', need, ['buildx', 'docker', 'buildah'], [], 'buildx'],
    ['auto', need, ['docker', 'buildah'], [], 'docker'],
    ['auto', need, ['docker', 'buildah'], ['linux/amd64', 'linux/arm64'], 'buildah'],
    ['docker', undefined, ['docker'], [], 'docker'],
    ['buildah', need, ['buildah', 'buildx'], [], 'buildah'],
    ['assemble', undefined, [], [], 'assemble'],
  ])('%s', async (engine, what, usable, platforms, chosen) => {
    const { engine: found, why } = await choose(engine, what, only(...usable), platforms);
    expect(found).toBe(chosen);
    // A sentence, for people.
    expect(why).toMatch(/^[A-Z].*\.$/);
  });

  it.each<[ImagePlan['engine'], Need | undefined, string[], string]>([
    ['auto', need, [], 'BUILD_NO_ENGINE'],
    ['assemble', need, ['buildx'], 'ASSEMBLE_NEEDS_BUILDER'],
    ['docker', need, ['buildx'], 'ENGINE_UNUSABLE'],
  ])('%s can not be met', async (engine, what, usable, code) => {
    expect(await failure(choose(engine, what, only(...usable)))).toMatchObject({ code, exitCode: 4 });
  });

  it('is probed once a run, not once an image', async () => {
    const { host } = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nRUN x\n' });
    const { exec, asked } = programs({});
    const run = imageRun(testWorld({ exec }));
    for (const name of ['one', 'two']) {
      await failure(buildImage(run, planFor(host, dir, { name, engine: 'auto' })));
    }
    expect(asked.filter((line) => line === 'buildah --version')).toHaveLength(1);
  });
});

describe('credentials for a builder', () => {
  const credentials = new Map([
    ['reg.example.test', { username: 'u', password: new Secret('planted-password', 'password') }],
    ['docker.io', { username: 'hub', password: new Secret('planted-hub', 'password') }],
  ]);

  it("lie in a folder of their own beside the user's config, which keeps its say about other hosts", async () => {
    const home = await tempDir();
    const temp = await tempDir();
    await mkdir(join(home, '.docker', 'cli-plugins'), { recursive: true });
    const config = {
      auths: { 'other.test': { auth: 'x' } },
      credsStore: 'desktop',
      credHelpers: { 'gcr.io': 'gcloud' },
      currentContext: 'c',
    };
    await writeFile(join(home, '.docker', 'config.json'), JSON.stringify(config));
    const world = testWorld({ env: { HOME: home, TMPDIR: temp } });
    await withLogin(credentials, world, async ({ dir, authFile, buildxDir }) => {
      expect((await stat(dir)).mode & 0o777).toBe(0o700);
      expect((await stat(authFile)).mode & 0o777).toBe(0o600);
      expect(buildxDir).toBe(join(home, '.docker', 'buildx'));
      expect(await readdir(dir)).toContain('cli-plugins');
      const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
      expect(JSON.parse(await readFile(authFile, 'utf8'))).toEqual({
        ...config,
        auths: {
          ...config.auths,
          'reg.example.test': auth('u:planted-password'),
          'https://index.docker.io/v1/': auth('hub:planted-hub'),
        },
        // Else the store that serves every other host would be asked for these too.
        credHelpers: { 'gcr.io': 'gcloud', 'reg.example.test': '', 'https://index.docker.io/v1/': '' },
      });
    });
    expect(await readdir(temp)).toEqual([]);
    expect(world.masked).toContain(Buffer.from('u:planted-password').toString('base64'));
  });

  it("let a builder know its client again, as the user's own docker would: it is sent what changed", async () => {
    const home = await tempDir();
    const world = testWorld({ env: { HOME: home, TMPDIR: await tempDir() } });
    const ids = () =>
      withLogin(new Map(), world, async ({ dir }) => [
        await readFile(join(dir, '.buildNodeID'), 'utf8'),
        await readFile(join(dir, 'buildx', '.buildNodeID'), 'utf8'),
      ]);
    const [docker, buildx] = await ids();
    expect(docker).toMatch(/^[0-9a-f]{64}$/);
    expect(buildx).not.toBe(docker);
    expect(await ids()).toEqual([docker, buildx]);
    await writeFile(join(home, '.docker', '.buildNodeID'), 'of docker itself');
    expect((await ids())[0]).toBe('of docker itself');
  });

  it('make no home where there is none', async () => {
    const HOME = join(await tempDir(), 'nobody');
    const world = testWorld({ env: { HOME, TMPDIR: await tempDir() } });
    await withLogin(new Map(), world, async ({ dir }) => expect(await readdir(dir)).not.toContain('.buildNodeID'));
    await expect(stat(HOME)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are gone when the build fails', async () => {
    const temp = await tempDir();
    const world = testWorld({ env: { TMPDIR: temp } });
    const broken = withLogin(credentials, world, async () => {
      expect(await readdir(temp)).toHaveLength(1);
      throw new Error('the builder went away');
    });
    await expect(broken).rejects.toThrow('went away');
    expect(await readdir(temp)).toEqual([]);
  });
});

describe("a builder's log", () => {
  it('is told whole, and the newest 200 lines of bounded length are kept', () => {
    const told: string[] = [];
    const log = createBuildLog((line) => told.push(line));
    log.line('   ');
    for (let n = 0; n < 300; n++) log.line(`line ${n}`);
    log.line('a word '.repeat(100_000));
    expect(told).toHaveLength(301);
    expect(log.last()).toHaveLength(200);
    expect(log.last()[0]).toBe('line 101');
    expect(log.last()[199]?.length).toBeLessThanOrEqual(2_001);
  });
});

/** A world whose buildx does what `work` does when it is to build. */
function withBuildx(work: (command: Command) => Promise<Partial<Finished>>, temp: string) {
  return testWorld({
    env: { TMPDIR: temp },
    exec: async (command) => {
      const what = command.args.slice(0, 2).join(' ');
      if (what === 'buildx version' || command.args[2] === '--help') return ended();
      if (what === 'buildx inspect') return ended({ stdout: 'Driver: remote\n' });
      return ended(await work(command));
    },
  });
}

describe('what a builder says', () => {
  const plan = async (host: string) => {
    const dir = await tempDir();
    // Something else each time, or the first image would be found by its fingerprint.
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: dir });
    return planFor(host, dir, { engine: 'buildx' });
  };
  const reporting =
    (digest: string) =>
    async ({ args }: Command) => {
      const file = args[args.indexOf('--metadata-file') + 1] ?? '';
      await writeFile(file, JSON.stringify({ 'containerimage.digest': digest }));
      return {};
    };

  it('is held against the registry: the digest that is there counts', async () => {
    const { host } = await own();
    const { digest } = await pushBaseImage(host, { repository: 'app', tag: 't', layers: [] });
    const temp = await tempDir();
    expect(await build(withBuildx(reporting(digest), temp), await plan(host))).toMatchObject({
      is: 'built',
      engine: 'buildx',
      digest,
    });
    const other = digestOf('another image');
    const error = await failure(build(withBuildx(reporting(other), temp), await plan(host)));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', exitCode: 4, data: { reported: other, found: digest } });
    // A builder that says nothing is taken at the registry's word.
    expect(
      await build(
        withBuildx(async () => ({}), temp),
        await plan(host),
      ),
    ).toMatchObject({ digest });
    expect(await readdir(temp)).toEqual([]);
  });

  it('is not asked when a file is missing with which it is reached', async () => {
    const { host } = await own();
    const image = await plan(host);
    const ca = join(image.context, 'no-ca.pem');
    const builderTls = { ca, client: undefined, serverName: undefined };
    const error = await failure(
      build(
        withBuildx(async () => ({}), await tempDir()),
        { ...image, builder: 'tcp://b:1', builderTls },
      ),
    );
    expect(error).toMatchObject({ code: 'BUILDER_FILE_UNREADABLE', exitCode: 4, data: { file: ca } });
  });

  it('is no success when the registry has nothing', async () => {
    const { host } = await own();
    const error = await failure(
      build(
        withBuildx(async () => ({}), await tempDir()),
        await plan(host),
      ),
    );
    expect(error).toMatchObject({ code: 'PUSH_UNCONFIRMED', exitCode: 4 });
  });

  it('comes along when it fails: its last lines, its exit code, and image.failed before the error', async () => {
    const { host } = await own();
    const world = withBuildx(
      async ({ onLine }) => {
        onLine?.('#5 0.1 make: *** No rule', 'stderr');
        return { code: 17 };
      },
      await tempDir(),
    );
    const error = await failure(build(world, await plan(host)));
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      exitCode: 4,
      data: { engine: 'buildx' },
      peer: { code: 'exit code 17', text: '#5 0.1 make: *** No rule' },
    });
    const failed = world.events.filter((event) => event.type === 'image.failed');
    expect(failed).toMatchObject([
      { image: 'app', error: { code: 'BUILD_FAILED' }, log: ['#5 0.1 make: *** No rule'] },
    ]);
  });

  it('ends with the signal: no image.failed, and no credentials left behind', async () => {
    const { host } = await own();
    const temp = await tempDir();
    const reason = new Error('SIGINT');
    const world = withBuildx(async () => {
      expect(await readdir(temp)).toHaveLength(1);
      world.abort(reason);
      throw reason;
    }, temp);
    const credential = async () => ({ username: 'u', password: new Secret('p', 'password') });
    const error = await failure(buildImage(imageRun(world, { credential }), await plan(host)));
    expect(error).toBe(reason);
    expect(world.events.filter((event) => event.type === 'image.failed')).toEqual([]);
    expect(await readdir(temp)).toEqual([]);
  });

  it('is asked of a Dockerfile that only it understands, when it is named or a syntax is', async () => {
    const { host } = await own();
    await pushBaseImage(host, { repository: 'app', tag: 't', layers: [] });
    const dir = await tempDir();
    const world = () => withBuildx(async () => ({}), dir);
    const unknown = 'FROM scratch\nFETCH it\n';
    await writeContext(dir, { Dockerfile: unknown });
    expect(await build(world(), planFor(host, dir, { engine: 'buildx' }))).toMatchObject({ engine: 'buildx' });
    expect(await failure(build(world(), planFor(host, dir, { engine: 'auto' })))).toMatchObject({
      code: 'DOCKERFILE_INVALID',
    });
    await writeContext(dir, { Dockerfile: `# syntax=example.test/front:1\n${unknown}` });
    expect(await build(world(), planFor(host, dir, { engine: 'auto' }))).toMatchObject({ engine: 'buildx' });
    expect(await failure(build(world(), planFor(host, dir)))).toMatchObject({ code: 'DOCKERFILE_INVALID' });
  });
});

describe('three images of a run', () => {
  const processes = async (engine: 'buildx' | 'docker', version: string) => {
    const { host } = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\nARG BUILDARCH\n', f: 'f' });
    const asked: string[] = [];
    const exec: TestWorld['exec'] = async ({ args }) => {
      const what = args[0] === 'buildx' ? args.slice(0, 2) : args.slice(0, 1);
      asked.push([...what, ...args.filter((arg) => arg === '--help')].join(' '));
      if (args.includes('version')) {
        const versions = { Client: { Version: '20.10.24' }, Server: { Version: '20.10.24' } };
        return ended({ stdout: engine === 'buildx' ? version : JSON.stringify(versions) });
      }
      if (args.includes('inspect')) return ended({ stdout: 'Driver: remote\nPlatforms: linux/amd64\n' });
      const tagged = args[args.indexOf('--tag') + 1] ?? '';
      const [repository = '', tag = ''] = tagged.slice(host.length + 1).split(':');
      if (!args.includes('--tag')) return ended();
      const { digest } = await pushBaseImage(host, { repository, tag, layers: [] });
      const idFile = args[args.indexOf('--iidfile') + 1];
      if (args.includes('--iidfile') && idFile !== undefined) await writeFile(idFile, digest);
      return ended();
    };
    const run = imageRun(testWorld({ env: { TMPDIR: await tempDir() }, exec }));
    const names = ['one', 'two', 'three'];
    const images = names.map((name) =>
      planFor(host, dir, { name, repository: name, engine, args: { BUILDARCH: name } }),
    );
    await Promise.all(images.map((image) => previewImage(run, image)));
    const outcomes = await Promise.all(images.map((image) => buildImage(run, image)));
    expect(outcomes.map(({ is }) => is)).toEqual(['built', 'built', 'built']);
    return Object.fromEntries(
      [...new Set(asked)].sort().map((one) => [one, asked.filter((each) => each === one).length]),
    );
  };

  it.each<[string, 'buildx' | 'docker', string, Readonly<Record<string, number>>]>([
    ['buildx', 'buildx', 'github.com/docker/buildx v0.23.0 28c90ea\n', {}],
    ['buildx of a distribution', 'buildx', 'github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-1\n', {}],
    ['buildx without a version', 'buildx', 'github.com/docker/buildx v0.0.0+unknown \n', { 'buildx build --help': 1 }],
    ['docker', 'docker', '', {}],
  ])('take a process each, and few for all: %s', async (_, engine, version, more) => {
    const each = engine === 'buildx' ? { 'buildx build': 3 } : { build: 3, push: 3 };
    const all =
      engine === 'buildx' ? { 'buildx version': 1, 'buildx inspect': 1 } : { version: 1, 'buildx inspect': 1 };
    expect(await processes(engine, version)).toEqual({ ...each, ...all, ...more });
  });
});

const noSkopeo = hasProgram('skopeo') ? '' : ' (skipped: skopeo is missing; Debian: skopeo)';

describe.skipIf(noSkopeo !== '')(`skopeo${noSkopeo}`, () => {
  it.each([
    ['of one platform', ['linux/amd64'], []],
    ['of two', ['linux/amd64', 'linux/arm64'], ['--all']],
  ])('takes an assembled image %s, every digest in order', async (_, platforms, flags) => {
    const { host } = await own();
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY f /f\nWORKDIR /w\n', f: 'f' });
    const { digest } = await build(testWorld(), planFor(host, dir, { platforms }));
    const to = join(await tempDir(), 'layout');
    await call('skopeo', [
      'copy',
      ...flags,
      '--src-tls-verify=false',
      '--preserve-digests',
      `docker://${host}/app:t`,
      `oci:${to}:t`,
    ]);
    const index = JSON.parse(await readFile(join(to, 'index.json'), 'utf8'));
    expect(index.manifests[0].digest).toBe(digest);
  });
});

const noBuildah =
  hasProgram('buildah') && process.getuid?.() === 0 ? '' : ' (skipped: buildah as root; Debian: buildah)';

describe.skipIf(noBuildah !== '')(`buildah${noBuildah}`, () => {
  async function storage() {
    const dir = await tempDir();
    const conf = join(dir, 'storage.conf');
    await writeFile(conf, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
    return { PATH: process.env.PATH, HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF: conf };
  }

  it('pulls an assembled image, base and all, and shows its files', async () => {
    const { host } = await own();
    await pushBaseImage(host, {
      repository: 'base',
      tag: '1',
      layers: [
        [
          { name: 'etc/', type: 'directory', mode: 0o755 },
          { name: 'etc/base', body: 'b' },
        ],
      ],
    });
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: `FROM ${host}/base:1\nCOPY f /etc/f\nENV A=b\n`, f: 'from the context' });
    await build(testWorld(), planFor(host, dir));
    const env = await storage();
    const run = async (...args: string[]) => (await call('buildah', args, { env })).stdout.trim();
    const container = await run('from', '--tls-verify=false', `${host}/app:t`);
    const mount = await run('mount', container);
    expect(await readFile(join(mount, 'etc/f'), 'utf8')).toBe('from the context');
    expect(await readFile(join(mount, 'etc/base'), 'utf8')).toBe('b');
    expect(await run('inspect', '--format', '{{.OCIv1.Config.Env}}', container)).toContain('A=b');
    await run('umount', container);
    await run('rm', container);
  });

  it('builds several platforms into one index, with what OCI leaves out kept', async () => {
    const { host } = await own();
    const dir = await tempDir();
    await writeContext(dir, {
      Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY f /$TARGETARCH\nHEALTHCHECK CMD ["/f"]\n',
      f: 'f',
    });
    const platforms = ['linux/amd64', 'linux/arm64'];
    const outcome = await build(
      testWorld({ env: await storage() }),
      planFor(host, dir, { engine: 'buildah', platforms }),
    );
    expect(outcome).toMatchObject({ is: 'built', engine: 'buildah' });
    const { files, config } = await contentsOf(host, 'app', 't');
    // buildah lists them as they get done.
    expect([['amd64'], ['arm64']]).toContainEqual(Object.keys(files));
    expect(config).toMatchObject({ Healthcheck: { Test: ['CMD', '/f'] } });
  });
});
