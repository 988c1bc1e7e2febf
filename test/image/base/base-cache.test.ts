import { createCipheriv } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openBaseCache } from '../../../src/image/base/cache.ts';
import { fromRecord, type NodeRecord, toRecord } from '../../../src/image/tree/record.ts';
import { dirOf, type Node } from '../../../src/image/tree/tree.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { pushBaseImage, tarOf } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, contentsOf, planFor, writeContext } from '../images.ts';

// Doesn't compress: as large in the registry as it is here.
const noise = createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16)).update(Buffer.alloc(5_000_000));

async function registryWithBase() {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const tar = await tarOf(
    { name: 'etc/', type: 'directory', mode: 0o755 },
    { name: 'etc/passwd', body: 'root:x:0:0::/:\napp:x:71:72::/:\n' },
    { name: 'srv/', type: 'directory', mode: 0o2770, uid: 5, gid: 6 },
    { name: 'www', type: 'symlink', linkname: 'srv' },
    { name: 'usr/noise', body: noise.toString('latin1') },
    { name: 'usr/again', type: 'link', linkname: 'usr/noise' },
  );
  await pushBaseImage(registry.host, { repository: 'base', tag: '1', layers: [tar] });
  const layerReads = () =>
    registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/base/blobs/')).length;
  return { ...registry, layerReads };
}

it('a base that this machine knows is not read again, and the image is the same', async () => {
  const { host, layerReads } = await registryWithBase();
  const [home, dir] = [await tempDir(), await tempDir()];
  await writeContext(dir, { Dockerfile: `FROM ${host}/base:1\nCOPY --chown=app a /www/\nWORKDIR /srv/x\n`, a: 'a' });
  // By its fingerprint, the same input would be the image of before.
  const make = (tag: string, env: Record<string, string>) =>
    build(testWorld({ env }), planFor(host, dir, { tag }), {}, { rebuild: true });
  const { digest } = await make('1', { HOME: home });
  const [name = ''] = await readdir(join(home, '.cache/tagboat/bases-2'));
  const kept = join(home, '.cache/tagboat/bases-2', name);
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  // Its config and its layer.
  expect(layerReads()).toBe(2);
  expect((await make('2', { HOME: home })).digest).toBe(digest);
  expect(layerReads()).toBe(3);
  expect((await contentsOf(host, 'app', '2')).files).toMatchObject({
    'srv/a': expect.stringMatching(/^file 644 71:72/),
  });
  // Half of it is none of it: the base is read, and kept anew.
  await writeFile(kept, (await readFile(kept)).subarray(0, 50));
  expect((await make('3', { HOME: home })).digest).toBe(digest);
  expect(layerReads()).toBe(5);
  expect((await stat(kept)).size).toBeGreaterThan(50);
  // Nowhere to keep it: then it is read each time.
  for (const env of [{}, { XDG_CACHE_HOME: '/dev/null/x' }]) expect((await make('4', env)).digest).toBe(digest);
  expect(layerReads()).toBe(9);
});

it('a file of a known base that is wanted after all is read from the registry', async () => {
  const { host } = await registryWithBase();
  const [home, dir] = [await tempDir(), await tempDir()];
  const tar = await tarOf({ name: 'here', type: 'link', linkname: 'usr/noise' });
  await writeContext(dir, { Dockerfile: `FROM ${host}/base:1\nCOPY a /\n`, a: 'a', 't.tar': { bytes: tar } });
  const world = () => testWorld({ env: { HOME: home } });
  await build(world(), planFor(host, dir));
  await writeContext(dir, { Dockerfile: `FROM ${host}/base:1\nADD t.tar /usr/../\n` });
  await build(world(), planFor(host, dir, { tag: 'u' }));
  expect((await contentsOf(host, 'app', 'u')).files.here).toMatch(/^file 644 0:0 \d{7}/);
});

it('a tree comes back from its record as it was', async () => {
  const meta = { mode: 0o4755, uid: 1, gid: 2, mtime: 3 };
  const inode = {};
  const empty = { size: 9, read: () => [] as unknown as AsyncIterable<Uint8Array> };
  const nodes: [string, Node][] = [
    ['__proto__', { is: 'file', ...meta, content: empty, inode }],
    ['twin', { is: 'file', ...meta, content: empty, inode, xattrs: new Map([['SCHILY.xattr.user.a', '\xff']]) }],
    ['link', { is: 'link', ...meta, mtime: undefined, target: '../x' }],
    ['null', { is: 'char', ...meta, major: 1, minor: 3 }],
    ['dir', dirOf(meta, new Map([['pipe', { is: 'fifo', ...meta, major: 0, minor: 0 }]]))],
  ];
  const record = await toRecord(dirOf(meta, new Map(nodes)));
  const back = fromRecord(JSON.parse(JSON.stringify(record)) as NodeRecord);
  expect(await toRecord(back as ReturnType<typeof dirOf>)).toEqual(record);
  if (back.is !== 'dir') throw new Error('the root is no folder');
  const children = await back.children();
  const [one, two] = [children.get('__proto__'), children.get('twin')];
  expect(one?.is === 'file' && two?.is === 'file' && one.inode === two.inode && one.inode !== undefined).toBe(true);
});

it('no more than 32 trees are kept, those used last', async () => {
  const home = await tempDir();
  const cache = openBaseCache({ XDG_CACHE_HOME: home });
  const dir = join(home, 'tagboat/bases-2');
  await mkdir(dir, { recursive: true });
  for (let n = 0; n < 40; n++) {
    await writeFile(join(dir, `${n}.json`), '{}');
    await utimes(join(dir, `${n}.json`), n, n);
  }
  cache.save(digestOf('x'), dirOf({ mode: 0o755, uid: 0, gid: 0, mtime: undefined }));
  await cache.settled();
  const left = await readdir(dir);
  expect(left).toHaveLength(32);
  expect(left).toContain('39.json');
  expect(left).not.toContain('8.json');
  expect(await cache.load(digestOf('x'))).toMatchObject({ is: 'dir', mode: 0o755 });
});
