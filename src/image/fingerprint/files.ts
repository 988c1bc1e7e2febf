import { findSource } from '../assemble/copy.ts';
import { findSources, sourcePath } from '../assemble/sources.ts';
import { type FolderMatch, type Ignore, readExcludes } from '../context/dockerignore.ts';
import type { ReadDigest } from '../context/read.ts';
import { type Chmod, readChmod } from '../tree/chmod.ts';
import { byName } from '../tree/rootfs.ts';
import { type Dir, type Node, type Parts, partsOf, pathOf } from '../tree/tree.ts';
import { sha256 } from './inputs.ts';
import { Undecided } from './undecided.ts';

/** What an instruction takes of the context. */
export interface Taking {
  /** The source, its variables replaced. */
  readonly source: string;
  /** What `--chmod` makes of permissions: what comes out is what counts. Undefined: nothing, or nobody knows yet. */
  readonly chmod?: string | undefined;
  readonly exclude?: readonly string[];
  readonly parents?: boolean;
  /** A folder itself is seen, with its permissions, as a mount is; a copy takes what is in it alone. */
  readonly itself?: boolean;
  /** The folder of a named context that it is taken of, instead of the context itself. */
  readonly folder?: string | undefined;
}

/** A path of the context and what it holds, in short; a path with a slash at its end stands for all below it. */
export interface FileInput {
  readonly path: string;
  readonly value: string;
}

/** Files as one digest, and by their names as far as they aren't too many. */
export interface TakenFiles {
  readonly digest: string;
  readonly files: readonly FileInput[];
}

// Where more lies below a folder, its direct children stand for what is in them.
const mostNames = 1_000;

/** Reads what a source stands for and digests it, by the rules of copying it. Throws CONTEXT_UNREADABLE, Misread. */
export async function takeFiles(root: Dir, taking: Taking, read: ReadDigest): Promise<TakenFiles> {
  const { source, chmod = '', exclude = [], parents = false, itself = false } = taking;
  const pivot = parents ? source.indexOf('/./') : -1;
  const from = parents ? pathOf(pivot < 0 ? [] : partsOf(source.slice(0, pivot))) : sourcePath(source).path;
  const pattern = parents ? partsOf(pivot < 0 ? source : source.slice(pivot + 3)).join('/') : '';
  const digester = createDigester(
    readChmod(chmod),
    pattern === '' ? undefined : readExcludes([pattern]),
    exclude.length === 0 ? undefined : readExcludes(exclude),
    read,
  );
  const found = await findSources(root, from);
  const records: string[] = [];
  const files: FileInput[] = [];
  for (const parts of found.paths) {
    const node = await findSource({ root, path: parts });
    const taken = node === undefined ? undefined : await digester(node, parts);
    // The context's own folder is none of the context: every builder makes another one.
    const seen = itself && node?.is === 'dir' && parts.length > 0 ? ` of ${node.mode.toString(8)}` : '';
    // The name counts where a wildcard chose it; elsewhere the instruction says it.
    records.push(`${found.wild ? JSON.stringify(pathOf(parts)) : ''} ${taken?.record ?? 'nothing'}${seen}`);
    files.push(...(taken?.files ?? []));
  }
  return { digest: sha256(records.join('\n')), files };
}

interface Taken {
  readonly record: string;
  readonly files: readonly FileInput[];
}

