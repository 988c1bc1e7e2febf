import { isLoopback } from '../wire/oci/reference.ts';

/** Whether a header to this URL travels unencrypted over a network: http, but for this machine's own addresses. */
export function isInTheClear({ protocol, host }: URL): boolean {
  return protocol === 'http:' && !isLoopback(host);
}
