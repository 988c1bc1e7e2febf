import { createHash, type Hash } from 'node:crypto';
import { GitDataError } from '../failure.ts';

export type ObjectFormat = 'sha1' | 'sha256';
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** Lower-case hex: 40 digits in a SHA-1 repository, 64 in a SHA-256 one. */
export type ObjectId = string;

export interface GitObject {
  readonly id: ObjectId;
  readonly type: ObjectType;
  readonly content: Buffer;
}

export const idBytes: Readonly<Record<ObjectFormat, number>> = { sha1: 20, sha256: 32 };

/** Git's name for "no object": the old id of a ref that isn't there yet. */
export function zeroId(format: ObjectFormat): ObjectId {
  return '0'.repeat(idBytes[format] * 2);
}

/** Whether a text is an id in this format, or in either. */
export function isObjectId(text: string, format?: ObjectFormat): boolean {
  if (!/^[0-9a-f]+$/.test(text)) return false;
  return format === undefined ? text.length === 40 || text.length === 64 : text.length === idBytes[format] * 2;
}

/** A hash that has seen the object's header. What it needs after that is the content. */
export function objectHash(format: ObjectFormat, type: ObjectType, size: number): Hash {
  return createHash(format).update(`${type} ${size}\0`);
}

/** An object with its id worked out from its content. */
export function makeObject(format: ObjectFormat, type: ObjectType, content: Buffer): GitObject {
  return { id: objectHash(format, type, content.byteLength).update(content).digest('hex'), type, content };
}

/** What kind of thing a tree entry's mode says it is. */
export type EntryKind = 'file' | 'folder' | 'symlink' | 'submodule';

export interface TreeEntry {
  /** Octal digits as they stand in the tree: `100644`, `40000`. */
  readonly mode: string;
  /** The name's bytes: git doesn't promise UTF-8. */
  readonly name: Buffer;
  readonly id: ObjectId;
}

/** Throws GitDataError for a mode git doesn't know. Old versions wrote group-writable files: `100664`. */
export function entryKind(mode: string): EntryKind {
  switch (Number.parseInt(mode, 8) & 0o170000) {
    case 0o100000:
      return 'file';
    case 0o040000:
      return 'folder';
    case 0o120000:
      return 'symlink';
    case 0o160000:
      return 'submodule';
    default:
      throw new GitDataError('malformed', `a tree entry has the mode ${mode}`);
  }
}

/** A tree's entries in their order. Throws GitDataError when the bytes are no tree. */
export function parseTree(tree: Buffer, format: ObjectFormat): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < tree.byteLength; ) {
    const place = placeAt(tree, at, format);
    entries.push(entryAt(tree, place));
    at = place.end;
  }
  return entries;
}

/** A tree's entry of this name, or undefined. Throws GitDataError when the bytes up to it are no tree. */
export function entryNamed(tree: Buffer, name: Buffer, format: ObjectFormat): TreeEntry | undefined {
  const place = placeNamed(tree, name, format);
  return place === undefined ? undefined : entryAt(tree, place);
}

/** Where the parts of an entry begin, without any of them copied: a folder may have ten thousand. */
interface EntryPlace {
  readonly mode: number;
  readonly name: number;
  readonly id: number;
  readonly end: number;
}

function placeAt(tree: Buffer, at: number, format: ObjectFormat): EntryPlace {
  const space = tree.indexOf(0x20, at);
  const nul = space < 0 ? -1 : tree.indexOf(0, space);
  const end = nul + 1 + idBytes[format];
  // Modes have five or six digits.
  if (nul <= space + 1 || end > tree.byteLength || space - at < 5 || space - at > 6) {
    throw new GitDataError('malformed', 'a tree object is no list of entries');
  }
  return { mode: at, name: space + 1, id: nul + 1, end };
}

function placeNamed(tree: Buffer, name: Buffer, format: ObjectFormat): EntryPlace | undefined {
  for (let at = 0; at < tree.byteLength; ) {
    const place = placeAt(tree, at, format);
    const length = place.id - 1 - place.name;
    if (length === name.byteLength && tree.compare(name, 0, length, place.name, place.id - 1) === 0) return place;
    at = place.end;
  }
  return undefined;
}

function entryAt(tree: Buffer, place: EntryPlace): TreeEntry {
  const mode = tree.toString('latin1', place.mode, place.name - 1);
  if (!/^[0-7]+$/.test(mode)) throw new GitDataError('malformed', 'a tree entry has no proper mode');
  return { mode, name: tree.subarray(place.name, place.id - 1), id: tree.toString('hex', place.id, place.end) };
}

