import type { Place } from '../../errors.ts';
import { isObject } from '../../wire/fields.ts';
import { readJsonText } from '../json.ts';

/** Docker's config.json, as far as it is about logging in. */
export interface DockerConfig {
  readonly auths: Readonly<Record<string, DockerEntry>>;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly credsStore: string | undefined;
}

interface DockerEntry {
  readonly auth?: string | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly identitytoken?: string | null;
}

/** What is wrong with the file, and where. Never quotes it. */
interface ConfigFault {
  readonly why: string;
  readonly place: Place;
}

/** A username and password, or `<token>` and an identity token (the credential helpers' own convention). */
export interface PlainLogin {
  readonly username: string;
  readonly password: string;
}

/** Docker Hub's key: the one registry whose key is a URL of its own (docker/docker's registry.IndexServer). */
const hubKey = 'https://index.docker.io/v1/';
const hubHosts = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];

/** The username that says that the password is an identity token (docker-credential-helpers). */
export const identityTokenUser = '<token>';

/** Reads the file's text. */
export function readDockerConfig(text: string, file: string): DockerConfig | ConfigFault {
  const bare = text.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch {
    // Line and column alone: the line's text, which V8's message quotes as well, may be a password.
    const { faults, placeOf } = readJsonText(bare, file);
    const { text: _, ...place } = placeOf(faults.find(({ is }) => is !== 'duplicate')?.at ?? 0);
    return { why: "it isn't JSON", place };
  }
  if (!isObject(value)) return { why: 'it is no JSON object', place: { file } };
  // Go's JSON, with which Docker and podman read, takes null for what isn't there.
  const auths = withoutNulls(value.auths ?? {});
  const credHelpers = withoutNulls(value.credHelpers ?? {});
  const credsStore = value.credsStore ?? undefined;
  if (!isObject(auths) || !Object.values(auths).every(isEntry)) return { why: 'auths is malformed', place: { file } };
  if (!isObject(credHelpers) || !Object.values(credHelpers).every((helper) => typeof helper === 'string')) {
    return { why: 'credHelpers is malformed', place: { file } };
  }
  if (credsStore !== undefined && typeof credsStore !== 'string') {
    return { why: 'credsStore is no text', place: { file } };
  }
  return {
    auths: auths as DockerConfig['auths'],
    credHelpers: credHelpers as DockerConfig['credHelpers'],
    credsStore: credsStore || undefined,
  };
}

/** The key under which Docker keeps a registry's login. */
export function keyOf(host: string): string {
  return hubHosts.includes(host) ? hubKey : host;
}

/** The credential helper responsible for a place (a host, with a path if there is one), without its `docker-credential-`: its own, then the common store. */
export function helperFor(config: DockerConfig, place: string): string | undefined {
  return lookUp(config.credHelpers, place) ?? config.credsStore;
}

/** The login written in the file itself. Undefined when there is none; `malformed` when it can't be read. */
export function entryFor(config: DockerConfig, place: string): PlainLogin | 'malformed' | undefined {
  const entry = lookUp(config.auths, place);
  if (entry === undefined) return undefined;
  if (entry.identitytoken) return { username: identityTokenUser, password: entry.identitytoken };
  if (entry.auth) {
    const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(entry.auth, 'base64').toString('utf8')) ?? [];
    // Docker pads old entries with NUL.
    if (username !== undefined && password !== undefined) return { username, password: password.replace(/\0+$/, '') };
    return 'malformed';
  }
  if (entry.username && entry.password) return { username: entry.username, password: entry.password };
  // `docker login` with a store leaves an empty entry as a mark.
  return undefined;
}

/**
 * By the longest key that the place (`r.example/acme/team`) begins with, as podman writes them; then by any key that
 * names the same host as a URL: older clients of Docker wrote those.
 */
function lookUp<T>(entries: Readonly<Record<string, T>>, place: string): T | undefined {
  const parts = place.split('/');
  for (let length = parts.length; length > 0; length--) {
    const key = length === 1 ? keyOf(parts[0] ?? '') : parts.slice(0, length).join('/');
    if (Object.hasOwn(entries, key)) return entries[key];
  }
  const key = keyOf(parts[0] ?? '');
  const hostOf = (other: string) =>
    /^https?:\/\//.test(other) ? other.replace(/^https?:\/\/([^/]*).*$/, '$1') : other;
  const same = Object.keys(entries).find((other) => keyOf(hostOf(other)) === key);
  return same === undefined ? undefined : entries[same];
}

function isEntry(value: unknown): boolean {
  if (!isObject(value)) return false;
  return ['auth', 'username', 'password', 'identitytoken'].every(
    (name) => (value[name] ?? undefined) === undefined || typeof value[name] === 'string',
  );
}

function withoutNulls(value: unknown): unknown {
  return isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null)) : value;
}
