import { connect, createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { median } from './statistics.ts';

export interface DelayProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A TCP proxy that holds every chunk half a round trip each way and lets any number be on their way at once, so that
 * it adds latency and takes no throughput. Loopback has no handshake worth the name: nothing passes in a connection's
 * first round trip, which is what TCP's own handshake costs.
 */
export async function delayProxy(targetPort: number, roundTripMs: number): Promise<DelayProxy> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const peer = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const socket of [client, peer]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      // Either side going away ends the pair; what the program under test makes of that is its own business.
      socket.on('error', () => {
        client.destroy();
        peer.destroy();
      });
    }
    hold(client, peer, roundTripMs / 2, roundTripMs);
    hold(peer, client, roundTripMs / 2, 0);
  });
  await listen(server);
  return {
    port: portOf(server),
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Passes chunks on in order, each `ms` after it came; nothing before `ms + handshakeMs` after the connection opened. */
function hold(from: Socket, to: Socket, ms: number, handshakeMs: number): void {
  const openFrom = performance.now() + handshakeMs + ms;
  const queue: { readonly due: number; readonly chunk: Buffer | undefined }[] = [];
  const arm = () => {
    const [head] = queue;
    if (head !== undefined) setTimeout(flush, Math.max(0, head.due - performance.now()));
  };
  const flush = () => {
    for (let head = queue[0]; head !== undefined && head.due <= performance.now() + 0.5; head = queue[0]) {
      queue.shift();
      if (head.chunk === undefined) to.end();
      else if (!to.destroyed) to.write(head.chunk);
    }
    arm();
  };
  const push = (chunk: Buffer | undefined) => {
    queue.push({ due: Math.max(openFrom, performance.now() + ms), chunk });
    if (queue.length === 1) arm();
  };
  from.on('data', push);
  from.on('end', () => push(undefined));
}

/** What a bare client sees through a proxy with this delay. */
export interface Probe {
  /** A byte sent and echoed on an open connection, milliseconds. */
  readonly echoMs: number;
  /** Opening a connection and the first echo on it: two round trips. */
  readonly firstEchoMs: number;
}

/** Measures the proxy itself with a bare connect and an echo server behind it. */
export async function probeDelay(roundTripMs: number): Promise<Probe> {
  const echo = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  await listen(echo);
  const proxy = await delayProxy(portOf(echo), roundTripMs);
  const firsts: number[] = [];
  const echoes: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    await exchangeByte(socket);
    firsts.push(performance.now() - start);
    for (let again = 0; again < 4; again += 1) {
      const sent = performance.now();
      await exchangeByte(socket);
      echoes.push(performance.now() - sent);
    }
    socket.destroy();
  }
  await proxy.close();
  await new Promise((done) => echo.close(done));
  return { echoMs: median(echoes), firstEchoMs: median(firsts) };
}

async function exchangeByte(socket: Socket): Promise<void> {
  const answer = once(socket, 'data');
  socket.write('.');
  await answer;
}

function once(socket: Socket, event: 'connect' | 'data'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
  });
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
