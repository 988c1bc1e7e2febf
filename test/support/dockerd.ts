import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Env } from '../../src/wire/world.ts';
import { hasProgram } from './docker-registry.ts';

/** A Docker daemon of the test's own: its socket, its storage, no network rules. */
export interface Dockerd {
  /** The environment in which `docker` talks to it. */
  readonly env: Env;
  close(): Promise<void>;
}

/** Debian's client, which has BuildKit built in; a newer one earlier in the PATH may ask for buildx. */
const client = '/usr/bin/docker';

/** Why a daemon can't be started here, or undefined. Only root can, and only where its kernel lets it. */
export const noDockerd: string | undefined =
  !hasProgram('dockerd') || !hasProgram(client)
    ? 'dockerd is missing (Debian: docker.io)'
    : process.getuid?.() === 0
      ? undefined
      : 'dockerd needs root';

/** Starts a daemon and waits until it answers. Rejects with its last words when it ends before. */
export async function startDockerd(): Promise<Dockerd> {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-dockerd-'));
  const host = `unix://${dir}/dockerd.sock`;
  const folders = ['--data-root', `${dir}/root`, '--exec-root', `${dir}/exec`, '-p', `${dir}/pid`];
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const daemon = spawn('dockerd', ['-H', host, ...folders, ...network], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  let said = '';
  daemon.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  symlinkSync(client, join(dir, 'docker'));
  const env = { PATH: `${dir}:${process.env.PATH}`, HOME: dir, DOCKER_HOST: host };
  try {
    await answering(daemon, env);
  } catch (error) {
    await end(daemon, dir);
    throw new Error(`${(error as Error).message}\n${said}`);
  }
  return { env, close: () => end(daemon, dir) };
}

async function answering(daemon: ChildProcess, env: Env): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}`);
    try {
      execFileSync(client, ['version'], { env: { ...env }, stdio: 'ignore' });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error('dockerd does not answer');
}

async function end(daemon: ChildProcess, dir: string): Promise<void> {
  if (daemon.exitCode === null) {
    const over = new Promise((resolve) => daemon.once('close', resolve));
    daemon.kill('SIGTERM');
    await over;
  }
  // A container in the machine's own network leaves its mount behind.
  spawnSync('umount', [join(dir, 'exec', 'netns', 'default')], { stdio: 'ignore' });
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
