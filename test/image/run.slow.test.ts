import { execFile, execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Compression } from '../../src/plan/image.ts';
import { tarOf } from '../support/base-image.ts';
import { type Buildkit, noBuildkit, startBuildkit } from '../support/buildkit.ts';
import { hasProgram } from '../support/docker-registry.ts';
import { type Dockerd, noDockerd, startDockerd } from '../support/dockerd.ts';
import { tempDir } from '../support/git-host.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { buildTell, noTell } from '../support/tell.ts';
import { testWorld } from '../support/world.ts';
import { tree } from './case.ts';
import { pushBase } from './compare.ts';
import { build, type Files, planFor, writeContext } from './images.ts';

// The registry lives in this process: a call that blocks would wait for itself.
const call = promisify(execFile);

/** An image that is run. `tell`, in its context, is a static program that prints how it was started and what it sees. */
interface Shape {
  readonly title: string;
  readonly dockerfile: string;
  readonly files?: Files;
  /** What stands behind the image's name. */
  readonly args?: readonly string[];
  /** Docker 20.10 can't build it; today's BuildKit makes the image to compare with. */
  readonly newer?: true;
  /** Kept running until Docker says that it is healthy, or stopped by its signal. */
  readonly until?: 'healthy' | 'stopped';
}

const tell = noTell === undefined ? buildTell() : Buffer.alloc(0);
const nodeHasZstd = 'createZstdCompress' in zlib;

const shapes: readonly Shape[] = [
  { title: 'a static program alone', dockerfile: 'FROM scratch\nCOPY tell /tell\nENTRYPOINT ["/tell"]\n' },
  {
    title: 'a program from another stage',
    dockerfile:
      'FROM scratch AS made\nWORKDIR /src/out\nCOPY . .\nFROM scratch AS unused\nCOPY dir /\nFROM scratch\nCOPY --from=made /src/out/tell /bin/tell\nCOPY --from=made /src/out/dir /srv\nCMD ["/bin/tell", "a b", "$HOME"]\n',
  },
  {
    title: 'a user, a folder of its own and a relative program',
    dockerfile:
      'FROM BASE\nUSER app\nWORKDIR /home/app/new\nCOPY --chown=app:staff tell dir ./\nENTRYPOINT ["./tell"]\n',
  },
  { title: 'a user and a group by name', dockerfile: 'FROM BASE\nCOPY tell /t\nUSER app:staff\nENTRYPOINT ["/t"]\n' },
  { title: 'a user by number that has a name', dockerfile: 'FROM BASE\nCOPY tell /t\nUSER 1000\nENTRYPOINT ["/t"]\n' },
  { title: 'numbers that nobody has', dockerfile: 'FROM BASE\nCOPY tell /t\nUSER 7:8\nENTRYPOINT ["/t"]\n' },
  {
    title: 'setuid, run by a user',
    dockerfile: 'FROM BASE\nCOPY root /bin/\nUSER app\nENTRYPOINT ["root"]\n',
    files: { root: { bytes: tell, mode: 0o4755 } },
  },
  {
    title: 'an entrypoint with a command that is overruled',
    dockerfile: 'FROM scratch\nCOPY tell /t\nENTRYPOINT ["/t", "e"]\nCMD ["c", "d"]\n',
    args: ['mine', '--x'],
  },
  {
    title: 'an entrypoint with its command',
    dockerfile: 'FROM scratch\nCOPY tell /t\nENTRYPOINT ["/t", "e"]\nCMD ["c", "d"]\n',
  },
  {
    title: 'a shell of its own',
    dockerfile: 'FROM scratch\nCOPY tell /t\nSHELL ["/t", "-c"]\nCMD it && "all" $A\nENV A=1\n',
  },
  {
    title: 'variables, and the program found by PATH',
    dockerfile:
      'FROM BASE\nARG V=1.2\nENV PATH=/opt/bin:$PATH V=v$V Q="a \\"b\\" c" E=\nENV OLD some words\nCOPY tell /opt/bin/tell\nENTRYPOINT ["tell"]\n',
  },
  {
    title: 'links, and files over those of the base',
    dockerfile: 'FROM BASE\nCOPY tell /bin/tell\nCOPY d /\nENTRYPOINT ["/go"]\n',
    files: { 'd/etc/issue': 'mine\n', 'd/go': { link: 'bin/tell' }, 'd/h/a': 'h', 'd/h/b': { hard: 'd/h/a' } },
  },
  {
    title: 'a volume with content',
    dockerfile: 'FROM BASE\nCOPY tell /t\nCOPY --chown=app:app dir /data/\nVOLUME /data\nUSER app\nENTRYPOINT ["/t"]\n',
  },
  {
    title: 'an archive, and what .dockerignore leaves',
    dockerfile: 'FROM scratch\nADD t.tar /u/\nCOPY . /w/\nENTRYPOINT ["/w/tell"]\n',
    files: {
      ...tree,
      '.dockerignore': 'Dockerfile\n*.tar\n!t.tar\ndir/sub\n',
      't.tar': { bytes: await tarOf({ name: 'f', body: 'f', uid: 5, gid: 6, mode: 0o640 }) },
    },
  },
  {
    title: 'a health check',
    dockerfile:
      'FROM scratch\nCOPY tell ready /\nHEALTHCHECK --interval=1s --timeout=30s CMD ["/tell", "check", "/ready"]\nENTRYPOINT ["/tell", "wait"]\n',
    files: { ready: '' },
    until: 'healthy',
  },
  {
    title: 'a signal to stop by',
    dockerfile: 'FROM scratch\nCOPY tell /\nSTOPSIGNAL SIGUSR1\nENTRYPOINT ["/tell", "wait"]\n',
    until: 'stopped',
  },
  {
    title: 'permissions by letters',
    dockerfile:
      'FROM BASE\nCOPY --chmod=a+rX,u+s tell /t\nCOPY --chmod=u=rwX,go= --chown=app dir /d/\nUSER app\nENTRYPOINT ["/t"]\n',
    newer: true,
  },
  {
    title: 'a layer of its own, heredocs and parents',
    dockerfile:
      'FROM BASE\nCOPY --link --chown=5:6 dir /bin/x/\nCOPY --parents dir/sub /p/\nCOPY <<a.txt /h/\n$PATH\na.txt\nCOPY tell /t\nENTRYPOINT ["/t"]\n',
    newer: true,
  },
];

