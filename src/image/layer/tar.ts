import { nameBytes } from './names.ts';

/** One entry's header, PAX and GNU extensions applied. */
export interface TarEntry {
  /** As stored; may begin with `./` or `/` and end with `/`. */
  readonly path: string;
  readonly type: 'file' | 'dir' | 'link' | 'hardlink' | 'char' | 'block' | 'fifo' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds. */
  readonly mtime: number;
  /** Bytes of content that follow. */
  readonly size: number;
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  /** `SCHILY.xattr.` records, by their whole key. */
  readonly xattrs: ReadonlyMap<string, string>;
  /** The content is stored with holes taken out (GNU sparse): not what a reader would see. */
  readonly sparse: boolean;
}

export const block = 512;
export const xattrPrefix = 'SCHILY.xattr.';

const flags: Readonly<Record<TarEntry['type'], string>> = {
  file: '0',
  hardlink: '1',
  link: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
  other: '0',
};

const zeros = Buffer.alloc(block);

/** The zero bytes that fill an entry's last block. */
export function padding(size: number): Uint8Array {
  return zeros.subarray(0, (block - (size % block)) % block);
}

/** The two empty blocks that end an archive. */
export function tarEnd(): Uint8Array {
  return Buffer.alloc(2 * block);
}

/** An entry's header: ustar, a PAX header before it where needed. Nothing but the entry decides its bytes. */
export function tarHeader(entry: Omit<TarEntry, 'sparse'>): Uint8Array {
  const records = new Map<string, string>();
  const path = fits(entry.path, 100) ? { name: entry.path, prefix: '' } : splitPath(entry.path);
  if (path === undefined) records.set('path', entry.path);
  if (!fits(entry.target, 100)) records.set('linkpath', entry.target);
  for (const name of ['uid', 'gid'] as const) if (entry[name] > 0o7777777) records.set(name, String(entry[name]));
  if (entry.size > 0o77777777777) records.set('size', String(entry.size));
  if (entry.mtime < 0 || entry.mtime > 0o77777777777) records.set('mtime', String(entry.mtime));
  for (const [key, value] of entry.xattrs) records.set(key, value);
  const main = ustar({ ...entry, flag: flags[entry.type], ...(path ?? { name: 'long', prefix: '' }) });
  if (records.size === 0) return main;
  const body = paxBody(records);
  const before = ustar({
    name: 'PaxHeaders/entry',
    prefix: '',
    flag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: body.byteLength,
    target: '',
    major: 0,
    minor: 0,
  });
  return Buffer.concat([before, body, padding(body.byteLength), main]);
}

/** Only what every reader takes as it is: short, and ASCII, because ustar names have no encoding. */
function fits(text: string, length: number): boolean {
  return text.length <= length && !/[^\x20-\x7e]/.test(text);
}

function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (path.length > 256) return undefined;
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (name !== '' && slash > 0 && fits(name, 100) && fits(path.slice(0, slash), 155)) {
      return { name, prefix: path.slice(0, slash) };
    }
  }
  return undefined;
}

/** `length key=value\n`, where length counts its own digits. Values are bytes held as latin1 for xattrs. */
function paxBody(records: ReadonlyMap<string, string>): Buffer {
  const parts = [...records.keys()].sort().map((key) => {
    const text = records.get(key) ?? '';
    const value = key.startsWith(xattrPrefix) ? Buffer.from(text, 'latin1') : nameBytes(text);
    const bare = Buffer.byteLength(key) + value.byteLength + 3;
    let length = bare + String(bare).length;
    length = bare + String(length).length;
    return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
  });
  return Buffer.concat(parts);
}

function ustar(fields: {
  name: string;
  prefix: string;
  flag: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  size: number;
  target: string;
  major: number;
  minor: number;
}): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number): void => {
    const largest = 8 ** digits - 1;
    header.write((value > largest || value < 0 ? 0 : value).toString(8).padStart(digits, '0'), at, 'latin1');
  };
  header.write(fields.name.slice(0, 100), 0, 'latin1');
  octal(fields.mode, 100, 7);
  octal(fields.uid, 108, 7);
  octal(fields.gid, 116, 7);
  octal(fields.size, 124, 11);
  octal(fields.mtime, 136, 11);
  header.fill(' ', 148, 156);
  header.write(fields.flag, 156, 'latin1');
  header.write(fits(fields.target, 100) ? fields.target : '', 157, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  octal(fields.major, 329, 7);
  octal(fields.minor, 337, 7);
  header.write(fields.prefix, 345, 'latin1');
  let sum = 0;
  for (let at = 0; at < block; at++) sum += header[at] ?? 0;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
