import { globMatcher, hasWildcard } from '../context/glob.ts';
import { Misread } from '../dockerfile/invalid.ts';
import { byName } from '../tree/rootfs.ts';
import { Blocked, type Dir, follow, lookup, type Parts, partsOf, pathOf } from '../tree/tree.ts';

/** The paths that one source of COPY stands for; `wild` when it has wildcards, and then they may be none. */
export interface FoundSources {
  readonly wild: boolean;
  readonly paths: readonly Parts[];
}

/**
 * Resolves a source in a tree: without wildcards it is its own path, there or not. With them, every path that matches
 * piece by piece, in the order of a walk; a folder that matches isn't searched for more. Links on the way to the first
 * wildcard are followed, others aren't. Throws Misread for a pattern that is none.
 */
export async function findSources(root: Dir, source: string): Promise<FoundSources> {
  const parts = partsOf(source);
  const first = parts.findIndex(hasWildcard);
  if (first < 0) return { wild: false, paths: [parts] };
  const matchers = parts.slice(first).map((part) => {
    const matcher = globMatcher(part);
    if (matcher === undefined) throw new Misread(`${source} has brackets or a backslash without an end`);
    return matcher;
  });
  const above = { wild: false, paths: [parts.slice(0, first)] };
  const base = await follow(root, parts.slice(0, first)).catch((error) => {
    if (error instanceof Blocked) return undefined;
    throw error;
  });
  const start = base === undefined ? undefined : await lookup(root, base);
  // A folder that isn't there is a missing source even before a wildcard: let the caller find that out.
  if (base === undefined || start === undefined) return above;
  const paths: Parts[] = [];
  const walk = async (dir: Dir, path: Parts, depth: number): Promise<void> => {
    const children = await dir.children();
    for (const name of [...children.keys()].sort(byName)) {
      if (matchers[depth]?.(name) !== true) continue;
      const child = children.get(name);
      if (depth === matchers.length - 1) paths.push([...path, name]);
      else if (child?.is === 'dir') await walk(child, [...path, name], depth + 1);
    }
  };
  if (start.is === 'dir') await walk(start, base, 0);
  return { wild: true, paths };
}

/** A source as an absolute path of its tree. `outside` when it tried to go above the root. */
export function sourcePath(source: string): { path: string; outside: boolean } {
  let depth = 0;
  let outside = false;
  for (const part of source.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) {
      outside = true;
      depth = 0;
    }
  }
  const path = pathOf(partsOf(source));
  return { path: source.endsWith('/') && path !== '/' ? `${path}/` : path, outside };
}
