import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cacheTags } from '../../../src/image/cache-tag.ts';
import type { ImagePlan, Source } from '../../../src/plan.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, planFor, source, writeContext } from '../images.ts';

async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
  const registry = await startOwnRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

const dockerfile = 'FROM scratch\nCOPY large /large\nCOPY small /small\n';
// Larger than what is compressed in memory, and much smaller when it is.
const large = 'the same line again and again\n'.repeat(60_000);

async function app(host: string, more: Partial<ImagePlan> = {}) {
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: dockerfile, large, small: 'one\n' });
  const make = async (tag: string, about: Partial<Source> = {}, run: { rebuild?: boolean } = {}) => {
    const world = testWorld();
    // By its fingerprint, the same input would be the image of before; and one that is asked for anew takes no layer of it.
    await writeFile(join(dir, 'Dockerfile'), `${dockerfile}LABEL of=${tag}\n`);
    const { digest } = await build(world, planFor(host, dir, { cache: true, tag, ...more }), about, run);
    const lines = world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
    return { digest, kept: lines.filter((line) => line.includes('as an earlier image has it')).length, lines };
  };
  return { dir, make };
}

it('a layer that an earlier image of the repository has is neither compressed nor sent again', async () => {
  const { host } = await own();
  const { dir, make } = await app(host);
  expect((await make('1')).kept).toBe(0);
  await writeFile(join(dir, 'small'), 'two\n');
  const second = await make('2');
  expect(second.kept).toBe(1);
  expect(second.lines.filter((line) => line.endsWith('uploaded'))).toHaveLength(2);
  // Who asks for it anew wants no word of an earlier image, true or not.
  expect((await make('2', {}, { rebuild: true })).kept).toBe(0);
  // Found or made, it is the same image.
  const fresh = await own();
  const { dir: other, make: anew } = await app(fresh.host);
  await writeFile(join(other, 'small'), 'two\n');
  expect((await anew('2')).digest).toBe(second.digest);
});

it('a branch without a cache of its own reads the default branch’s, and a pull request leaves both alone', async () => {
  const { host } = await own();
  const { make } = await app(host);
  await make('1');
  expect((await make('2', { branch: 'feature/x', defaultBranch: 'main' })).kept).toBe(2);
  expect((await make('3', { branch: undefined, defaultBranch: 'main' })).kept).toBe(2);
  const tags = (await (await fetch(`http://${host}/v2/app/tags/list`)).json()) as { tags: string[] };
  const named = tags.tags.filter((tag) => tag.startsWith('cache-')).sort();
  expect(named).toEqual(['cache-app-feature-x', 'cache-app-main']);
});

it('what the registry no longer has is made again, and a cache of another kind is no cache', async () => {
  const registry = await own();
  const { make } = await app(registry.host);
  const layersOf = async (digest: string): Promise<readonly string[]> => {
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
    const answer = await fetch(`http://${registry.host}/v2/app/manifests/${digest}`, { headers });
    return ((await answer.json()) as { layers: { digest: string }[] }).layers.map((layer) => layer.digest);
  };
  const layers = await layersOf((await make('1')).digest);
  const [first] = layers;
  const gone = await fetch(`http://${registry.host}/v2/app/blobs/${first}`, { method: 'DELETE' });
  expect(gone.status).toBe(202);
  const again = await make('2');
  expect(again.kept).toBe(1);
  expect(await layersOf(again.digest)).toEqual(layers);
  // That layer, and the image's config.
  expect(again.lines.filter((line) => line.endsWith('uploaded'))).toHaveLength(2);
  await pushBaseImage(registry.host, { repository: 'app', tag: 'cache-app-main', layers: [] });
  const third = await make('3');
  expect(third.kept).toBe(0);
  expect(await layersOf(third.digest)).toEqual(layers);
});

it('a registry whose tags never change, and one that is told to keep nothing, only costs the spared work', async () => {
  const registry = await own({ immutableTags: true });
  const { dir, make } = await app(registry.host);
  await make('1');
  await writeFile(join(dir, 'small'), 'two\n');
  expect((await make('2')).kept).toBe(1);
  await writeFile(join(dir, 'small'), 'three\n');
  // The tag still names the first image.
  expect((await make('3')).kept).toBe(1);
  const without = await app(registry.host, { cache: false, repository: 'plain' });
  await without.make('1');
  expect((await without.make('2')).kept).toBe(0);
  await rm(dir, { recursive: true, force: true });
});

it('tags of a cache are made of image, target and branch, in the letters that tags may have', () => {
  const of = (branch: string | undefined, defaultBranch?: string, target?: string) =>
    cacheTags(
      { name: 'app', target },
      { ...source, branch, ...(defaultBranch === undefined ? {} : { defaultBranch }) },
    );
  expect(of('main', 'main')).toEqual({ read: ['cache-app-main'], write: 'cache-app-main' });
  expect(of('fix/ä b', 'trunk', 'final')).toEqual({
    read: ['cache-app-final-fix-b', 'cache-app-final-trunk'],
    write: 'cache-app-final-fix-b',
  });
  expect(of(undefined)).toEqual({ read: ['cache-app-main', 'cache-app-master'], write: undefined });
  expect(of('x'.repeat(200)).write).toHaveLength(128);
});
