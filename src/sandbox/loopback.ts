import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Has a server listen on loopback, on a free port unless one is named: `127.0.0.1:PORT`, and how to end it. */
export async function listenOnLoopback(
  server: Server,
  port = 0,
): Promise<{ readonly host: string; close(): Promise<void> }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
