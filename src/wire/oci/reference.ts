import type { Digest } from './types.ts';

/** An image's name taken apart. Without tag and digest, clients mean the tag `latest`. */
export interface Reference {
  /** Host with port as written; `docker.io` where none is. */
  readonly host: string;
  /** Docker Hub's single names have `library/` before them. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:…`, which can be verified here, or `sha512:…`. */
  readonly digest: Digest | `sha512:${string}` | undefined;
}

const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryRule = new RegExp(`^${part}(?:/${part})*$`);
const tagRule = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const hostRule = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?$`);
const digestRule = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether the distribution spec allows this as a repository's name. */
export function isRepository(text: string): boolean {
  // The spec leaves the length open; 255 is what clients and registries hold to.
  return text.length <= 255 && repositoryRule.test(text);
}

/** Whether the distribution spec allows this as a tag. */
export function isTag(text: string): boolean {
  return tagRule.test(text);
}

/** `[host[:port]/]repository[:tag][@digest]` by Docker's rules, or undefined when it isn't one. */
export function parseReference(text: string): Reference | undefined {
  // 255 for the name, 128 for the tag, 135 for the digest, and their marks.
  if (text.length > 520) return undefined;
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const named = at === -1 ? text : text.slice(0, at);
  // A colon before the last slash is a port's.
  const colon = named.indexOf(':', named.lastIndexOf('/'));
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  const { host, path } = splitHost(colon === -1 ? named : named.slice(0, colon));
  const hub = host === 'docker.io' || host === 'index.docker.io';
  const repository = hub && !path.includes('/') ? `library/${path}` : path;
  if (!hostRule.test(host) || !isRepository(repository) || `${host}/${repository}`.length > 255) return undefined;
  if (tag !== undefined && !isTag(tag)) return undefined;
  if (digest !== undefined && !digestRule.test(digest)) return undefined;
  return { host: hub ? 'docker.io' : host, repository, tag, digest: digest as Reference['digest'] };
}

/** The first part is a host when it could not be a folder of Docker Hub: a dot, a port, a capital, or `localhost`. */
function splitHost(name: string): { host: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  return /[.:A-Z]/.test(first) || first === 'localhost'
    ? { host: first, path: name.slice(slash + 1) }
    : { host: 'docker.io', path: name };
}

/** The whole name, host and Docker Hub's `library/` included. */
export function showReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.host}/${reference.repository}${tag}${digest}`;
}

/** One text for every name of the same image: whole, with `latest` where nothing says which; undefined for no name. */
export function fullName(text: string): string | undefined {
  const reference = parseReference(text);
  if (reference === undefined) return undefined;
  const { tag, digest } = reference;
  return showReference(tag === undefined && digest === undefined ? { ...reference, tag: 'latest' } : reference);
}

/** The host that answers for a registry's name: Docker Hub's API lives on another one. */
export function endpointOf(host: string): string {
  return host === 'docker.io' || host === 'index.docker.io' ? 'registry-1.docker.io' : host;
}

/**
 * Whether a host is this machine, where plain HTTP is nobody's to listen to, and where Docker too speaks it unasked. Names
 * below `localhost` are not: a resolver may ask the network for them.
 */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}