/** Somebody who fetches an image from a registry and runs it. */
interface Way {
  readonly name: string;
  readonly compression: Compression;
  readonly missing: string | undefined;
  /** It has no health checks, and stops nothing by the image's signal. */
  readonly runsOnce?: true;
  /** What a container of this image says, and how it ends. */
  readonly run: (image: string, shape: Shape) => Promise<unknown>;
}

let docker: Dockerd | undefined;
let buildkit: Buildkit | undefined;
let registry: Awaited<ReturnType<typeof startOwnRegistry>> | undefined;

const started = <T>(what: T | undefined): T => {
  if (what === undefined) throw new Error('it has not been started');
  return what;
};

async function runInDocker(image: string, { args = [], until }: Shape): Promise<unknown> {
  const env = { ...started(docker).env };
  const words = ['run', '--rm', '--network=none', '--hostname=box', '--name=box', image, ...args];
  const child = spawn('docker', words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout });
  const said: string[] = [];
  const spoke = new Promise<void>((resolve) => {
    lines.on('line', (line) => resolve(void said.push(line)));
    lines.once('close', () => resolve());
  });
  let health: string | undefined;
  if (until !== undefined) {
    // Before it has spoken it may not listen to signals yet.
    await spoke;
    if (until === 'healthy') health = await nextHealth(env);
    await call('docker', ['stop', '-t', '60', 'box'], { env });
  }
  const code = await ended;
  return { code, health, tail: said.slice(1), ...(JSON.parse(said[0] ?? '') as object) };
}

