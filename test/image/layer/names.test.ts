import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openContext } from '../../../src/image/context/context.ts';
import { nameBytes, nameOf } from '../../../src/image/layer/names.ts';
import { parseManifest } from '../../../src/wire/oci/manifest.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { all, clientOf } from '../../support/oci.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, planFor } from '../images.ts';

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
const inDir = (dir: string, name: Buffer) => Buffer.concat([Buffer.from(`${dir}/`), name]);
const buffers = (dir: string) => readdirSync(dir, { encoding: 'buffer' }).sort(Buffer.compare);

describe('names that are not UTF-8', () => {
  it('keep their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (name) => {
        expect(nameBytes(nameOf(name))).toEqual(Buffer.from(name));
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => nameOf(Buffer.from(text)) === text));
  });

  it('stay what they are on their way from an archive and a base image into an image', async () => {
    const odd = [bytes('caf', 0xe9), bytes('caf', 0xe8), bytes('n'.repeat(120), 0xff), bytes('é')].sort(Buffer.compare);
    const link = bytes('to', 0xe9);
    const dir = await tempDir();
    const tree = join(dir, 'tree');
    mkdirSync(tree);
    for (const [at, name] of odd.entries()) writeFileSync(inDir(tree, name), String(at));
    symlinkSync(link, inDir(tree, bytes('z', 0xe9)));
    const names = buffers(tree);
    const packed = (format: string) =>
      execFileSync('tar', [`--format=${format}`, '-C', tree, '-cf', '-', '.'], {
        env: { ...process.env, LC_ALL: 'C' },
      });
    const registry = await startOwnRegistry();
    onTestFinished(() => registry.close());
    await pushBaseImage(registry.host, { repository: 'base', tag: '1', layers: [packed('gnu')] });
    await writeFile(join(dir, 'data.tar'), packed('pax'));
    await writeFile(
      join(dir, 'Dockerfile'),
      `FROM scratch\nADD data.tar /added/\nCOPY --from=${registry.host}/base:1 / /copied/\n`,
    );
    await build(testWorld(), planFor(registry.host, dir));

    const client = clientOf(registry.host);
    const found = await client.getManifest('app', 't');
    const manifest = found && parseManifest(found);
    const out = join(dir, 'out');
    mkdirSync(out);
    for (const layer of manifest?.is === 'image' ? manifest.layers : []) {
      const tar = gunzipSync(await all(await client.getBlob('app', layer)));
      await writeFile(join(dir, 'layer.tar'), tar);
      execFileSync('tar', ['-C', out, '-xf', join(dir, 'layer.tar')], { env: { ...process.env, LC_ALL: 'C' } });
    }
    for (const place of ['added', 'copied']) {
      expect(buffers(join(out, place))).toEqual(names);
      for (const [at, name] of odd.entries())
        expect(String(await readFile(inDir(join(out, place), name)))).toBe(String(at));
      expect(readlinkSync(inDir(join(out, place), bytes('z', 0xe9)), { encoding: 'buffer' })).toEqual(link);
    }
  });

  it('are refused in the build context, the targets of links too, and no other file is taken for them', async () => {
    for (const make of [
      (dir: string) => {
        writeFileSync(join(dir, 'a\ufffd'), 'plain');
        writeFileSync(inDir(dir, bytes('a', 0xff)), 'odd');
      },
      (dir: string) => symlinkSync(bytes('a', 0xff), join(dir, 'link')),
    ]) {
      const dir = await tempDir();
      make(dir);
      const context = await openContext('app', dir, undefined);
      await expect(context.root.children()).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' });
    }
    const dir = await tempDir();
    writeFileSync(join(dir, 'a\ufffd'), 'plain');
    expect([...(await (await openContext('app', dir, undefined)).root.children()).keys()]).toEqual(['a\ufffd']);
  });
});
