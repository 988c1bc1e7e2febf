import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { type EntryKind, entryKind, parseTree } from '../../wire/git/pack/object.ts';
import type { PathEnd } from '../../wire/git/snapshot.ts';
import { kustomizationNames, kustomizationPaths } from '../../wire/text/kustomization.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';

/** Why manifests aren't made, as a sentence. */
export class NotRendered extends Error {}

/** One commit of a config repo, read as far as it is asked for. Throws WireFailure. */
export interface RepoTree {
  /** What is in a folder, by name; undefined where there is no such folder. */
  list(folder: string): Promise<ReadonlyMap<string, EntryKind> | undefined>;
  read(file: string): Promise<Uint8Array | undefined>;
  /**
   * Writes folders and files, and what their kustomizations take in where those are used, into `to`. Answers what it left
   * out, and whether there are Secrets. Throws NotRendered.
   */
  copy(paths: readonly string[], to: string, kustomizes: boolean): Promise<Copied>;
}

interface Copied {
  readonly left: readonly string[];
  readonly secret: boolean;
}

const mostFiles = 2_000;
const mostFolders = 500;
const mostBytes = 32 * 1024 * 1024;
/** Files that are asked for at once. */
const batch = 200;
/** Asking for what isn't there answers what is. */
const probe = '.tagboat-lists-this';

export function openRepoTree(repo: ConfigRepo, tip: string): RepoTree {
  const asked = new Set<string>();
  let known: Awaited<ReturnType<ConfigRepo['readPaths']>> | undefined;
  // All that was asked for before is named again: what a reader isn't asked for, it forgets.
  const readAll = async (paths: readonly string[]) => {
    if (known !== undefined && paths.every((path) => asked.has(path))) return known;
    for (const path of paths) asked.add(path);
    known = await repo.readPaths(tip, [...asked]);
    return known;
  };
  const lists = async (folders: readonly string[]): Promise<(ReadonlyMap<string, EntryKind> | undefined)[]> => {
    const { folders: found, format } = await readAll(folders.map((folder) => posix.join(folder, probe)));
    return folders.map((folder) => {
      const tree = found.get(folder);
      if (tree === undefined) return undefined;
      const entries = parseTree(tree.content, format).map(
        ({ name, mode }) => [name.toString('utf8'), entryKind(mode)] as const,
      );
      return new Map(entries.filter(([name]) => isName(name)));
    });
  };
  const ends = async (paths: readonly string[]): Promise<ReadonlyMap<string, PathEnd>> => (await readAll(paths)).files;

  /** All files below these paths. */
  const filesBelow = async (paths: readonly string[], left: Set<string>): Promise<string[]> => {
    const files: string[] = [];
    // The root is no path that could be asked for.
    let level: string[] = paths.filter((path) => path === '');
    const named = paths.filter((path) => path !== '');
    const found = await ends(named);
    for (const path of named) {
      const is = found.get(path)?.is;
      if (is === 'file') files.push(path);
      if (is === 'folder') level.push(path);
      if (is === 'symlink' || is === 'submodule') left.add(`${path} is a ${is}`);
    }
    for (let folders = 0; level.length > 0; ) {
      folders += level.length;
      if (folders > mostFolders) throw new NotRendered(`more than ${mostFolders} folders would have to be read`);
      const next: string[] = [];
      const listed = await lists(level);
      for (const [at, folder] of level.entries()) {
        for (const [name, kind] of listed[at] ?? []) {
          const path = posix.join(folder, name);
          if (kind === 'file') files.push(path);
          else if (kind === 'folder') next.push(path);
          else left.add(`${path} is a ${kind}`);
        }
      }
      if (files.length > mostFiles) throw new NotRendered(`more than ${mostFiles} files would have to be read`);
      level = next;
    }
    return files;
  };

  const copy: RepoTree['copy'] = async (paths, to, kustomizes) => {
    let secret = false;
    const left = new Set<string>();
    const done = new Set<string>();
    const seen = new Set<string>();
    let bytes = 0;
    let level = [...new Set(paths)];
    while (level.length > 0) {
      for (const path of level) seen.add(path);
      const files = (await filesBelow(level, left)).filter((file) => !done.has(file));
      if (done.size + files.length > mostFiles)
        throw new NotRendered(`more than ${mostFiles} files would have to be read`);
      const taken: string[] = [];
      for (let from = 0; from < files.length; from += batch) {
        const some = files.slice(from, from + batch);
        const found = await ends(some);
        for (const file of some) {
          const end = found.get(file);
          if (end?.is !== 'file') {
            left.add(end?.is === 'tooLarge' ? `${file} is too large to be read` : `${file} can't be read`);
            continue;
          }
          done.add(file);
          const { content } = end.blob;
          bytes += content.byteLength;
          if (bytes > mostBytes)
            throw new NotRendered(`more than ${mostBytes / 1024 / 1024} MiB would have to be read`);
          const path = join(to, file);
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, content);
          if (!kustomizes) continue;
          const text = content.toString('utf8');
          secret ||= /secretGenerator|stringData|kind["']?\s*:\s*["']?Secret/i.test(text);
          if (!kustomizationNames.includes(posix.basename(file))) continue;
          const { inside, elsewhere, outside } = kustomizationPaths(text, posix.dirname(file));
          if (outside === undefined) throw new NotRendered(`${file} is no YAML document that can be read`);
          if (outside[0] !== undefined)
            throw new NotRendered(`${file} takes in ${outside[0]}, which isn't in the config repo`);
          if (elsewhere[0] !== undefined)
            throw new NotRendered(`${file} takes in ${elsewhere[0]}, and nothing is fetched from elsewhere to render`);
          taken.push(...inside);
        }
      }
      level = [...new Set(taken)].filter((path) => !seen.has(path) && !done.has(path));
    }
    return { left: [...left], secret };
  };

  return {
    list: async (folder) => (await lists([folder]))[0],
    read: async (file) => {
      const end = (await ends([file])).get(file);
      return end?.is === 'file' ? end.blob.content : undefined;
    },
    copy,
  };
}

/** Git promises nothing of names: one that leads elsewhere, or that isn't the text that it is written by, is left out. */
function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0\ufffd]/.test(name) && !/^\.git$/i.test(name);
}
