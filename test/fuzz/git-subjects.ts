import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { readAdvertisement } from '../../src/wire/git/capabilities.ts';
import { GitDataError, GitNo } from '../../src/wire/git/failure.ts';
import { readFetch, readOldFetch } from '../../src/wire/git/fetch.ts';
import { ByteReader } from '../../src/wire/git/pack/bytes.ts';
import { applyDelta, deltaTargetSize, makeDelta } from '../../src/wire/git/pack/delta.ts';
import {
  entryKind,
  entryNamed,
  makeObject,
  messageOf,
  parseCommit,
  parseTree,
  serialiseCommit,
  serialiseTree,
} from '../../src/wire/git/pack/object.ts';
import { openPack, type PackOptions, writePack } from '../../src/wire/git/pack/pack.ts';
import { type Objects, unpack } from '../../src/wire/git/pack/unpack.ts';
import { packet, readPacket } from '../../src/wire/git/pktline.ts';
import { readReport } from '../../src/wire/git/push.ts';
import { readRefs } from '../../src/wire/git/refs.ts';
import { walk } from '../../src/wire/git/snapshot.ts';
import { type Subject, text } from './subject.ts';

const dataError = (error: unknown): boolean => error instanceof GitDataError;
const noOrDataError = (error: unknown): boolean => error instanceof GitDataError || error instanceof GitNo;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** In pieces of another size for each input, so that what is cut is cut anywhere. */
const readerOf = (bytes: Buffer): ByteReader => new ByteReader(pieces(bytes, 1 + (bytes.byteLength % 977)));

async function drained(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) void chunk.byteLength;
}

const blob = makeObject('sha1', 'blob', Buffer.from('front:\n  imageTag: a\n'.repeat(40)));
const next = makeObject('sha1', 'blob', Buffer.from(`${blob.content.toString()}more: 1\n`));
const entries = [
  { mode: '100644', name: Buffer.from('values.yaml'), id: blob.id },
  { mode: '40000', name: Buffer.from('templates'), id: makeObject('sha1', 'tree', Buffer.alloc(0)).id },
  { mode: '120000', name: Buffer.from('link'), id: next.id },
];
const tree = makeObject('sha1', 'tree', serialiseTree(entries));
const ada = { name: 'Ada', email: 'ada@example.test', seconds: 1_700_000_000 };
const links = { tree: tree.id, parents: [blob.id, next.id] };
const commit = makeObject('sha1', 'commit', serialiseCommit({ ...links, author: ada, committer: ada, message: 'One' }));
const whole = writePack([{ object: commit }, { object: tree }, { object: blob }, { object: next }], 'sha1', false);
const thin = writePack([{ object: commit }, { object: next, before: blob }, { object: blob }], 'sha1', true);

/** A pack with a delta that names its base by the way back to it, as git's own packs do. */
function byOffset(): Buffer {
  const delta = makeDelta(blob.content, next.content) ?? Buffer.alloc(0);
  const base = writePack([{ object: blob }], 'sha1', false).subarray(12, -20);
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\x02', 'latin1');
  const size = Buffer.from([0xe0 | (delta.byteLength & 15), delta.byteLength >> 4]);
  const first = delta.byteLength < 16 ? Buffer.of(0x60 | delta.byteLength) : size;
  return summed(Buffer.concat([head, base, first, Buffer.of(base.byteLength), deflateSync(delta)]));
}

