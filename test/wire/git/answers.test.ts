import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAdvertisement } from '../../../src/wire/git/capabilities.ts';
import { GitDataError, GitNo } from '../../../src/wire/git/failure.ts';
import { fetchRequest, oldFetchRequest, readFetch, readOldFetch } from '../../../src/wire/git/fetch.ts';
import { ByteReader } from '../../../src/wire/git/pack/bytes.ts';
import { packet } from '../../../src/wire/git/pktline.ts';
import { isTaken, pushRequest, readReport } from '../../../src/wire/git/push.ts';
import { isRefNamed, readRefs, refsRequest } from '../../../src/wire/git/refs.ts';
import { runs } from '../../support/runs.ts';
import { readerOf } from './chunks.ts';

const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
const from = (text: string): ByteReader => readerOf(Buffer.from(text, 'latin1'), [11]);
const band = (number: number, text: string): string => packet(String.fromCharCode(number) + text);

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1');
}

describe('an advertisement', () => {
  it('of version 2 is read with and without the service in front', async () => {
    const body = `${packet('version 2\n')}${packet('agent=x\n')}${packet('ls-refs=unborn\n')}${packet('object-format=sha256\n')}${packet('fetch=shallow filter\n')}${packet('server-option\n')}0000`;
    const wanted = { version: 2, format: 'sha256', fetch: new Set(['shallow', 'filter']) };
    expect(await readAdvertisement(from(body), () => true)).toEqual(wanted);
    const service = `${packet('# service=git-upload-pack\n')}0000`;
    expect(await readAdvertisement(from(service + body), () => true)).toEqual(wanted);
  });

  it.each(['', packet('version 1\n')])('of version 0 or 1 keeps the refs that are wanted (%j)', async (version) => {
    const refs = `${packet(`${a} HEAD\0shallow filter object-format=sha1 agent=x\n`)}${packet(`${b} refs/heads/main\n`)}${packet(`${a} refs/heads/other\n`)}${packet(`shallow ${a}\n`)}0000`;
    const read = await readAdvertisement(
      from(`${packet('# service=git-upload-pack\n')}0000${version}${refs}`),
      (ref) => ref === 'refs/heads/main',
    );
    expect(read).toMatchObject({ version: 0, format: 'sha1', refs: new Map([['refs/heads/main', b]]) });
    expect(read.version === 0 && read.capabilities.has('filter')).toBe(true);
  });

  it('of version 0 may name no capabilities at all', async () => {
    const read = await readAdvertisement(from(`${packet(`${a} refs/heads/main\n`)}0000`), () => true);
    expect(read).toEqual({
      version: 0,
      format: 'sha1',
      capabilities: new Set(),
      refs: new Map([['refs/heads/main', a]]),
    });
  });

  it('of an empty repository has no refs', async () => {
    const line = packet(`${'0'.repeat(40)} capabilities^{}\0report-status\n`);
    expect(await readAdvertisement(from(`${line}0000`), () => true)).toMatchObject({ version: 0, refs: new Map() });
  });

  it.each([
    ['that ends early', packet('version 2\n'), GitDataError],
    ['in which git says no', packet('ERR not here\n'), GitNo],
    ['that is something else', `${packet('<html>\n')}0000`, GitDataError],
    ['of a format nobody knows', `${packet('version 2\n')}${packet('object-format=md5\n')}0000`, GitDataError],
  ])('%s is refused', async (_, text, kind) => {
    await expect(readAdvertisement(from(text), () => true)).rejects.toBeInstanceOf(kind);
  });
});

