import { GitDataError } from './failure.ts';
import type { ByteReader } from './pack/bytes.ts';

/** One packet. The three marks carry no bytes: end of message, of a section, of a stateless answer (protocol v2). */
export type Packet = { readonly is: 'data'; readonly bytes: Buffer } | { readonly is: 'flush' | 'delim' | 'end' };

// gitprotocol-common: the length is four hex digits and counts itself, so 0 to 3 are free to be marks.
const marks: readonly ('flush' | 'delim' | 'end' | undefined)[] = ['flush', 'delim', 'end', undefined];
const largest = 65_520;

export const flushPacket = '0000';
export const delimPacket = '0001';

/** A text as one packet, in UTF-8. Throws RangeError when it is longer than a packet can be. */
export function packet(text: string): string {
  const length = Buffer.byteLength(text) + 4;
  if (length > largest) throw new RangeError(`${length} bytes don't fit into a packet`);
  return length.toString(16).padStart(4, '0') + text;
}

/** The next packet, or undefined when the stream ends before it. Throws GitDataError. */
export async function readPacket(from: ByteReader): Promise<Packet | undefined> {
  const head = await from.peek(4);
  if (head.byteLength === 0) return undefined;
  if (head.byteLength < 4) throw new GitDataError('cut', 'the answer ends in the middle of a packet');
  const digits = head.toString('latin1', 0, 4);
  if (!/^[0-9a-f]{4}$/i.test(digits)) throw new GitDataError('malformed', 'the answer is no stream of packets');
  const length = Number.parseInt(digits, 16);
  from.take(4);
  if (length < 4) {
    const mark = marks[length];
    if (mark === undefined) throw new GitDataError('malformed', `a packet says its length is ${length}`);
    return { is: mark };
  }
  if (length > largest) throw new GitDataError('malformed', `a packet says its length is ${length}`);
  const held = await from.peek(length - 4);
  if (held.byteLength < length - 4) throw new GitDataError('cut', 'the answer ends in the middle of a packet');
  return { is: 'data', bytes: from.take(length - 4) };
}

/** A packet's text without its newline, which senders may leave out. */
export function packetLine(bytes: Buffer): string {
  const end = bytes.at(-1) === 0x0a ? bytes.byteLength - 1 : bytes.byteLength;
  return bytes.toString('utf8', 0, end);
}
