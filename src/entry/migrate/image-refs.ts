import type { RunText } from './value.ts';

/** A reference in its parts; the tag may be missing. */
export interface RefParts {
  readonly host: RunText;
  readonly path: RunText;
  readonly tag: RunText | undefined;
}

const sealedOr = (others: string): string => `(?:\\uE000[^\\uE001]*\\uE001|[^${others}\\uE000])*`;
const whole = new RegExp(`^(${sealedOr('')}?)(?::(${sealedOr('/:')}))?$`);
const firstPart = new RegExp(`^(${sealedOr('/')})/([\\s\\S]+)$`);

/** Takes a reference apart as Docker does: the first part is a host if it looks like one. */
export function splitReference(ref: RunText): RefParts {
  const [, name = '', tag] = whole.exec(ref.trim()) ?? [];
  const [, first = '', rest] = firstPart.exec(name) ?? [];
  // A variable that stands alone before the slash is a host, unless its name says whose account of Docker Hub it is.
  const isAccount = /\uE000variable\t\w*(?:USER|OWNER|NAMESPACE|ORG)/.test(first);
  const isHost = rest !== undefined && (/[.:]|^localhost$/.test(first) || (first.includes('\uE000') && !isAccount));
  return isHost ? { host: first, path: rest, tag } : { host: 'docker.io', path: name, tag };
}

/** A registry's host with the folders that all repositories share, and the repositories below it. */
export function commonPrefix(references: readonly RefParts[]): {
  readonly registry: RunText;
  readonly below: (path: RunText) => RunText;
} {
  const host = references[0]?.host ?? '';
  const folders = references.map(({ path }) => path.split('/').slice(0, -1));
  const shared: string[] = [];
  for (const [at, part] of (folders[0] ?? []).entries()) {
    if (!folders.every((parts) => parts[at] === part)) break;
    shared.push(part);
  }
  const prefix = shared.join('/');
  return {
    registry: prefix === '' ? host : `${host}/${prefix}`,
    below: (path) => (prefix === '' ? path : path.slice(prefix.length + 1)),
  };
}

/** A text as the name of an image. */
export function imageNameFrom(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return name.replace(/^-|-$/g, '') || 'app';
}

/** The name, or where that is taken the first of name-2, name-3, … that isn't. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const one = n === 1 ? name : `${name}-${n}`;
    if (!taken.includes(one)) return one;
  }
}
