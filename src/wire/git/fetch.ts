import { GitDataError, GitNo } from './failure.ts';
import type { ByteReader } from './pack/bytes.ts';
import type { ObjectFormat, ObjectId } from './pack/object.ts';
import { delimPacket, flushPacket, packet, packetLine, readPacket } from './pktline.ts';
import { formatLine } from './refs.ts';

/** Objects to get. */
export interface Wanted {
  readonly wants: readonly ObjectId[];
  /** What is here already, with all it needs: it isn't sent. */
  readonly haves?: readonly ObjectId[] | undefined;
  /** Commits among them whose parents aren't here: a host that isn't told takes their whole history for known. */
  readonly shallows?: readonly ObjectId[] | undefined;
  /** Commits to go back at most, 1 for the wanted one alone. */
  readonly depth?: number | undefined;
  /** A filter as rev-list spells it: `tree:1`, `blob:none`. */
  readonly filter?: string | undefined;
}

/** The lines that say how far back the answer goes and what is left out of it, alike in all versions. */
function boundsOf({ shallows = [], depth, filter }: Wanted): string[] {
  // Any order will do for git; Dulwich reads them in this one alone.
  return [
    ...(filter === undefined ? [] : [packet(`filter ${filter}\n`)]),
    ...shallows.map((id) => packet(`shallow ${id}\n`)),
    ...(depth === undefined ? [] : [packet(`deepen ${depth}\n`)]),
  ];
}

/** The body of protocol v2's `fetch`. */
export function fetchRequest(wanted: Wanted, format: ObjectFormat): string {
  return [
    packet('command=fetch\n'),
    formatLine(format),
    delimPacket,
    ...wanted.wants.map((id) => packet(`want ${id}\n`)),
    packet('no-progress\n'),
    packet('ofs-delta\n'),
    // Git leaves out what such a commit has only where it may also build on it.
    ...((wanted.shallows ?? []).length > 0 ? [packet('thin-pack\n')] : []),
    ...boundsOf(wanted),
    ...(wanted.haves ?? []).map((id) => packet(`have ${id}\n`)),
    packet('done\n'),
    flushPacket,
  ].join('');
}

/** The pack in the answer to `fetchRequest`. Throws GitDataError, and GitNo when git says no. */
export async function* readFetch(from: ByteReader): AsyncGenerator<Buffer> {
  for (let first = true; ; first = false) {
    const next = await readPacket(from);
    if (next === undefined)
      throw first ? new GitNo(undefined) : new GitDataError('cut', 'the answer ends before a pack');
    if (next.is === 'flush') throw new GitDataError('malformed', 'the answer has no pack');
    if (next.is !== 'data') continue;
    const line = packetLine(next.bytes);
    if (line.startsWith('ERR ')) throw new GitNo(line.slice(4));
    // Other sections (acknowledgments, shallow-info) tell nothing that a caller who sent `done` has to know.
    if (line === 'packfile') return yield* readBands(from);
  }
}

/**
 * The body of version 0's fetch, with what of it this server offers. `multi_ack` and `thin-pack` are named though we
 * could do without them: Dulwich, Azure DevOps and CodeCommit refuse clients that don't.
 */
export function oldFetchRequest(wanted: Wanted, format: ObjectFormat, offered: ReadonlySet<string>): string {
  const asked = [
    ...['multi_ack_detailed', 'multi_ack'].filter((name) => offered.has(name)).slice(0, 1),
    ...['thin-pack', 'ofs-delta', 'no-progress'].filter((name) => offered.has(name)),
    ...['side-band-64k', 'side-band'].filter((name) => offered.has(name)).slice(0, 1),
    ...(wanted.filter === undefined ? [] : ['filter']),
    ...(format === 'sha1' ? [] : [`object-format=${format}`]),
  ].join(' ');
  return [
    ...wanted.wants.map((id, at) => packet(`want ${id}${at === 0 && asked !== '' ? ` ${asked}` : ''}\n`)),
    ...boundsOf(wanted),
    flushPacket,
    ...(wanted.haves ?? []).map((id) => packet(`have ${id}\n`)),
    packet('done\n'),
  ].join('');
}

/** The pack in the answer to `oldFetchRequest`. Throws GitDataError, and GitNo when git says no. */
export async function* readOldFetch(from: ByteReader, bands: boolean): AsyncGenerator<Buffer> {
  for (let first = true; ; first = false) {
    const next = await readPacket(from);
    if (next === undefined)
      throw first ? new GitNo(undefined) : new GitDataError('cut', 'the answer ends before a pack');
    // Shallow boundaries end with a flush, negotiation goes on behind it.
    if (next.is !== 'data') continue;
    const line = packetLine(next.bytes);
    if (line.startsWith('ERR ')) throw new GitNo(line.slice(4));
    if (line !== 'NAK' && !line.startsWith('ACK ')) continue;
    // One such line is the answer to `done`, and one stands before it for each commit in common, or the first alone.
    const more = await from.peek(7);
    if (/^[0-9a-f]{4}(NAK|ACK)$/i.test(more.toString('latin1', 0, 7))) continue;
    if (bands) return yield* readBands(from);
    for (let chunk = await from.chunk(); chunk !== undefined; chunk = await from.chunk()) yield chunk;
    return;
  }
}

/** The data of a side-band stream up to its flush (gitprotocol-pack, "Packfile Data"). `said` gets the progress band. */
export async function* readBands(from: ByteReader, said?: (text: Buffer) => void): AsyncGenerator<Buffer> {
  for (;;) {
    const next = await readPacket(from);
    if (next === undefined) throw new GitDataError('cut', 'the answer ends before its end mark');
    if (next.is !== 'data') return;
    const data = next.bytes.subarray(1);
    switch (next.bytes[0]) {
      case 1:
        yield data;
        break;
      case 2:
        said?.(data);
        break;
      case 3:
        throw new GitNo(packetLine(data));
      default:
        throw new GitDataError('malformed', 'the answer has a band that git does not know');
    }
  }
}
