import type { Socket } from 'node:net';

/** What an agent is told of a connection that it is to make. */
interface Peer {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
}

/** By scheme, host and port. */
const begun = new Map<string, Socket>();

/**
 * Begins the connection that the first request will need, while the code that sends it is still being loaded: that takes
 * about as long as a round trip. Nothing is sent on it but what TLS begins with. One that fails says nothing: whoever needs
 * it makes its own, and is told.
 */
export function connectAhead({ protocol, hostname, port }: URL): void {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = protocol === 'https:';
  const at = Number(port || (isSecure ? 443 : 80));
  // Asked for this way, since an import would load them for whoever asks for the version alone.
  const net = process.getBuiltinModule('node:net');
  // All as node's own agents have it; no name is sent for an address.
  const options = { host, port: at, noDelay: true, keepAlive: true };
  const secure = { ...options, ALPNProtocols: ['http/1.1'], ...(net.isIP(host) === 0 && { servername: host }) };
  let socket: Socket;
  try {
    socket = isSecure ? process.getBuiltinModule('node:tls').connect(secure) : net.connect(options);
  } catch {
    // Node's own options may be such that TLS doesn't even begin.
    return;
  }
  socket.on('error', () => undefined);
  // The process may end without it.
  socket.unref();
  begun.set(keyOf(protocol, { host, port: at }), socket);
}

/** The connection that was begun for this peer, once. */
export function takeAhead(protocol: string, peer: Peer): Socket | undefined {
  const key = keyOf(protocol, peer);
  const socket = begun.get(key);
  begun.delete(key);
  return socket === undefined || socket.destroyed ? undefined : socket.ref();
}

function keyOf(protocol: string, { host, port }: Peer): string {
  return `${protocol} ${host} ${port}`;
}
