import { BlockList, isIP } from 'node:net';

/**
 * The proxy for a URL by the usual variables, or undefined. Lower case wins; `NO_PROXY` lists hosts with everything
 * below them, `host:port`, addresses, CIDR ranges, or `*` (curl's rules). Loopback is never proxied (Go's rule), nor
 * what this machine alone can reach.
 */
export function proxyOf(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const secure = url.protocol === 'https:';
  const named = secure
    ? (env.https_proxy ?? env.HTTPS_PROXY)
    : // HTTP_PROXY in capitals is a request header to CGI programs (httpoxy); curl reads the lower-case one alone.
      env.http_proxy;
  const proxy = named || env.all_proxy || env.ALL_PROXY;
  if (proxy === undefined || proxy === '') return undefined;
  const host = bare(url.hostname.toLowerCase());
  if (isLinkLocal(host)) return undefined;
  const port = url.port || (secure ? '443' : '80');
  const rules = (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/).filter((rule) => rule !== '');
  if (rules.some((rule) => spares(rule.toLowerCase(), host, port))) return undefined;
  // curl takes `proxy.example:3128` for an HTTP proxy.
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Loopback, and the addresses at which a cloud answers its own machines and containers. */
export function isLinkLocal(hostname: string): boolean {
  const host = bare(hostname.toLowerCase());
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1' || host === 'fd00:ec2::23') return true;
  return isIP(host) === 4 ? /^(?:127|169\.254)\./.test(host) : false;
}

function spares(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  const [range = '', bits] = rule.split('/');
  if (bits !== undefined) return inRange(host, range, Number(bits));
  if (isIP(rule) !== 0) return rule === host;
  const [, name = '', only] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  if (only !== undefined && only !== port) return false;
  const domain = bare(name).replace(/^\*?\./, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function inRange(host: string, range: string, bits: number): boolean {
  const family = isIP(range);
  if (family === 0 || isIP(host) !== family || !(bits >= 0 && bits <= (family === 4 ? 32 : 128))) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(range, bits, type);
  return list.check(host, type);
}

/** An IPv6 address without the brackets that URLs put around it. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