describe('a list of refs', () => {
  it('asks for prefixes, and names the format only where it is not the usual one', () => {
    expect(refsRequest(['refs/heads/main'], 'sha1')).toBe(
      `${packet('command=ls-refs\n')}0001${packet('ref-prefix refs/heads/main\n')}0000`,
    );
    expect(refsRequest([], 'sha256')).toContain('object-format=sha256');
  });

  it('is read up to its limit', async () => {
    const lines = `${packet('unborn HEAD\n')}${packet(`${a} refs/heads/main\n`)}${packet(`${b} refs/heads/x\n`)}0000`;
    expect([...(await readRefs(from(lines), 10))]).toEqual([
      ['refs/heads/main', a],
      ['refs/heads/x', b],
    ]);
    expect([...(await readRefs(from(lines), 1))]).toEqual([['refs/heads/main', a]]);
    expect([...(await readRefs(from(lines), 1, (ref) => ref.endsWith('x')))]).toEqual([['refs/heads/x', b]]);
  });

  it('is of whole names and of folders', () => {
    const names = ['refs/heads/main', 'refs/tagboat/intents/main/'];
    expect(isRefNamed('refs/heads/main', names)).toBe(true);
    expect(isRefNamed('refs/heads/main-2', names)).toBe(false);
    expect(isRefNamed('refs/tagboat/intents/main/1', names)).toBe(true);
    expect(isRefNamed('refs/tagboat/intents/main-2/1', names)).toBe(false);
  });

  it('that is empty is not the same as no answer', async () => {
    expect(await readRefs(from('0000'), 10)).toEqual(new Map());
    await expect(readRefs(from(''), 10)).rejects.toBeInstanceOf(GitNo);
    await expect(readRefs(from(packet(`${a} refs/heads/main\n`)), 10)).rejects.toMatchObject({ kind: 'cut' });
    await expect(readRefs(from(packet('ERR no\n')), 10)).rejects.toMatchObject({ words: 'no' });
  });
});

describe('a fetch', () => {
  it('says what it wants in the words of each version', () => {
    const wanted = { wants: [a, b], haves: [a], depth: 1, filter: 'tree:1' };
    expect(fetchRequest(wanted, 'sha1')).toBe(
      `${packet('command=fetch\n')}0001${packet(`want ${a}\n`)}${packet(`want ${b}\n`)}${packet('no-progress\n')}${packet('ofs-delta\n')}${packet('filter tree:1\n')}${packet('deepen 1\n')}${packet(`have ${a}\n`)}${packet('done\n')}0000`,
    );
    expect(oldFetchRequest(wanted, 'sha1', new Set(['ofs-delta', 'side-band', 'side-band-64k', 'x']))).toBe(
      `${packet(`want ${a} ofs-delta side-band-64k filter\n`)}${packet(`want ${b}\n`)}${packet('filter tree:1\n')}${packet('deepen 1\n')}0000${packet(`have ${a}\n`)}${packet('done\n')}`,
    );
    const usual = new Set([
      'multi_ack',
      'multi_ack_detailed',
      'thin-pack',
      'ofs-delta',
      'no-progress',
      'side-band-64k',
    ]);
    expect(oldFetchRequest({ wants: [a], haves: [b], shallows: [b] }, 'sha256', usual)).toBe(
      `${packet(`want ${a} multi_ack_detailed thin-pack ofs-delta no-progress side-band-64k object-format=sha256\n`)}${packet(`shallow ${b}\n`)}0000${packet(`have ${b}\n`)}${packet('done\n')}`,
    );
    expect(oldFetchRequest({ wants: [a] }, 'sha1', new Set(['multi_ack']))).toBe(
      `${packet(`want ${a} multi_ack\n`)}0000${packet('done\n')}`,
    );
    expect(oldFetchRequest({ wants: [a] }, 'sha1', new Set())).toBe(`${packet(`want ${a}\n`)}0000${packet('done\n')}`);
  });

  it('finds the pack behind the other sections, and its bands', async () => {
    const text = `${packet('shallow-info\n')}${packet(`shallow ${a}\n`)}0001${packet('packfile\n')}${band(2, 'progress')}${band(1, 'PA')}${band(1, 'CK')}0000`;
    expect(await textOf(readFetch(from(text)))).toBe('PACK');
  });

  it.each([
    ['with bands', `${packet(`shallow ${a}\n`)}0000${packet('NAK\n')}${band(1, 'PACK')}0000`, true],
    [
      'with bands behind two acknowledgments',
      `${packet(`ACK ${a}\n`)}${packet(`ACK ${a}\n`)}${band(1, 'PACK')}0000`,
      true,
    ],
    [
      'behind what multi_ack says of each commit in common',
      `${packet(`ACK ${a} common\n`)}${packet(`ACK ${a} ready\n`)}${packet('NAK')}${packet(`ACK ${a}`)}${band(1, 'PACK')}0000`,
      true,
    ],
    ['without bands', `${packet('NAK\n')}PACK`, false],
  ])('of version 0 finds the pack %s', async (_, text, bands) => {
    expect(await textOf(readOldFetch(from(text), bands))).toBe('PACK');
  });

  it.each([
    ['nothing at all', '', { name: 'GitNo', words: undefined }],
    ['a refusal', packet('ERR no\n'), { name: 'GitNo', words: 'no' }],
    ['a refusal on the band for it', `${packet('packfile\n')}${band(3, 'no\n')}`, { name: 'GitNo', words: 'no' }],
    ['no pack', '0000', { kind: 'malformed' }],
    ['a band nobody knows', `${packet('packfile\n')}${band(9, 'x')}0000`, { kind: 'malformed' }],
    ['an end before the pack', packet('shallow-info\n'), { kind: 'cut' }],
    ['an end before the end mark', `${packet('packfile\n')}${band(1, 'PACK')}`, { kind: 'cut' }],
  ])('that is answered with %s fails as that', async (_, text, failure) => {
    await expect(textOf(readFetch(from(text)))).rejects.toMatchObject(failure);
  });
});

