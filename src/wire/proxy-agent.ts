import type { Agent } from 'node:http';
import type { AgentOptions } from 'node:https';

/** An agent that sends requests of one scheme by this proxy: tunnels for https, whole URLs for http. */
export async function proxyAgent(
  proxy: URL,
  scheme: string,
  pool: AgentOptions,
  trusted: AgentOptions,
): Promise<Agent> {
  if (proxy.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxy, { ...pool, ...trusted });
  }
  // The CA counts at the proxy too; a client certificate and `insecure` are for the host behind it alone.
  const toProxy = trusted.ca === undefined ? pool : { ...pool, ca: trusted.ca };
  if (scheme === 'http:') {
    const { HttpProxyAgent } = await import('http-proxy-agent');
    return new HttpProxyAgent(proxy, toProxy);
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  const agent = new HttpsProxyAgent(proxy, toProxy);
  // It keeps what it is given for the proxy; what node's agents merge into each request is for the host.
  Object.assign(agent.options, trusted);
  return agent;
}