/** A tree's bytes: entries in git's order, whatever order they come in. Throws RangeError on a name git refuses. */
export function serialiseTree(entries: readonly TreeEntry[]): Buffer {
  const sorted = entries.toSorted(byTreeOrder);
  sorted.forEach((entry, at) => {
    const name = entry.name.toString('latin1');
    if (name === '' || name === '.' || name === '..' || /^\.git$/i.test(name) || /[/\0]/.test(name)) {
      throw new RangeError(`${JSON.stringify(name)} can't be an entry's name`);
    }
    if (sorted[at - 1]?.name.equals(entry.name)) throw new RangeError(`${JSON.stringify(name)} is there twice`);
  });
  return Buffer.concat(
    sorted.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} `), name, Buffer.of(0), Buffer.from(id, 'hex')]),
  );
}

/** Git sorts by bytes, with folders as if their name ended in a slash: `a.b` < `a/` < `a0`. */
function byTreeOrder(a: TreeEntry, b: TreeEntry): number {
  const length = Math.min(a.name.byteLength, b.name.byteLength);
  const common = a.name.compare(b.name, 0, length, 0, length);
  return common || after(a, length) - after(b, length);
}

function after(entry: TreeEntry, at: number): number {
  return entry.name[at] ?? (entryKind(entry.mode) === 'folder' ? 0x2f : 0);
}

/** A tree with one entry's id replaced, every other byte kept, even in a wrong order. Throws RangeError without it. */
export function replaceEntry(tree: Buffer, name: Buffer, id: ObjectId, format: ObjectFormat): Buffer {
  const place = placeNamed(tree, name, format);
  if (place === undefined) throw new RangeError(`the tree has no entry ${JSON.stringify(name.toString('utf8'))}`);
  const replaced = Buffer.from(tree);
  replaced.write(id, place.id, 'hex');
  return replaced;
}

/** A tree with one entry more, where git sorts it. Throws RangeError when the name is there or git would refuse it. */
export function insertEntry(tree: Buffer, entry: TreeEntry, format: ObjectFormat): Buffer {
  const [alone, entries] = [serialiseTree([entry]), parseTree(tree, format)];
  if (entries.some(({ name }) => name.equals(entry.name))) {
    throw new RangeError(`${JSON.stringify(entry.name.toString('utf8'))} is there already`);
  }
  let at = 0;
  for (const other of entries) {
    if (byTreeOrder(other, entry) > 0) break;
    at = placeAt(tree, at, format).end;
  }
  return Buffer.concat([tree.subarray(0, at), alone, tree.subarray(at)]);
}

/** A tree without one entry, every other byte kept. Throws RangeError without it. */
export function removeEntry(tree: Buffer, name: Buffer, format: ObjectFormat): Buffer {
  const place = placeNamed(tree, name, format);
  if (place === undefined) throw new RangeError(`the tree has no entry ${JSON.stringify(name.toString('utf8'))}`);
  return Buffer.concat([tree.subarray(0, place.mode), tree.subarray(place.end)]);
}

interface CommitLinks {
  readonly tree: ObjectId;
  readonly parents: readonly ObjectId[];
}

/** A commit's tree and parents. Throws GitDataError when the bytes are no commit. */
export function parseCommit(content: Buffer, format: ObjectFormat): CommitLinks {
  const blank = content.indexOf('\n\n');
  const header = content.toString('latin1', 0, blank < 0 ? content.byteLength : blank).split('\n');
  const tree = idAfter('tree ', header[0], format);
  const parents: ObjectId[] = [];
  for (let line = 1; header[line]?.startsWith('parent '); line++)
    parents.push(idAfter('parent ', header[line], format));
  return { tree, parents };
}

/** A commit's message: all behind its header. */
export function messageOf(content: Buffer): string {
  const blank = content.indexOf('\n\n');
  return blank < 0 ? '' : content.toString('utf8', blank + 2);
}

/** Who wrote a commit and who put it there, with their times. What can't be read is empty or 0. */
export function peopleOf(content: Buffer): { readonly author: Ident; readonly committer: Ident } {
  const blank = content.indexOf('\n\n');
  const header = content.toString('utf8', 0, blank < 0 ? content.byteLength : blank);
  const of = (line: RegExp): Ident => {
    const [, name = '', email = '', seconds = '0'] = line.exec(header) ?? [];
    return { name, email, seconds: Number(seconds) };
  };
  return {
    author: of(/^author ([^<\n]*?) ?<([^>\n]*)>(?: ?(\d{1,12})(?!\d))?/m),
    committer: of(/^committer ([^<\n]*?) ?<([^>\n]*)>(?: ?(\d{1,12})(?!\d))?/m),
  };
}

function idAfter(key: string, line: string | undefined, format: ObjectFormat): ObjectId {
  const id = line?.startsWith(key) ? line.slice(key.length) : '';
  if (!isObjectId(id, format)) throw new GitDataError('malformed', 'a commit object has no proper header');
  return id;
}

export interface Ident {
  readonly name: string;
  readonly email: string;
  /** Whole seconds since the epoch. Written as UTC. */
  readonly seconds: number;
}

/** A commit's bytes. Names lose what would end their field, and the message gets git's line ends, one at its end. */
export function serialiseCommit(
  commit: CommitLinks & { readonly author: Ident; readonly committer: Ident; readonly message: string },
): Buffer {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${signatureLine(commit.author)}`,
    `committer ${signatureLine(commit.committer)}`,
  ];
  const message = commit.message.replaceAll('\0', '').replaceAll('\r\n', '\n').trimEnd();
  return Buffer.from(`${lines.join('\n')}\n\n${message}\n`);
}

function signatureLine({ name, email, seconds }: Ident): string {
  const address = harmless(email);
  return `${harmless(name) || address} <${address}> ${seconds} +0000`;
}

/** Git's rule (ident.c): no `<` or `>` anywhere, no punctuation or space at the ends. And no control characters. */
function harmless(text: string): string {
  return text.replace(/[<>\p{Cc}]/gu, '').replace(/^[\s.,:;"\\']+|[\s.,:;"\\']+$/gu, '');
}
