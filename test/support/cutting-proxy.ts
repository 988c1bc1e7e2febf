import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A relay to `host` that ends one connection, once, after this many bytes have come from a client on it. */
export async function cutOnce(host: string, afterBytes: number): Promise<{ host: string; cuts: () => number }> {
  const [name = '', port = ''] = host.split(':');
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const peer = connect(Number(port), name);
    let seen = 0;
    for (const [from, to] of [
      [client, peer],
      [peer, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.end());
    }
    peer.pipe(client);
    client.on('data', (chunk: Buffer) => {
      seen += chunk.byteLength;
      if (cuts > 0 || seen <= afterBytes) {
        if (!peer.write(chunk)) {
          client.pause();
          peer.once('drain', () => client.resume());
        }
        return;
      }
      cuts++;
      // What lies before the place arrives; the server then sees the connection end.
      peer.end(chunk.subarray(0, chunk.byteLength - (seen - afterBytes)));
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, cuts: () => cuts };
}
