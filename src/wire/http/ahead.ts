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

/**
 * Where `tagboat commit --repo` connects first, by its arguments; undefined where they don't plainly say, where a proxy or
 * certificates of one's own decide about it, and where they will be refused or ask for help: the process would end at once,
 * save that node waits for the lookup of a name.
 */
export function firstPeer(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): URL | undefined {
  const repo = valueOf(argv, '--repo');
  const isCommit = argv.includes('commit') && valueOf(argv, '--set') !== undefined;
  if (!isCommit || repo === undefined || argv.some((argument) => /^(--|--help|-h)$/.test(argument))) return undefined;
  const decides = /^(https?_proxy|all_proxy|tagboat_ca_file|ssl_cert_file)$/i;
  if (Object.entries(env).some(([name, value]) => decides.test(name) && value)) return undefined;
  const server = env.GITHUB_SERVER_URL || 'https://github.com';
  const named = /^[\w.-]+\/[\w.-]+$/.test(repo) ? server : repo;
  const via = valueOf(argv, '--via') ?? 'git';
  const api = env.GITHUB_API_URL || 'https://api.github.com';
  // With `auto` it depends on what the token may do.
  const peer = via === 'git' ? named : via === 'github' ? api : undefined;
  const url = peer !== undefined && URL.canParse(peer) ? new URL(peer) : undefined;
  if (url === undefined || url.username || url.password || url.search || url.hash) return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

function valueOf(argv: readonly string[], option: string): string | undefined {
  // The last one counts.
  const at = argv.findLastIndex((argument) => argument === option || argument.startsWith(`${option}=`));
  const found = argv[at];
  return found === option ? argv[at + 1] : found?.slice(option.length + 1);
}

function keyOf(protocol: string, { host, port }: Peer): string {
  return `${protocol} ${host} ${port}`;
}
