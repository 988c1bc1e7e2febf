import { GitDataError } from '../failure.ts';

/** Size of the object that a delta makes, from its head. Throws GitDataError. */
export function deltaTargetSize(delta: Buffer): number {
  return readSize(delta, readSize(delta, 0).end).value;
}

/** The object that a delta makes of its base (gitformat-pack, "Deltified representation"). Throws GitDataError. */
export function applyDelta(base: Buffer, delta: Buffer, limit: number): Buffer {
  const source = readSize(delta, 0);
  const target = readSize(delta, source.end);
  if (source.value !== base.byteLength) throw new GitDataError('malformed', 'a delta is meant for another base');
  if (target.value > limit) throw new GitDataError('tooLarge', `a delta makes ${target.value} bytes`);
  const made = Buffer.allocUnsafe(target.value);
  let filled = 0;
  for (let at = target.end; at < delta.byteLength; ) {
    const op = delta[at++] ?? 0;
    let piece: Buffer;
    if ((op & 0x80) !== 0) {
      const numbers = [0, 0, 0, 0, 0, 0, 0];
      for (let bit = 0; bit < 7; bit++) if ((op & (1 << bit)) !== 0) numbers[bit] = byteAt(delta, at++);
      const offset = littleEndian(numbers.slice(0, 4));
      const size = littleEndian(numbers.slice(4)) || 0x10000;
      if (offset + size > base.byteLength) throw new GitDataError('malformed', 'a delta copies from beyond its base');
      piece = base.subarray(offset, offset + size);
    } else {
      if (op === 0) throw new GitDataError('malformed', 'a delta has an instruction that git keeps for the future');
      if (at + op > delta.byteLength) throw new GitDataError('malformed', 'a delta ends in the middle of its bytes');
      piece = delta.subarray(at, at + op);
      at += op;
    }
    if (filled + piece.byteLength > made.byteLength) throw new GitDataError('malformed', 'a delta makes too much');
    piece.copy(made, filled);
    filled += piece.byteLength;
  }
  if (filled !== made.byteLength) throw new GitDataError('malformed', 'a delta makes too little');
  return made;
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function byteAt(delta: Buffer, at: number): number {
  const byte = delta[at];
  if (byte === undefined) throw new GitDataError('malformed', 'a delta ends in the middle of an instruction');
  return byte;
}

/** Seven bits a byte, lowest first; the high bit says that more follow. */
function readSize(delta: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let at = start, factor = 1; at < start + 6; at++, factor *= 128) {
    const byte = byteAt(delta, at);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new GitDataError('malformed', 'a delta gives a size that no object has');
}

/** Fewer bytes that agree aren't worth a copy instruction between two insertions. */
const shortestCopy = 8;

/**
 * A delta that makes `target` of `base`, or undefined when it would hardly be smaller. Meant for two versions of one
 * thing: it keeps what they share at both ends and, where their lengths are equal (a tree with some ids replaced),
 * compares place by place in between.
 */
export function makeDelta(base: Buffer, target: Buffer): Buffer | undefined {
  const shorter = Math.min(base.byteLength, target.byteLength);
  const head = sharedStart(base, target, 0, shorter);
  const tail = sharedEnd(base, target, shorter - head);
  const end = target.byteLength - tail;
  const parts = [size(base.byteLength), size(target.byteLength), ...copies(0, head)];
  for (let at = head; at < end; ) {
    const to = base.byteLength === target.byteLength ? whereTheyAgree(base, target, at, end) : end;
    parts.push(...insertions(target.subarray(at, to)));
    const same = to < end ? sharedStart(base, target, to, end) : 0;
    parts.push(...copies(to, same));
    at = to + same;
  }
  parts.push(...copies(base.byteLength - tail, tail));
  const delta = Buffer.concat(parts);
  return delta.byteLength < target.byteLength / 2 ? delta : undefined;
}

function whereTheyAgree(base: Buffer, target: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && sharedStart(base, target, at, Math.min(at + shortestCopy, end)) < shortestCopy) at += 1;
  return at;
}

function sharedStart(a: Buffer, b: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && a[at] === b[at]) at += 1;
  return at - start;
}

function sharedEnd(a: Buffer, b: Buffer, most: number): number {
  let count = 0;
  while (count < most && a[a.byteLength - count - 1] === b[b.byteLength - count - 1]) count += 1;
  return count;
}

function insertions(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += 127) {
    const piece = bytes.subarray(at, at + 127);
    parts.push(Buffer.of(piece.byteLength), piece);
  }
  return parts;
}

/** Copy instructions of at most 64 KiB each, as git writes them itself. Zero bytes of a number are left out. */
function copies(offset: number, length: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let done = 0; done < length; done += 0x10000) {
    const from = offset + done;
    const count = Math.min(0x10000, length - done);
    const numbers = [from, from >>> 8, from >>> 16, from >>> 24, count, count >>> 8].map((number) => number & 0xff);
    const op = numbers.reduce((bits, byte, bit) => (byte === 0 ? bits : bits | (1 << bit)), 0x80);
    parts.push(Buffer.from([op, ...numbers.filter((byte) => byte !== 0)]));
  }
  return parts;
}

function size(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}
