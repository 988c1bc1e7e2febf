import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Env } from '../../src/wire/world.ts';
import { hasProgram } from './docker-registry.ts';
import { cache, installOnce, withoutGo } from './installed.ts';

/** A BuildKit daemon of the test's own, and a docker client with buildx that has it as its builder. */
export interface Buildkit {
  /** The environment in which `docker buildx` works. */
  readonly env: Env;
  /** The builder's name. */
  readonly builder: string;
  /** Where the daemon listens. */
  readonly address: string;
  /** Its port on loopback, where it speaks TLS; else none. */
  readonly port: string | undefined;
  close(): Promise<void>;
}

const client = '/usr/bin/docker';
const pinned = join(import.meta.dirname, 'buildkit');

/** What the linker is told: the version too, which a released buildx says. */
const linking = `-s -w -X github.com/docker/buildx/version.Version=${/buildx (v\S+)/.exec(pin('go.mod'))?.[1]}`;

/** Why BuildKit can't be built or started here, or undefined. */
export const noBuildkit: string | undefined = why();

function why(): string | undefined {
  if (process.getuid?.() !== 0) return 'buildkitd needs root';
  if (!hasProgram(client)) return 'docker is missing (Debian: docker.io)';
  if (!hasProgram('runc')) return 'runc is missing (Debian: runc)';
  if (existsSync(programs())) return undefined;
  const [, major, minor] = /^go (\d+)\.(\d+)/m.exec(pin('go.mod')) ?? [];
  return withoutGo('buildx and buildkitd are', [Number(major), Number(minor)]);
}

function pin(name: string): string {
  return readFileSync(join(pinned, name), 'utf8');
}

/** Where the programs lie: by what is pinned, so that other versions are built anew. */
function programs(): string {
  const pins = [pin('go.mod'), pin('go.sum'), linking];
  return join(cache, 'buildkit', createHash('sha256').update(pins.join('')).digest('hex').slice(0, 16));
}

/** Whether the programs are there, so that a start takes seconds. */
export function buildkitIsBuilt(): boolean {
  return existsSync(programs());
}

/** buildx, once it is built. */
export function buildxProgram(): string {
  return join(programs(), 'buildx');
}

/** Builds the pinned programs unless they are there. Takes minutes, once. Throws when the modules can't be fetched. */
function buildPrograms(): string {
  const dir = programs();
  installOnce(dir, (half) => {
    const mains = ['github.com/docker/buildx/cmd/buildx', 'github.com/moby/buildkit/cmd/buildkitd'];
    const built = spawnSync('go', ['build', '-trimpath', `-ldflags=${linking}`, '-o', `${half}/`, ...mains], {
      cwd: pinned,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
      encoding: 'utf8',
      timeout: 20 * 60_000,
    });
    if (built.status !== 0) throw new Error(`buildx and buildkitd can't be built:\n${built.stderr.slice(-2_000)}`);
  });
  return dir;
}

/** With these files a daemon listens on loopback too, for whoever has a certificate of the CA. */
export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

function secured({ ca, cert, key }: Tls): string[] {
  return ['--addr', 'tcp://127.0.0.1:0', '--tlscacert', ca, '--tlscert', cert, '--tlskey', key];
}

/** Starts buildkitd and makes it a buildx builder. Rejects with the daemon's last words when it ends before. */
export async function startBuildkit(tls?: Tls): Promise<Buildkit> {
  const built = buildPrograms();
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-buildkit-'));
  const address = `unix://${dir}/buildkitd.sock`;
  const daemon = spawn(
    join(built, 'buildkitd'),
    [
      '--addr',
      address,
      ...(tls === undefined ? [] : secured(tls)),
      '--root',
      join(dir, 'root'),
      '--oci-worker-net=host',
      '--containerd-worker=false',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
  );
  const config = join(dir, 'docker');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  symlinkSync(join(built, 'buildx'), join(config, 'cli-plugins', 'docker-buildx'));
  mkdirSync(join(dir, 'bin'));
  symlinkSync(client, join(dir, 'bin', 'docker'));
  const env = { PATH: `${join(dir, 'bin')}:${process.env.PATH}`, HOME: dir, DOCKER_CONFIG: config };
  const builder = 'tagboat-test';
  let port: string | undefined;
  try {
    port = await listening(daemon, tls !== undefined);
    execFileSync(client, ['buildx', 'create', '--driver', 'remote', '--name', builder, address], {
      env,
      stdio: 'pipe',
    });
  } catch (error) {
    await end(daemon, dir);
    throw error;
  }
  return { env, builder, address, port, close: () => end(daemon, dir) };
}

/** Answers the port on loopback where one is wanted. */
function listening(daemon: ChildProcess, wantsPort: boolean): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let said = '';
    daemon.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
      const port = /running server on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (/running server on \S*\.sock/.test(said) && (port !== undefined || !wantsPort)) resolve(port);
    });
    daemon.once('error', reject);
    daemon.once('exit', (code) => reject(new Error(`buildkitd ended with ${code}\n${said}`)));
  });
}

async function end(daemon: ChildProcess, dir: string): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const over = new Promise((resolve) => daemon.once('close', resolve));
    daemon.kill('SIGTERM');
    await over;
  }
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
