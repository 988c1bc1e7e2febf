/** What a failing command ends with. The numbers are part of the public contract. */
export const exitCodes = {
  done: 0,
  bug: 1,
  config: 2,
  credentials: 3,
  build: 4,
  registry: 5,
  configRepo: 6,
  unhealthy: 7,
  timedOut: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The wording of one error: what happened, and what to do about it. `D` is the data both need. */
export interface Entry<D> {
  readonly exit: ExitCode;
  readonly message: (data: D) => string;
  readonly hint: (data: D) => string;
}

/** Types one catalogue entry by its data, so that throwing it without that data doesn't compile. */
export function entry<D>(exit: ExitCode, message: (data: D) => string, hint: string | ((data: D) => string)): Entry<D> {
  return { exit, message, hint: typeof hint === 'string' ? () => hint : hint };
}

/** A proxy on the way to somebody wants to know who asks (407). */
export function proxyEntry<D>(exit: ExitCode, to: (data: D) => string): Entry<D> {
  return entry<D>(
    exit,
    (data) => `The proxy on the way to ${to(data)} wants credentials.`,
    'Put its user and password into the proxy variable (HTTPS_PROXY=http://user:password@proxy:3128), or the host into NO_PROXY.',
  );
}
