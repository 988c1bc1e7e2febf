import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from './docker-registry.ts';
import { cache, installOnce, installStep } from './installed.ts';
import { serveUntilEnd } from './servers.ts';

const version = '1.2.21';
const packages = join(cache, 'dulwich', version);

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

/** Serves the repositories below a folder until the test ends; answers where. */
export function serveByDulwich(root: string): Promise<string> {
  installOnce(packages, (half) =>
    installStep('pip', 'install', '--quiet', '--root-user-action=ignore', '--target', half, `dulwich==${version}`),
  );
  return serveUntilEnd('python3', ['-c', program, root], { PYTHONPATH: packages });
}
