import { describe, expect, it } from 'vitest';
import { createTipReader, type TipReader } from '../../../src/wire/git/reader.ts';
import { openRemote } from '../../../src/wire/git/remote.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const files = { 'main/values.yaml': 'a: 1\n', 'apps/one/values.yaml': 'b: 1\n', 'top.yaml': 'c: 1\n' };

async function readerOn(url: string): Promise<{ reader: TipReader; tip: () => Promise<string> }> {
  const world = testWorld({ clock: jumpingClock() });
  const notice = () => undefined;
  const deadline = world.clock.now() + 60_000;
  const remote = openRemote(world, { url, authorization: undefined, idleMs: 5_000, deadline, notice });
  const tip = async () => (await remote.refs(['refs/heads/main'], 10)).get('refs/heads/main') ?? '';
  return { reader: createTipReader(remote, { fileLimit: 1_000, notice }), tip };
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
    // The root, apps, and one with its file.
    expect(host.requests).toHaveLength(asked + 3);
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