describe('a push', () => {
  const report = (...lines: string[]): string => `${lines.map(packet).join('')}0000`;

  it('has the old id as its lock, and asks for all or none when there are several refs', () => {
    const update = { ref: 'refs/heads/main', from: a, to: b };
    expect(pushRequest([update], 'sha1')).toBe(
      `${packet(`${a} ${b} refs/heads/main\0 report-status side-band-64k`)}0000`,
    );
    const two = pushRequest([update, { ref: 'refs/x', from: b, to: a }], 'sha256');
    expect(two).toContain('atomic object-format=sha256');
    expect(two.endsWith(`${packet(`${b} ${a} refs/x`)}0000`)).toBe(true);
  });

  it.each([
    [
      'in bands',
      (text: string) =>
        `${band(2, 'Checking\rChecking done\n\u001b[1mnot on a Friday\u001b[0m\n')}${band(1, text)}0000`,
    ],
    ['in bands that cut it anywhere', (text: string) => `${[...text].map((one) => band(1, one)).join('')}0000`],
    ['without bands', (text: string) => text],
  ])('reads its report %s', async (_, wrap) => {
    const text = report('unpack ok\n', 'ok refs/heads/main\n', 'ng refs/x pre-receive hook declined\n', 'option x\n');
    const read = await readReport(from(wrap(text)));
    expect(read.unpack).toBe('ok');
    expect([...read.refs]).toEqual([
      ['refs/heads/main', undefined],
      ['refs/x', 'pre-receive hook declined'],
    ]);
    if (read.said !== '') expect(read.said).toBe('Checking done\nnot on a Friday');
  });

  it.each<[string, string[], boolean]>([
    ['of all refs', ['unpack ok', 'ok refs/heads/main', 'ok refs/x'], true],
    ['of one ref alone', ['unpack ok', 'ok refs/heads/main'], false],
    ['of another ref', ['unpack ok', 'ok refs/heads/main', 'ok refs/xy'], false],
    ['of a ref that was refused', ['unpack ok', 'ok refs/heads/main', 'ng refs/x stale info'], false],
    ['of a ref that was refused without a reason', ['unpack ok', 'ok refs/heads/main', 'ng refs/x'], false],
    ['of no ref', ['unpack ok'], false],
    ['of refs though unpacking failed', ['unpack no space', 'ok refs/heads/main', 'ok refs/x'], false],
  ])('counts as taken when the report tells %s: %j', async (_, lines, taken) => {
    const updates = ['refs/heads/main', 'refs/x'].map((ref) => ({ ref, from: a, to: b }));
    expect(isTaken(await readReport(from(report(...lines.map((line) => `${line}\n`)))), updates)).toBe(taken);
  });

  it('keeps what the server says beside its report, up to a limit', async () => {
    const text = `${band(2, 'x'.repeat(5_000))}${band(2, 'y'.repeat(5_000))}${band(2, 'z\n')}${band(1, report('unpack ok\n'))}0000`;
    const { said } = await readReport(from(text));
    expect(said.length).toBeLessThanOrEqual(8 * 1_024);
    expect(said).toMatch(/^x{5000}/);
    const full = `${band(2, 'x'.repeat(8_192))}${band(1, report('unpack ok\n'))}0000`;
    expect((await readReport(from(full))).said).toHaveLength(8_192);
  });

  it('is reported on as many refs as any push may move, and a refusal always has a reason', async () => {
    const lines = Array.from({ length: 10_000 }, (_, number) => `ng refs/heads/${number}\n`);
    const text = Buffer.from(report('unpack ok\n', ...lines));
    const { refs } = await readReport(readerOf(text, [text.byteLength]));
    expect([refs.size, refs.get('refs/heads/0')]).toEqual([10_000, 'refused']);
  });

  it('is refused in the words of a server that answers with an error, in bands or without', async () => {
    const refused = packet('ERR the repository is read-only\n');
    for (const text of [refused, `${band(1, refused)}0000`]) {
      await expect(readReport(from(text))).rejects.toMatchObject({ words: 'the repository is read-only' });
    }
  });

  it('tells a failed unpacking in the words of the server', async () => {
    const read = await readReport(
      from(report('unpack index-pack abnormal exit\n', 'ng refs/heads/main unpacker error\n')),
    );
    expect(read).toMatchObject({ unpack: 'index-pack abnormal exit' });
  });

  it.each([
    ['nothing at all', '', GitNo],
    ['words alone', `${band(2, 'fatal: no space\n')}0000`, GitNo],
    ['an end before the report', band(2, 'x\n'), GitDataError],
    ['a flush alone', '0000', GitDataError],
    ['a page', '<html>', GitDataError],
  ])('that is answered with %s has no report', async (_, text, kind) => {
    await expect(readReport(from(text))).rejects.toBeInstanceOf(kind);
  });

  it('is not listened to without end', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      for (let number = 0; ; number++) yield Buffer.from(packet(`ok refs/heads/${number}\n`));
    }
    await expect(readReport(new ByteReader(endless()))).rejects.toMatchObject({ kind: 'tooLarge' });
  });
});

it('any bytes for any answer end with a value, a GitDataError or a GitNo', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '0000',
      '0001',
      '0002',
      packet('packfile\n'),
      packet('NAK\n'),
      packet('unpack ok\n'),
      packet('version 2\n'),
    ),
    fc.string({ maxLength: 20 }).map(packet),
    fc.string({ maxLength: 20 }).map((text) => band(1, text)),
    fc.string({ maxLength: 8 }),
  );
  const readers: ((reader: ByteReader) => Promise<unknown>)[] = [
    (reader) => readAdvertisement(reader, () => true),
    (reader) => readRefs(reader, 5),
    (reader) => textOf(readFetch(reader)),
    (reader) => textOf(readOldFetch(reader, true)),
    readReport,
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.constantFrom(...readers), async (pieces, read) => {
      const end = await read(from(pieces.join(''))).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(end === undefined || end instanceof GitDataError || end instanceof GitNo).toBe(true);
    }),
    { numRuns: runs(500) },
  );
});