function summed(body: Buffer): Buffer {
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

const packOptions: PackOptions = { format: 'sha1', limit: () => 1024 * 1024, oversized: 'skip' };

async function readPack(bytes: Buffer): Promise<void> {
  const objects: Objects = new Map([[tree.id, tree]]);
  const { entries: found } = await openPack(readerOf(bytes), packOptions);
  await unpack(found, objects, { format: 'sha1', budget: 8 * 1024 * 1024 });
  const through = { format: 'sha1', objects, oversized: new Map(), fileLimit: 1024 * 1024 } as const;
  for (const { id, type } of objects.values()) if (type === 'commit') walk(id, ['values.yaml', 'templates/x'], through);
}

const band = (number: number, data: string | Buffer): Buffer => {
  const length = Buffer.byteLength(data) + 5;
  return Buffer.concat([Buffer.from(length.toString(16).padStart(4, '0')), Buffer.of(number), Buffer.from(data)]);
};
const report = text(packet('unpack ok\n'), packet('ok refs/heads/main\n'), packet('ng refs/x not allowed\n'), '0000');

/** Everything that git hosts send. */
export const gitSubjects: readonly Subject[] = [
  {
    name: 'packets',
    inputs: [text(packet('want this\n'), '0001', packet('x'.repeat(300)), '0002', packet(''), '0000')],
    read: async (bytes) => {
      const from = readerOf(bytes);
      while ((await readPacket(from)) !== undefined);
    },
    declared: dataError,
  },
  {
    name: 'an advertisement',
    inputs: [
      text(
        ...[packet('# service=git-upload-pack\n'), '0000', packet('version 2\n'), packet('agent=git/2.39\n')],
        ...[packet('fetch=shallow filter wait-for-done\n'), packet('object-format=sha1\n'), '0000'],
      ),
      text(
        packet(`${blob.id} HEAD\0multi_ack side-band-64k filter object-format=sha1 agent=git/2.39\n`),
        ...[
          packet(`${blob.id} refs/heads/main\n`),
          packet(`${next.id} refs/tags/v1^{}\n`),
          packet(`shallow ${tree.id}`),
        ],
        '0000',
      ),
    ],
    read: (bytes) => readAdvertisement(readerOf(bytes), (ref) => ref.startsWith('refs/')),
    declared: noOrDataError,
  },
  {
    name: 'a list of refs',
    inputs: [
      text(packet(`${blob.id} refs/heads/main\n`), packet('unborn HEAD\n'), packet(`${next.id} refs/x y\n`), '0000'),
    ],
    read: (bytes) => readRefs(readerOf(bytes), 1_000),
    declared: noOrDataError,
  },
  {
    name: 'the answer to a fetch',
    inputs: [
      Buffer.concat([
        text(packet('shallow-info\n'), packet(`shallow ${commit.id}\n`), '0001', packet('packfile\n')),
        ...[band(2, 'counting\n'), band(1, whole), text('0000')],
      ]),
    ],
    read: (bytes) => drained(readFetch(readerOf(bytes))),
    declared: noOrDataError,
  },
  {
    name: 'the answer to an old fetch',
    inputs: [
      Buffer.concat([text(packet(`shallow ${commit.id}`), '0000', packet('NAK\n')), band(1, whole), text('0000')]),
    ],
    read: (bytes) => drained(readOldFetch(readerOf(bytes), true)),
    declared: noOrDataError,
  },
  {
    name: 'the answer to an old fetch without bands',
    inputs: [Buffer.concat([text(packet(`ACK ${commit.id}\n`), packet('NAK\n')), whole])],
    read: (bytes) => drained(readOldFetch(readerOf(bytes), false)),
    declared: noOrDataError,
  },
  {
    name: "a push's report",
    inputs: [report, Buffer.concat([band(2, 'remote: hello\r\x1b[31mred\n'), band(1, report), text('0000')])],
    read: (bytes) => readReport(readerOf(bytes)),
    declared: noOrDataError,
  },
  { name: 'a pack', inputs: [whole, thin, byOffset()], read: readPack, declared: dataError },
  {
    name: 'a pack with the right checksum',
    inputs: [whole, thin, byOffset()],
    mend: (bytes) => summed(bytes.subarray(0, -20)),
    read: readPack,
    declared: dataError,
  },
  {
    name: 'a delta',
    inputs: [
      makeDelta(blob.content, next.content) ?? Buffer.alloc(0),
      Buffer.from([
        0x80 | (blob.content.byteLength & 0x7f),
        blob.content.byteLength >> 7,
        4,
        0x91,
        2,
        2,
        2,
        0x61,
        0x62,
      ]),
    ],
    read: (bytes) => {
      deltaTargetSize(bytes);
      applyDelta(blob.content, bytes, 1024 * 1024);
    },
    declared: dataError,
  },
  {
    name: 'a tree',
    inputs: [tree.content],
    read: (bytes) => {
      entryNamed(bytes, Buffer.from('values.yaml'), 'sha1');
      for (const { mode } of parseTree(bytes, 'sha1')) entryKind(mode);
    },
    declared: dataError,
  },
  {
    name: 'a commit',
    inputs: [commit.content],
    read: (bytes) => {
      messageOf(bytes);
      parseCommit(bytes, 'sha1');
    },
    declared: dataError,
  },
];