/** The first judgement that Docker comes to, also when that was before this question. */
async function nextHealth(env: NodeJS.ProcessEnv): Promise<string> {
  const filters = ['--filter=container=box', '--filter=event=health_status', '--since=5m'];
  const child = spawn('docker', ['events', ...filters, '--format={{.Action}}'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    child.kill();
    await over;
    return line;
  }
  throw new Error('docker events ended');
}

async function byDocker(image: string, shape: Shape): Promise<unknown> {
  await call('docker', ['pull', '-q', image], { env: { ...started(docker).env } });
  return runInDocker(image, shape);
}

async function bySkopeo(image: string, shape: Shape): Promise<unknown> {
  const file = join(await tempDir(), 'image.tar');
  const name = `by-skopeo:${image.split(':').at(-1)}`;
  await call('skopeo', ['copy', '--src-tls-verify=false', `docker://${image}`, `docker-archive:${file}:${name}`]);
  await call('docker', ['load', '-q', '-i', file], { env: { ...started(docker).env } });
  return runInDocker(name, shape);
}

async function byBuildah(image: string, { args = [] }: Shape): Promise<unknown> {
  const dir = await tempDir();
  const conf = join(dir, 'storage.conf');
  await writeFile(conf, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
  const env = { PATH: process.env.PATH, HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF: conf };
  const run = async (...words: string[]) => (await call('buildah', words, { env })).stdout;
  const container = (await run('from', '--tls-verify=false', image)).trim();
  try {
    const { OCIv1 } = JSON.parse(await run('inspect', container)) as {
      OCIv1: { config: { Entrypoint?: string[]; Cmd?: string[] } };
    };
    const { Entrypoint = [], Cmd = [] } = OCIv1.config;
    const words = [...Entrypoint, ...(args.length > 0 ? args : Cmd)];
    const tell = () => run('run', '--isolation=chroot', container, '--', ...words);
    // Before it starts anything it seals a copy of itself, and now and then that is busy.
    const said = JSON.parse(await tell().catch(tell)) as { env: string[] };
    // Named after the container.
    return { ...said, env: said.env.filter((variable) => !variable.startsWith('HOSTNAME=')) };
  } finally {
    await run('rm', container);
  }
}

/** Docker takes layers of zstd from 23.0 on. */
function noZstdInDocker(): string | undefined {
  const version = /version (\d+)/.exec(execFileSync('dockerd', ['--version'], { encoding: 'utf8' }))?.[1];
  return Number(version) >= 23 ? undefined : `Docker ${version} knows no layers of zstd; 23 does`;
}

const noNodeZstd = nodeHasZstd ? undefined : 'this Node has no zstd; 22.15 has';
const noSkopeo = noDockerd ?? (hasProgram('skopeo') ? undefined : 'skopeo is missing (Debian: skopeo)');
const noBuildah =
  hasProgram('buildah') && process.getuid?.() === 0 ? noDockerd : 'buildah as root is missing (Debian: buildah)';
const skopeo = { name: 'skopeo and run by docker', run: bySkopeo } as const;
const buildah = { name: 'buildah', run: byBuildah, runsOnce: true } as const;

const ways: readonly Way[] = [
  { name: 'docker', compression: 'gzip', missing: noDockerd, run: byDocker },
  { name: 'docker', compression: 'zstd', missing: noDockerd ?? noNodeZstd ?? noZstdInDocker(), run: byDocker },
  // What docker can load is of Docker's own kind, which has no layers of zstd: skopeo refuses to make one of them.
  { ...skopeo, compression: 'gzip', missing: noSkopeo },
  { ...buildah, compression: 'gzip', missing: noBuildah },
  { ...buildah, compression: 'zstd', missing: noBuildah ?? noNodeZstd },
];

const made = new Map<string, Promise<string>>();

/** The image of a shape, as it lies in the registry: made once for all who run it. */
function imageOf(shape: Shape, how: 'docker' | 'buildx' | Compression): Promise<string> {
  const number = shapes.indexOf(shape);
  const key = `${how}-${number}`;
  const making = made.get(key) ?? make(shape, how, key);
  made.set(key, making);
  return making;
}

async function make(shape: Shape, how: 'docker' | 'buildx' | Compression, tag: string): Promise<string> {
  const { host } = started(registry);
  if (shape.dockerfile.includes('BASE')) await pushBase(testWorld(), host);
  const dir = await tempDir();
  const dockerfile = shape.dockerfile.replaceAll('BASE', `${host}/base:1`);
  await writeContext(dir, { ...tree, tell: { bytes: tell, mode: 0o755 }, ...shape.files, Dockerfile: dockerfile });
  const theirs = how === 'docker' || how === 'buildx';
  const env = how === 'buildx' ? started(buildkit).env : theirs ? started(docker).env : {};
  const engine = theirs
    ? { engine: how, builder: how === 'buildx' ? started(buildkit).builder : undefined }
    : { compression: how };
  await build(testWorld({ env }), planFor(host, dir, { tag, ...engine }));
  return `${host}/app:${tag}`;
}

beforeAll(async () => {
  if (noDockerd !== undefined) return;
  docker = await startDockerd();
  buildkit = noBuildkit === undefined ? await startBuildkit() : undefined;
  registry = await startOwnRegistry();
}, 1_260_000);
afterAll(async () => {
  await buildkit?.close();
  await docker?.close();
  await registry?.close();
});

describe.each(ways)('an assembled image with $compression, fetched by $name', ({
  missing: unable,
  run,
  runsOnce,
  compression,
}) => {
  for (const shape of shapes) {
    const missing = noTell ?? unable ?? (shape.newer ? noBuildkit : undefined);
    const title = `runs as the one that ${shape.newer ? 'BuildKit' : 'Docker'} built: ${shape.title}`;
    if (runsOnce && shape.until !== undefined) continue;
    it.skipIf(missing !== undefined)(
      missing === undefined ? title : `${title} (skipped: ${missing})`,
      async () => {
        const [ours, theirs] = [
          await imageOf(shape, compression),
          await imageOf(shape, shape.newer ? 'buildx' : 'docker'),
        ];
        const said = await run(ours, shape);
        expect(said).toEqual(await run(theirs, shape));
        expect(said).toMatchObject({ user: expect.any(String), files: expect.arrayContaining([expect.any(String)]) });
      },
      120_000,
    );
  }
});
