import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A relay to `host` that ends one connection, once: after this many bytes have come from a client on it, or this many
 * after a client's text.
 */
export async function cutOnce(
  host: string,
  after: number | { readonly text: string; readonly bytes: number },
): Promise<{ host: string; cuts: () => number }> {
  const [name = '', port = ''] = host.split(':');
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const peer = connect(Number(port), name);
    let seen = 0;
    let limit = typeof after === 'number' ? after : Number.POSITIVE_INFINITY;
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
      const at = typeof after === 'number' ? -1 : chunk.indexOf(after.text);
      if (typeof after !== 'number' && at >= 0 && limit > seen + at) limit = seen + at + after.bytes;
      seen += chunk.byteLength;
      if (cuts > 0 || seen <= limit) {
        if (!peer.write(chunk)) {
          client.pause();
          peer.once('drain', () => client.resume());
        }
        return;
      }
      cuts++;
      // What lies before the place arrives; the server then sees the connection end.
      peer.end(chunk.subarray(0, chunk.byteLength - (seen - limit)));
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
