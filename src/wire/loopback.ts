/** Whether a header to this URL travels unencrypted over a network: http, but for this machine's own addresses. */
export function isInTheClear({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !isLoopback(hostname);
}

/** Names alone that no resolver can lead elsewhere count, and addresses in full: `127.0.0.1.evil.example` is none. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
