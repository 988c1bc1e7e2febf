import { describe, expect, it } from 'vitest';
import { createTipReader, type TipReader } from '../../../src/wire/git/reader.ts';
import { openRemote } from '../../../src/wire/git/remote.ts';
import type { GitHosts } from '../../../src/wire/world.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const files = { 'main/values.yaml': 'a: 1\n', 'apps/one/values.yaml': 'b: 1\n', 'top.yaml': 'c: 1\n' };

async function readerOn(
  url: string,
  gitHosts: GitHosts = new Map(),
  between: (pack: AsyncIterable<Buffer>) => AsyncIterable<Buffer> = (pack) => pack,
): Promise<{ reader: TipReader; tip: () => Promise<string> }> {
  const world = { ...testWorld({ clock: jumpingClock() }), gitHosts };
  const notice = () => undefined;
  const deadline = world.clock.now() + 60_000;
  const remote = openRemote(world, { url, authorization: undefined, idleMs: 5_000, deadline, notice });
  const tip = async () => (await remote.refs(['refs/heads/main'], 10)).get('refs/heads/main') ?? '';
  const fetch: typeof remote.fetch = (wanted, read) => remote.fetch(wanted, (pack) => read(between(pack)));
  return { reader: createTipReader({ ...remote, fetch }, { fileLimit: 1_000, notice }), tip };
}

describe.skipIf(noHttpBackend !== undefined)(`reading files at a tip${skipNote}`, () => {
  it('asks for nothing a second time', async () => {
    const host = await gitHost();
    const { reader, tip } = await readerOn(await host.createRepo('config', { files }));
    const id = await tip();
    const first = await reader.read(id, Object.keys(files));
    const asked = host.requests.length;
    expect(await reader.read(id, Object.keys(files))).toEqual(first);
    expect(await reader.read(id, ['main/values.yaml'])).toMatchObject({ commit: id });
    expect(host.requests).toHaveLength(asked);
  });

  it('asks only for what differs at another tip', async () => {
    const host = await gitHost();
    const { reader, tip } = await readerOn(await host.createRepo('config', { files }));
    await reader.read(await tip(), Object.keys(files));
    await host.commit('config', { files: { 'apps/one/values.yaml': 'b: 2\n' } });
    const next = await tip();
    const asked = host.requests.length;
    const found = (await reader.read(next, Object.keys(files))).files.get('apps/one/values.yaml');
    expect(found?.is === 'file' && found.blob.content.toString()).toBe('b: 2\n');
    // The folders at once, then the file.
    expect(host.requests).toHaveLength(asked + 2);
  });

  it('asks for a folder with its files and for files beside it at once, and tells of one that is too large', async () => {
    const host = await gitHost();
    const large = { ...files, 'large.yaml': 'x'.repeat(1_001) };
    const { reader, tip } = await readerOn(await host.createRepo('config', { files: large }));
    const id = await tip();
    const asked = host.requests.length;
    const both = await reader.read(id, ['main/values.yaml', 'top.yaml']);
    expect([...both.files.values()].map(({ is }) => is)).toEqual(['file', 'file']);
    // The commit with the root, then everything else.
    expect(host.requests.length - asked).toBe(2);
    const found = await reader.read(id, ['apps/one/values.yaml', 'large.yaml']);
    expect(found.files.get('large.yaml')).toEqual({ is: 'tooLarge', size: 1_001 });
    expect(found.files.get('apps/one/values.yaml')?.is).toBe('file');
  });

  it.each([
    ['at the top', 'large.bin', 'apps/one/values.yaml'],
    ['on the way', 'apps/large.bin', 'apps/one/values.yaml'],
    ['on a longer way', 'apps/two/large.bin', 'apps/two/eu/prod/values.yaml'],
    ['beside where nothing is', 'large.bin', 'apps/none/values.yaml'],
  ])('doesn’t stumble over a file too large to be read %s', async (_, large, path) => {
    const host = await gitHost();
    const all = { ...files, 'apps/two/eu/prod/values.yaml': 'd: 1\n', [large]: 'x'.repeat(1_001) };
    const { reader, tip } = await readerOn(await host.createRepo('config', { files: all }));
    const found = await reader.read(await tip(), [path, 'top.yaml', large]);
    expect(found.files.get(path)?.is).toBe(path in all ? 'file' : 'missing');
    expect(found.files.get('top.yaml')?.is).toBe('file');
    expect(found.files.get(large)).toEqual({ is: 'tooLarge', size: 1_001 });
  });

  it('tells what is there in place of a file, at every depth', async () => {
    const host = await gitHost();
    const { reader, tip } = await readerOn(await host.createRepo('config', { files }));
    const paths = ['main', 'apps/one', 'apps/two/values.yaml', 'top.yaml/x', 'none'];
    const snapshot = await reader.read(await tip(), paths);
    expect(paths.map((path) => snapshot.files.get(path)?.is)).toEqual([
      'folder',
      'folder',
      'missing',
      'fileOnTheWay',
      'missing',
    ]);
    expect(snapshot.files.get('apps/two/values.yaml')).toMatchObject({ folder: 'apps', names: ['one'] });
  });
});

