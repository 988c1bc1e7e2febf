import { stripVTControlCharacters } from 'node:util';
import { GitDataError, GitNo } from './failure.ts';
import { readBands } from './fetch.ts';
import { ByteReader } from './pack/bytes.ts';
import type { ObjectFormat, ObjectId } from './pack/object.ts';
import { flushPacket, packet, packetLine, readPacket } from './pktline.ts';

/** One ref to move. */
export interface RefUpdate {
  readonly ref: string;
  /** The lock: the server moves the ref only if it still points here. All zeros for a ref that must not exist yet. */
  readonly from: ObjectId;
  /** All zeros to delete the ref. */
  readonly to: ObjectId;
}

/** The server's report (gitprotocol-pack, "Report Status"). */
export interface PushReport {
  /** `ok`, or why the pack wasn't taken. */
  readonly unpack: string;
  /** By ref: undefined when it was moved, or the server's reason for refusing. A ref that isn't here wasn't reported. */
  readonly refs: ReadonlyMap<string, string | undefined>;
  /** What the server and its hooks printed meanwhile. */
  readonly said: string;
}

/** Whether the server says that it moved all these refs. A ref that it says nothing about counts as not moved. */
export function isTaken(report: PushReport, updates: readonly RefUpdate[]): boolean {
  return (
    report.unpack === 'ok' && updates.every(({ ref }) => report.refs.has(ref) && report.refs.get(ref) === undefined)
  );
}

/** The start of a push, up to its pack. Several updates happen all or none. */
export function pushRequest(updates: readonly RefUpdate[], format: ObjectFormat): string {
  const asked = [
    'report-status',
    'side-band-64k',
    ...(updates.length > 1 ? ['atomic'] : []),
    ...(format === 'sha1' ? [] : [`object-format=${format}`]),
  ].join(' ');
  const lines = updates.map(({ ref, from, to }, at) => packet(`${from} ${to} ${ref}${at === 0 ? `\0 ${asked}` : ''}`));
  return `${lines.join('')}${flushPacket}`;
}

/** Most that is kept of what a server prints during a push. */
const mostSaid = 8 * 1024;

/** Refs that a report may be about: more than any push of ours moves. */
const mostRefs = 10_000;

/** Reads the report. Throws GitDataError, and GitNo when git gives none. */
export async function readReport(from: ByteReader): Promise<PushReport> {
  const said: Buffer[] = [];
  let size = 0;
  const hear = (text: Buffer): void => {
    size += text.byteLength;
    if (size <= mostSaid) said.push(text);
  };
  // A server without side bands sends the report as it is: its first byte is a letter, never a band's number.
  const head = await from.peek(5);
  if (head.byteLength === 0) throw new GitNo(undefined);
  const banded = (head[4] ?? 0) < 0x20;
  const refs = new Map<string, string | undefined>();
  let unpack: string | undefined;
  const report = banded ? new ByteReader(readBands(from, hear)) : from;
  for (;;) {
    const next = await readPacket(report);
    if (next === undefined || next.is !== 'data') break;
    const line = packetLine(next.bytes);
    const [word = '', name = '', ...rest] = line.split(' ');
    if (word === 'ERR') throw new GitNo(line.slice(4));
    if (word === 'unpack') unpack = line.slice('unpack '.length);
    if (word === 'ok') refs.set(name, undefined);
    if (word === 'ng') refs.set(name, rest.join(' ') || 'refused');
    if (refs.size > mostRefs) throw new GitDataError('tooLarge', `the push is reported on more than ${mostRefs} refs`);
  }
  const words = readable(Buffer.concat(said));
  if (unpack === undefined) throw words === '' ? new GitDataError('cut', 'the push has no report') : new GitNo(words);
  return { unpack, refs, said: words };
}

/** Lines as a terminal would leave them: the last state of a progress line, no control characters. */
function readable(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split('\n');
  const last = lines.map((line) => line.replace(/\r+$/, '').split('\r').at(-1) ?? '');
  return last
    .map((line) =>
      stripVTControlCharacters(line)
        .replace(/\p{Cc}/gu, '')
        .trimEnd(),
    )
    .filter((line) => line !== '')
    .join('\n');
}
