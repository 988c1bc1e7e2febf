import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cache, installOnce, withoutGo } from './installed.ts';

/** A real Gitea on loopback, without its web pages' scripts. */
export interface Gitea {
  readonly url: string;
  /** An administrator's token. */
  readonly token: string;
  /** A request of its API by that token; `path` is below `/api/v1`. Rejects unless it succeeds. */
  api(method: string, path: string, body?: unknown, token?: string): Promise<unknown>;
  /** A new user, with a token of its own for everything. */
  user(name: string): Promise<string>;
  close(): Promise<void>;
}

const version = 'v1.26.0';
const module = `code.gitea.io/gitea@${version}`;
const folder = join(cache, 'gitea', version);
const program = join(folder, 'gitea');

/** Why Gitea can't be built or started here, or undefined. */
export const noGitea: string | undefined = existsSync(program) ? undefined : withoutGo('Gitea is', [1, 26]);

/** The module as the proxy has it, checked by Go's sums; its templates and texts are read from there. */
function moduleFolder(): string {
  const told = execFileSync('go', ['mod', 'download', '-json', module], { cwd: tmpdir(), encoding: 'utf8' });
  return (JSON.parse(told) as { Dir: string }).Dir;
}

/** Builds it unless it is there. Takes minutes, once. Throws when the modules can't be fetched. */
function build(): void {
  installOnce(folder, (half) => {
    const cwd = moduleFolder();
    const flags = ['-trimpath', '-ldflags=-s -w', '-tags', 'sqlite sqlite_unlock_notify'];
    const built = spawnSync('go', ['build', ...flags, '-o', join(half, 'gitea'), '.'], {
      cwd,
      env: { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false' },
      encoding: 'utf8',
      timeout: 25 * 60_000,
    });
    if (built.status !== 0) throw new Error(`Gitea can't be built:\n${built.stderr.slice(-2_000)}`);
    // What it reads at run time, beside it: a module cache may be cleaned.
    for (const name of ['templates', 'options', 'public']) execFileSync('cp', ['-r', join(cwd, name), half]);
    execFileSync('chmod', ['-R', 'u+w', half]);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts it with an administrator, `ada`. Resolves once it answers; rejects with its last words when it ends before. */
export async function startGitea(): Promise<Gitea> {
  build();
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-gitea-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(dir, 'app.ini');
  const settings = {
    '': { RUN_MODE: 'prod', RUN_USER: execFileSync('id', ['-un'], { encoding: 'utf8' }).trim(), WORK_PATH: dir },
    server: {
      HTTP_ADDR: '127.0.0.1',
      HTTP_PORT: port,
      ROOT_URL: `${url}/`,
      DISABLE_SSH: true,
      OFFLINE_MODE: true,
      STATIC_ROOT_PATH: folder,
    },
    database: { DB_TYPE: 'sqlite3', PATH: join(dir, 'gitea.db') },
    repository: { ROOT: join(dir, 'repos') },
    security: {
      INSTALL_LOCK: true,
      SECRET_KEY: 'of no value',
      INTERNAL_TOKEN: 'of no value either, on loopback for one test',
    },
    log: { MODE: 'console', LEVEL: 'warn' },
    'git.config': { 'gc.auto': 0 },
  };
  const ini = Object.entries(settings).map(([section, keys]) => {
    const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}`);
    return [...(section === '' ? [] : [`[${section}]`]), ...lines].join('\n');
  });
  writeFileSync(config, `${ini.join('\n\n')}\n`);
  const env = {
    ...{ PATH: process.env.PATH, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', USER: process.env.USER ?? 'root' },
    ...{ GITEA_WORK_DIR: dir, GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' },
  };
  const run = (...args: string[]): string =>
    execFileSync(program, ['--config', config, '--work-path', dir, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
  let child: ChildProcess | undefined;
  const close = async (): Promise<void> => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const over = new Promise((resolve) => child?.once('close', resolve));
      child.kill('SIGTERM');
      await over;
    }
    rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    run('migrate');
    run(
      ...'admin user create --admin --username ada --password of-no-value-1 --email ada@example.com'.split(' '),
      '--must-change-password=false',
    );
    const token =
      run(...'admin user generate-access-token --username ada --token-name test --scopes all --raw'.split(' '))
        .trim()
        .split(/\s/)
        .at(-1) ?? '';
    child = spawn(program, ['--config', config, '--work-path', dir, 'web'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    await answering(child, url);
    const api: Gitea['api'] = async (method, path, body, by = token) => {
      const headers = { authorization: `Bearer ${by}`, 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...sent });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    };
    const user = async (username: string): Promise<string> => {
      const email = `${username}@example.com`;
      await api('POST', '/admin/users', { username, email, password: 'of-no-value-1', must_change_password: false });
      const told = run(
        ...`admin user generate-access-token --username ${username} --token-name test --scopes all --raw`.split(' '),
      );
      return told.trim().split(/\s/).at(-1) ?? '';
    };
    return { url, token, api, user, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
  }
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Gitea ended with ${child.exitCode}\n${said}`);
    const answer = await fetch(`${url}/api/v1/version`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