const noDepth = { 'uploadpackfilter.tree.maxDepth': '0' };
const gitHub = { 'x-github-request-id': '8A3E:1' };
const deep = 'a/b/c/d/values.yaml';
const few = { ...files, [deep]: 'd: 1\n' };

/** A thousand folders with a file each, as a config repo of many services has them. */
const services = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`apps/${at}/values.yaml`, `t: ${at}\n`]));

describe.skipIf(noHttpBackend !== undefined)(`how often a host is asked for files${skipNote}`, () => {
  it.each([
    ['main/values.yaml', 'that allows all', {}, {}, [2, 2]],
    [deep, 'that allows all', {}, {}, [2, 2]],
    ['top.yaml', 'that allows all', {}, {}, [2, 2]],
    // Asked once for what it refuses; the next repository of the run is read as the first one taught.
    ['main/values.yaml', 'that allows no depth', noDepth, {}, [3, 2]],
    [deep, 'that allows no depth', noDepth, {}, [3, 2]],
    ['main/values.yaml', 'that allows no depth and is GitHub', noDepth, gitHub, [2, 2]],
    [deep, 'that allows no depth and is GitHub', noDepth, gitHub, [2, 2]],
    ['top.yaml', 'that allows no depth and is GitHub', noDepth, gitHub, [2, 2]],
    // A wrong belief costs nothing where the weaker question has its answer too.
    [deep, 'that allows all and says it is GitHub', {}, gitHub, [2, 2]],
  ] as const)('%s on a host %s', async (path, _, config, headers, counts) => {
    const host = await gitHost({ headers });
    const url = await host.createRepo('config', { files: few, config });
    const gitHosts: GitHosts = new Map();
    const asked: number[] = [];
    for (const __ of counts) {
      const { reader, tip } = await readerOn(url, gitHosts);
      const id = await tip();
      const before = host.requests.length;
      const found = await reader.read(id, [path]);
      expect(found.files.get(path)?.is).toBe('file');
      asked.push(host.requests.length - before);
    }
    expect(asked).toEqual(counts);
  });

  it('reads a thousand services’ folders at once, and few bytes of them at the next tip', async () => {
    const host = await gitHost({ headers: gitHub });
    const { reader, tip } = await readerOn(await host.createRepo('config', { files: services, config: noDepth }));
    await reader.read(await tip(), ['apps/7/values.yaml']);
    const bytes = () => host.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    expect(bytes()).toBeLessThan(96 * 1024);
    const before = host.requests.length;
    await host.commit('config', { files: { 'apps/9/values.yaml': 't: new\n' } });
    const next = await reader.read(await tip(), ['apps/9/values.yaml']);
    expect(next.files.get('apps/9/values.yaml')?.is).toBe('file');
    // Refs; the commit alone; root, apps, 9, and the file, each by its id: the list of all folders was too long to come again.
    expect(host.requests.length - before).toBeLessThanOrEqual(6);
  });

  it('doesn’t look at what follows the folders on the way, and keeps its connection', async () => {
    const host = await gitHost({ headers: gitHub });
    const spoilt = async function* (pack: AsyncIterable<Buffer>) {
      let at = 0;
      for await (const chunk of pack) {
        for (let byte = Math.max(0, 40_960 - at); byte < chunk.byteLength; byte += 1) chunk[byte] = 0xff;
        at += chunk.byteLength;
        yield chunk;
      }
    };
    const url = await host.createRepo('config', { files: services, config: noDepth });
    const { reader, tip } = await readerOn(url, new Map(), spoilt);
    const found = await reader.read(await tip(), ['apps/0/values.yaml']);
    expect(found.files.get('apps/0/values.yaml')?.is).toBe('file');
    expect(new Set(host.requests.map(({ connection }) => connection)).size).toBe(1);
    const later = await reader.read(await tip(), ['apps/999/values.yaml']);
    expect(later.files.get('apps/999/values.yaml')?.is).toBe('file');
  });

  it.each([
    // Refs; the list that is broken off; the folder of the apps with all below it; the file.
    ['few', 400, 4, 2],
    // That is broken off too: 19999 and prod come by their ids.
    ['many', 10, 6, 3],
  ])('stops reading folders that are too many, and asks for those on the way, with %s below', async (...given) => {
    const [, groups, requests, connections] = given;
    const host = await gitHost({ headers: gitHub });
    const many = function* () {
      for (let at = 0; at < 20_000; at += 1)
        yield [`apps/${at % groups}/${at}/prod/values.yaml`, `t: ${at}\n`] as const;
    };
    const { reader, tip } = await readerOn(await host.createRepo('config', { files: many(), config: noDepth }));
    const path = `apps/${groups - 1}/19999/prod/values.yaml`;
    const found = await reader.read(await tip(), [path]);
    expect(found.files.get(path)?.is).toBe('file');
    expect(host.requests).toHaveLength(requests);
    // What nobody read was given up with its connection.
    expect(new Set(host.requests.map(({ connection }) => connection)).size).toBe(connections);
  });
});
