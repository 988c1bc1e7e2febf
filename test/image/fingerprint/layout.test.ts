import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { layoutConfig, layoutDigest } from '../../../src/image/fingerprint/layout.ts';
import { Undecided } from '../../../src/image/fingerprint/undecided.ts';
import { previewImage } from '../../../src/image/image.ts';
import type { NamedContext } from '../../../src/plan/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import { tempDir } from '../../support/git-host.ts';
import { writeLayout, writeLayoutOfIndex } from '../../support/oci-layout.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { type Files, imageRun, planFor, writeContext } from '../images.ts';

const image = (env: string, more = {}) => ({ layers: [[{ name: 'f', body: env }]], config: { Env: [env] }, ...more });
const at = (dir: string, tag?: string, digest?: string) => ({ dir, tag, digest });

describe('an OCI layout', () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const layout = async (...digests: string[]) => {
    const dir = await tempDir();
    const manifests = digests.map((one) => ({
      digest: one,
      size: 1,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    }));
    await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    return (tag?: string) => layoutDigest(at(dir, tag));
  };

  it('counts by its only image, whatever that is called, or by all that it lists and the tag', async () => {
    const [one, two] = [digest('a'), digest('b')];
    const only = await layout(one);
    expect([await only(), await only('main')]).toEqual([one, one]);
    const both = await layout(one, two);
    const answers = [await both(), await both('main'), await (await layout(two, one))('main')];
    expect(new Set(answers).size).toBe(3);
    expect(await (await layout('no digest'))()).toMatch(/^[0-9a-f]{64}$/);
    expect(await layoutDigest(at('/nonexistent', 'main', two))).toBe(two);
  });
});

describe('the config of an image in an OCI layout', () => {
  const envOf = async (...asked: Parameters<typeof layoutConfig>) => (await layoutConfig(...asked)).config.Env?.[0];
  const amd = 'linux/amd64';

  it('is that of the tag, of the digest, or of the only one', async () => {
    const [dir, single] = [await tempDir(), await tempDir()];
    const [, two] = await writeLayout(dir, [image('V=one', { tag: 'latest' }), image('V=two', { tag: 'two' })]);
    await writeLayout(single, [image('V=single', { tag: 'other' })]);
    expect(await envOf(at(dir), amd)).toBe('V=one');
    expect(await envOf(at(dir, 'two'), amd)).toBe('V=two');
    expect(await envOf(at(dir, undefined, two?.digest), amd)).toBe('V=two');
    expect(await envOf(at(single, 'main'), amd)).toBe('V=single');
  });

  it('is that of the platform', async () => {
    const dir = await tempDir();
    const arm = { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } };
    await writeLayoutOfIndex(dir, [image('V=amd'), image('V=arm', arm)], 'latest');
    expect(await envOf(at(dir), amd)).toBe('V=amd');
    expect(await envOf(at(dir), 'linux/arm/v8')).toBe('V=arm');
    await expect(layoutConfig(at(dir), 'linux/s390x')).rejects.toThrow(Undecided);
  });

  it('is not guessed: several images, two of one name, bytes that are others or gone', async () => {
    const [several, twins, damaged, lacking] = [await tempDir(), await tempDir(), await tempDir(), await tempDir()];
    await writeLayout(several, [image('V=1', { tag: 'a' }), image('V=2', { tag: 'b' })]);
    await writeLayout(twins, [image('V=1', { tag: 'a' }), image('V=2', { tag: 'a' })]);
    const [broken] = await writeLayout(damaged, [image('V=1')]);
    const file = join(damaged, 'blobs', (broken?.digest ?? '').replace(':', '/'));
    await writeFile(file, '{"config":{}}');
    await writeFile(join(lacking, 'index.json'), JSON.stringify({ manifests: [broken] }));
    for (const one of [at(several), at(twins, 'a'), at(damaged), at(lacking), at(await tempDir())]) {
      await expect(layoutConfig(one, amd)).rejects.toThrow(Undecided);
    }
  });
});

describe('an image that stands on an OCI layout', () => {
  async function preview(
    dockerfile: string,
    write: (dir: string) => Promise<unknown>,
    more: Partial<ImagePlan> & { readonly files?: Files } = {},
  ) {
    const registry = await startOwnRegistry();
    onTestFinished(() => registry.close());
    const { files = {}, ...plan } = more;
    const dir = await tempDir();
    await writeContext(dir, { Dockerfile: dockerfile, ...files });
    const lib = join(dir, 'lib');
    await mkdir(lib);
    await write(lib);
    const contexts: NamedContext[] = [{ name: 'lib', is: 'layout', ...at(lib) }];
    const exec = async () => ({ code: 0, signal: null, stdout: 'Driver: x\n', stderr: '', missing: false });
    const found = await previewImage(
      imageRun(testWorld({ exec })),
      planFor(registry.host, dir, { engine: 'buildx', contexts, ...plan }),
    );
    return found.is === 'built' ? found : undefined;
  }

  it('has a fingerprint, another one for another image of it', async () => {
    const prints = await Promise.all(
      ['V=1', 'V=1', 'V=2'].map(
        async (env) => (await preview('FROM lib\n', (dir) => writeLayout(dir, [image(env)])))?.fingerprint,
      ),
    );
    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(prints[1]).toBe(prints[0]);
    expect(prints[2]).not.toBe(prints[0]);
  });

  it('has its variables read where they say which files are taken', async () => {
    const print = async (files: Files) =>
      (
        await preview('FROM lib\nCOPY $V /x\n', (dir) => writeLayout(dir, [image('V=a')]), {
          files: { a: 'a', b: 'b', ...files },
        })
      )?.fingerprint;
    const first = await print({});
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await print({ b: 'other' })).toBe(first);
    expect(await print({ a: 'other' })).not.toBe(first);
  });

  it('is built every time when that has ONBUILD triggers: they may copy anything', async () => {
    const triggering = { layers: [], config: { OnBuild: ['COPY . /x'] } };
    const found = await preview('FROM lib\n', (dir) => writeLayout(dir, [triggering]));
    expect(found?.undecided).toMatch(/context lib has ONBUILD triggers\.$/);
    // Who only copies from it triggers nothing.
    const copied = await preview('FROM scratch\nCOPY --from=lib / /\n', (dir) => writeLayout(dir, [triggering]));
    expect(copied?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });
});