function createDigester(
  chmod: Chmod | undefined,
  include: Ignore | undefined,
  exclude: Ignore | undefined,
  read: ReadDigest,
) {
  const firstNames = new Map<object, string>();
  // Where a number says what every file's permissions become, they aren't a matter of what they were.
  const modeOf = (node: Node): string =>
    chmod?.octal === undefined ? (chmod?.apply(node.mode, node.is === 'dir') ?? node.mode).toString(8) : '-';
  // A folder that only lies on the way gives its own permissions to one that is there, and those of --chmod to a new one.
  const modesOnTheWay = (node: Node): string =>
    chmod === undefined ? modeOf(node) : `${modeOf(node)} or ${node.mode.toString(8)}`;

  /**
   * `path` is the one below the source, for the patterns. Undefined when nothing of it is taken. Most files are small and
   * answered at once: a promise for each would cost as much as reading it.
   */
  const digest = (
    node: Node,
    parts: Parts,
    path: string,
    includeMatch: FolderMatch | undefined,
    excludeMatch: FolderMatch | undefined,
  ): Taken | undefined | Promise<Taken | undefined> => {
    const included = path === '' ? undefined : include?.test(path, includeMatch);
    const excluded = path === '' ? undefined : exclude?.test(path, excludeMatch);
    const taken = included?.out !== false && excluded?.out !== true;
    if (node.is === 'dir') return digestFolder(node, parts, path, taken, included?.match, excluded);
    if (!taken) return undefined;
    const named = (record: string): Taken => ({ record, files: [{ path: parts.join('/'), value: record }] });
    const record = recordOf(node, parts);
    return typeof record === 'string' ? named(record) : record.then(named);
  };

  const digestFolder = async (
    node: Dir,
    parts: Parts,
    path: string,
    taken: boolean,
    includeMatch: FolderMatch | undefined,
    excluded: ReturnType<Ignore['test']> | undefined,
  ): Promise<Taken | undefined> => {
    const records: string[] = [];
    const names = createNames();
    if (excluded?.out !== true || exclude?.keepsSome === true) {
      const children = await node.children();
      for (const name of [...children.keys()].sort(byName)) {
        const child = children.get(name);
        if (child === undefined) continue;
        const below = path === '' ? name : `${path}/${name}`;
        const found = digest(child, [...parts, name], below, includeMatch, excluded?.match);
        const one = found instanceof Promise ? await found : found;
        if (one === undefined) continue;
        records.push(`${JSON.stringify(name)} ${one.record}`);
        names.add(one.files, `${[...parts, name].join('/')}${child.is === 'dir' ? '/' : ''}`, one.record);
      }
    }
    if (!taken && records.length === 0) return undefined;
    // A source's own permissions are never copied: its content goes into the destination.
    const mode = path === '' ? '-' : taken ? modeOf(node) : modesOnTheWay(node);
    const record = `dir ${mode} ${sha256(records.join('\n'))}`;
    return { record, files: names.all() ?? [{ path: `${parts.join('/')}/`, value: record }] };
  };

  const recordOf = (node: Exclude<Node, Dir>, parts: Parts): string | Promise<string> => {
    if (node.is === 'link' && node.target.includes('\uFFFD')) {
      throw new Undecided(`the link ${parts.join('/')} leads to a name that is not UTF-8`);
    }
    if (node.is === 'link') return `link ${JSON.stringify(node.target)}`;
    if (node.is !== 'file') return `${node.is} ${modeOf(node)} ${node.major}:${node.minor}`;
    const first = node.inode === undefined ? undefined : firstNames.get(node.inode);
    if (node.inode !== undefined && first === undefined) firstNames.set(node.inode, parts.join('/'));
    const also = first === undefined ? '' : ` is ${JSON.stringify(first)}`;
    const whole = (content: string) => `file ${modeOf(node)} ${node.content.size} ${content}${also}`;
    const content = read(node.content);
    return typeof content === 'string' ? whole(content) : content.then(whole);
  };

  return (node: Node, parts: Parts) => digest(node, parts, '', undefined, undefined);
}

/** Collects the names below a folder: all of them, or its direct children's alone, or none when even they are too many. */
function createNames() {
  let all: FileInput[] | undefined = [];
  let direct: FileInput[] | undefined = [];
  return {
    add: (files: readonly FileInput[], child: string, record: string): void => {
      if (all !== undefined && all.length + files.length <= mostNames) all.push(...files);
      else all = undefined;
      if (direct !== undefined && direct.length < mostNames) direct.push({ path: child, value: record });
      else direct = undefined;
    },
    all: (): readonly FileInput[] | undefined => all ?? direct,
  };
}
