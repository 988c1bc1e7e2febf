import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { hasProgram } from './docker-registry.ts';

const version = '1.2.21';
const cache = join(import.meta.dirname, '../../.cache/dulwich');
const packages = join(cache, version);

/** Why Dulwich can't be installed or started here, or undefined. */
export const noDulwich: string | undefined =
  existsSync(packages) || (hasProgram('python3') && hasProgram('pip')) ? undefined : 'Python or its pip is missing';

/** A server of bare repositories on Dulwich's own smart HTTP, a thread a request. */
const program = `
import os, socketserver, sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from dulwich.server import FileSystemBackend
from dulwich.web import HTTPGitApplication, LimitedInputFilter, GunzipFilter
class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
class Backend(FileSystemBackend):
    def open_repository(self, path):
        return super().open_repository(os.fsdecode(path).lstrip('/'))
app = GunzipFilter(LimitedInputFilter(HTTPGitApplication(Backend(sys.argv[1]))))
server = Server(('127.0.0.1', 0), WSGIRequestHandler)
server.set_app(app)
print(server.server_address[1], flush=True)
server.serve_forever()
`;

function install(): void {
  if (existsSync(packages)) return;
  mkdirSync(cache, { recursive: true });
  const half = mkdtempSync(join(cache, 'half-'));
  try {
    const args = ['install', '--quiet', '--root-user-action=ignore', '--target', half, `dulwich==${version}`];
    const done = spawnSync('pip', args, { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`Dulwich can't be installed:\n${done.stderr.slice(-2_000)}`);
    try {
      renameSync(half, packages);
    } catch (error) {
      if (!existsSync(packages)) throw error;
    }
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/** Serves the repositories below a folder until the test ends; answers where. */
export async function serveByDulwich(root: string): Promise<string> {
  install();
  const child = spawn('python3', ['-c', program, root], {
    env: { ...process.env, PYTHONPATH: packages },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const over = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await over;
  });
  for await (const line of createInterface({ input: child.stdout })) return `http://127.0.0.1:${line}`;
  throw new Error('Dulwich ended before it listened');
}
