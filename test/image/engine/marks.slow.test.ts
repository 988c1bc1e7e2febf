import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Mark } from '../../../src/plan/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Env } from '../../../src/wire/world.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { noDockerd, startDockerd } from '../../support/dockerd.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { build, contentsOf, planFor, writeContext } from '../images.ts';

const mark = (name: string, value: string): Mark => ({ name, template: value, value });
const labels = { team: 'shop', text: 'a, "b" = c' };

/** Builds with labels and further tags, and answers what lies in the registry. */
async function made(env: Env, more: Partial<ImagePlan>) {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const { host } = registry;
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: 'FROM scratch\nLABEL team=old\nCOPY f /\n', f: 'f' });
  const world = testWorld({ env });
  const marks = Object.entries(labels).map(([name, value]) => mark(name, value));
  const outcome = await build(world, planFor(host, dir, { tags: ['1.2', 'latest'], labels: marks, ...more }));
  const read = async (reference: string) => {
    const kinds = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.v2'];
    const accept = kinds.map((kind) => `application/vnd.${kind}+json`).join(', ');
    const answer = await fetch(`http://${host}/v2/app/manifests/${reference}`, { headers: { accept } });
    return { digest: answer.headers.get('docker-content-digest'), manifest: (await answer.json()) as never };
  };
  const tagged = await Promise.all(['t', '1.2', 'latest'].map(read));
  expect(outcome).toMatchObject({ is: 'built', tags: ['1.2', 'latest'], digest: tagged[0]?.digest });
  expect(new Set(tagged.map(({ digest }) => digest)).size).toBe(1);
  const found: { annotations?: object; manifests?: { digest: string }[] } = tagged[0]?.manifest ?? {};
  const each = await Promise.all((found.manifests ?? []).map(({ digest }) => read(digest)));
  for (const { digest } of found.manifests ?? [{ digest: 't' }])
    expect((await contentsOf(host, 'app', digest)).config.Labels).toMatchObject(labels);
  return { annotations: found.annotations, each: each.map(({ manifest }) => (manifest as typeof found).annotations) };
}

it.skipIf(noDockerd !== undefined)(
  `Docker's own builder gives an image its labels and further tags${noDockerd === undefined ? '' : ` (skipped: ${noDockerd})`}`,
  async () => {
    const daemon = await startDockerd();
    onTestFinished(() => daemon.close());
    await made(daemon.env, { engine: 'docker' });
  },
  120_000,
);

const noBuildah = process.getuid?.() === 0 && hasProgram('buildah') ? undefined : 'buildah as root; Debian: buildah';
it.skipIf(noBuildah !== undefined).each([[['linux/amd64']], [['linux/amd64', 'linux/arm64']]])(
  `buildah gives an image for %j its labels and further tags, and annotations to each platform's manifest${noBuildah === undefined ? '' : ` (skipped: ${noBuildah})`}`,
  async (platforms) => {
    const dir = await mkdtemp(join(tmpdir(), 'tagboat-buildah-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const conf = join(dir, 'storage.conf');
    await writeFile(conf, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
    const env = { PATH: process.env.PATH, HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF: conf };
    const wanted = { 'org.opencontainers.image.title': 'Shop, "all" = 1' };
    const annotations = Object.entries(wanted).map(([name, value]) => mark(name, value));
    const got = await made(env, { engine: 'buildah', platforms, annotations });
    // What buildah builds for several platforms is an index without annotations.
    if (platforms.length === 1) expect(got.annotations).toMatchObject(wanted);
    expect(got.each).toEqual(platforms.length > 1 ? platforms.map(() => expect.objectContaining(wanted)) : []);
  },
  120_000,
);
