import { ArchiveInput, BrokenArchive, type ContentSink } from './archive-bytes.ts';
import { nameOf } from './names.ts';
import { block, type TarEntry, xattrPrefix } from './tar.ts';

/** Told each entry with the offset of its content; answers with a sink when it wants the content. */
export type OnEntry = (entry: TarEntry, offset: number) => ContentSink | undefined | Promise<ContentSink | undefined>;

// Long names and PAX records are read into memory; no real one comes near this.
const mostExtension = 1024 * 1024;
// Those for the whole archive are looked through at every entry; git's own archives have one.
const mostGlobal = 64 * 1024;

const longestPath = 4096;

const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'link',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};

/** Reads a tar archive (ustar, PAX, GNU) to its end. Throws BrokenArchive. Holds one chunk and one header at a time. */
export async function readTar(chunks: AsyncIterable<Uint8Array>, onEntry: OnEntry): Promise<void> {
  const input = new ArchiveInput(chunks);
  try {
    await readEntries(input, onEntry);
  } finally {
    await input.close();
  }
}

async function readEntries(input: ArchiveInput, onEntry: OnEntry): Promise<void> {
  let global = new Map<string, string>();
  let local = new Map<string, string>();
  let longPath: string | undefined;
  let longTarget: string | undefined;
  for (;;) {
    const header = await input.take(block);
    // Two empty blocks end an archive; some writers leave them out.
    if (header === undefined || header.every((byte) => byte === 0)) return input.drain();
    check(header);
    const size = number(header, 124, 12);
    const flag = String.fromCharCode(header[156] ?? 0);
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') {
      const body = await extension(input, size);
      if (flag === 'x') local = readRecords(body, local, mostExtension);
      else if (flag === 'g') global = readRecords(body, global, mostGlobal);
      else if (flag === 'L') longPath = text(body, 0, body.byteLength);
      else longTarget = text(body, 0, body.byteLength);
      continue;
    }
    const entry = entryOf(
      header,
      flag,
      size,
      global.size === 0 ? local : new Map([...global, ...local]),
      longPath,
      longTarget,
    );
    local = new Map();
    longPath = undefined;
    longTarget = undefined;
    const sink = await onEntry(entry, input.offset);
    await input.pass(entry.size, sink);
    // Some writers leave out the last entry's padding too.
    if (!(await input.skip((block - (entry.size % block)) % block))) return;
  }
}

function entryOf(
  header: Uint8Array,
  flag: string,
  size: number,
  records: ReadonlyMap<string, string>,
  longPath: string | undefined,
  longTarget: string | undefined,
): TarEntry {
  const ustar = text(header, 257, 5) === 'ustar' && header[262] === 0;
  const prefix = ustar ? text(header, 345, 155) : '';
  const short = text(header, 0, 100);
  const path =
    records.get('GNU.sparse.name') ?? records.get('path') ?? longPath ?? (prefix === '' ? short : `${prefix}/${short}`);
  // No file system takes a longer one (PATH_MAX), and each of its folders would be made.
  if (path.length > longestPath) throw new BrokenArchive('a path in it is longer than any file system takes');
  const known = types[flag] ?? 'other';
  // Before ustar, a folder was a file whose name ends in a slash.
  const type = known === 'file' && path.endsWith('/') ? 'dir' : known;
  const numeric = (key: string, otherwise: number): number => {
    const value = Number(records.get(key));
    return records.has(key) && Number.isFinite(value) ? Math.floor(value) : otherwise;
  };
  const stored = numeric('size', size);
  const content = type === 'file' || type === 'other' ? stored : 0;
  if (content < 0 || !Number.isSafeInteger(content)) throw new BrokenArchive(`${path} has no possible size`);
  return {
    path,
    type,
    mode: number(header, 100, 8) & 0o7777,
    uid: numeric('uid', number(header, 108, 8)),
    gid: numeric('gid', number(header, 116, 8)),
    mtime: numeric('mtime', number(header, 136, 12)),
    size: content,
    target: records.get('linkpath') ?? longTarget ?? text(header, 157, 100),
    major: ustar || type === 'char' || type === 'block' ? number(header, 329, 8) : 0,
    minor: ustar || type === 'char' || type === 'block' ? number(header, 337, 8) : 0,
    xattrs: new Map([...records].filter(([key]) => key.startsWith(xattrPrefix))),
    sparse: flag === 'S' || [...records.keys()].some((key) => key.startsWith('GNU.sparse.')),
  };
}

async function extension(input: ArchiveInput, size: number): Promise<Uint8Array> {
  if (size > mostExtension) throw new BrokenArchive('a name or attribute in it is too long');
  const body = await input.take(size);
  if (body === undefined) throw new BrokenArchive('it breaks off');
  await input.pass((block - (size % block)) % block, undefined);
  return body;
}

/** PAX records with those before them; an empty value takes the key away (POSIX pax). */
function readRecords(body: Uint8Array, before: ReadonlyMap<string, string>, most: number): Map<string, string> {
  const records = new Map(before);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < bytes.byteLength && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    const equals = bytes.indexOf(0x3d, space);
    const end = at + length;
    if (!(length > 0) || end > bytes.byteLength || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a) {
      throw new BrokenArchive('it has a PAX record that is no record');
    }
    const key = bytes.toString('utf8', space + 1, equals);
    // Attribute values are bytes, not text.
    const raw = bytes.subarray(equals + 1, end - 1);
    const value = key.startsWith(xattrPrefix) ? raw.toString('latin1') : nameOf(raw);
    if (value === '') records.delete(key);
    else records.set(key, value);
    at = end;
  }
  let size = 0;
  for (const [key, value] of records) size += key.length + value.length;
  if (size > most) throw new BrokenArchive('it has more attributes than any file');
  return records;
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const zero = bytes.subarray(at, at + length).indexOf(0);
  return nameOf(bytes.subarray(at, at + (zero < 0 ? length : zero)));
}

/** Octal text, or base 256 when the first bit is set (GNU). */
function number(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = (first & 0x40) === 0 ? first & 0x3f : (first & 0x3f) - 0x40;
    for (let index = at + 1; index < at + length; index++) value = value * 256 + (bytes[index] ?? 0);
    if (!Number.isSafeInteger(value)) throw new BrokenArchive('it has a number that is too large');
    return value;
  }
  const digits = text(bytes, at, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw new BrokenArchive('it has a number that is none');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Whether these bytes are an entry's header, which is how ADD tells an archive from other files. */
export function isTarHeader(bytes: Uint8Array): boolean {
  if (bytes.byteLength < block || bytes.every((byte) => byte === 0)) return false;
  try {
    check(bytes.subarray(0, block));
    return true;
  } catch {
    return false;
  }
}

/** Old tars summed signed bytes, so both sums are right. */
function check(header: Uint8Array): void {
  const stored = number(header, 148, 8);
  let unsigned = 0;
  let signed = 0;
  for (const [index, raw] of header.entries()) {
    const byte = index >= 148 && index < 156 ? 0x20 : raw;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (stored !== unsigned && stored !== signed)
    throw new BrokenArchive('it is no tar archive, or a header in it is damaged');
}
