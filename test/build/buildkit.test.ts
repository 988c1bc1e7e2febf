import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Happening } from '../../src/events.ts';
import type { ImagePlan } from '../../src/plan.ts';
import { type Buildkit, buildkitIsBuilt, noBuildkit, startBuildkit } from '../support/buildkit.ts';
import { tempDir } from '../support/git-host.ts';
import { startOwnRegistry } from '../support/registries.ts';
import { testWorld } from '../support/world.ts';
import { build, contentsOf, planFor, writeContext } from './images.ts';

const dockerfile = 'FROM scratch AS one\nCOPY f /f\nFROM scratch\nCOPY --from=one /f /g\nWORKDIR /srv\n';
// Building BuildKit takes minutes: the slow tests do it, and from then on this runs too.
const missing = noBuildkit ?? (buildkitIsBuilt() ? undefined : 'BuildKit is not built yet; npm run test:slow does it');

describe.skipIf(missing !== undefined)(`BuildKit${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let buildkit: Buildkit;
  beforeAll(async () => {
    buildkit = await startBuildkit();
  }, 60_000);
  afterAll(() => buildkit?.close());

  async function own(options: Parameters<typeof startOwnRegistry>[0] = {}) {
    const registry = await startOwnRegistry(options);
    onTestFinished(() => registry.close());
    return registry;
  }

  async function app(host: string, more: Partial<ImagePlan> = {}) {
    const [dir, temp] = [await tempDir(), await tempDir()];
    await writeContext(dir, { Dockerfile: dockerfile, f: 'f' });
    return async (tag: string, about: Partial<ImagePlan> & { branch?: string; f?: string } = {}) => {
      const { branch = 'main', f = 'f', ...image } = about;
      await writeContext(dir, { f });
      const world = testWorld({ env: { ...buildkit.env, TMPDIR: temp } });
      const plan = planFor(host, dir, { engine: 'buildx', builder: buildkit.builder, tag, ...more, ...image });
      // By its fingerprint, the same input would be the image of before.
      const outcome = await build(world, plan, { branch }, { rebuild: true });
      expect(await readdir(temp)).toEqual([]);
      const lines = world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
      return { outcome, lines, events: world.events };
    };
  }

  const of = <T extends Happening['type']>(events: readonly Happening[], type: T) =>
    events.filter((event): event is Extract<Happening, { type: T }> => event.type === type);

  it('tells its steps as they go, and the lines that the plain format has', async () => {
    const { host } = await own();
    const { lines, events } = await (await app(host))('1');
    const progress = of(events, 'image.progress');
    expect(progress.map(({ step }) => step)).toContain('[stage-1 2/2] WORKDIR /srv');
    expect(progress.every(({ done, total }) => done < total)).toBe(true);
    expect(lines.filter((line) => /^#\d+ \[one 1\/1\] COPY f \/f$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('{'))).toEqual([]);
  });

  it('keeps a cache for each branch, and a new branch begins with that of the default branch', async () => {
    const { host } = await own();
    const make = await app(host, { cache: true });
    const tags = async () =>
      ((await (await fetch(`http://${host}/v2/app/tags/list`)).json()) as { tags: string[] }).tags
        .filter((tag) => tag.startsWith('cache-'))
        .sort();
    await make('1');
    expect(await tags()).toEqual(['cache-app-main']);
    const { lines } = await make('2', { branch: 'fix/it' });
    expect(
      lines.filter((line) => line.includes(`importing cache manifest from ${host}/app:cache-app-main`)),
    ).toHaveLength(1);
    expect(await tags()).toEqual(['cache-app-fix-it', 'cache-app-main']);
  });

  it('warns of a cache that a registry with immutable tags refuses, and the image is there', async () => {
    const { host } = await own({ immutableTags: true });
    const make = await app(host, { cache: true });
    const first = await make('1');
    expect(of(first.events, 'notice')).toEqual([]);
    const second = await make('2', { f: 'another' });
    expect(second.outcome).toMatchObject({ is: 'built' });
    expect(of(second.events, 'notice')).toMatchObject([
      { level: 'warning', message: expect.stringContaining('cache-*') },
    ]);
  });

  it('puts provenance beside the image where it is asked for, and else makes no index of it', async () => {
    const { host } = await own();
    const make = await app(host);
    const read = async (reference: string) => {
      const accept = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ');
      const answer = await fetch(`http://${host}/v2/app/manifests/${reference}`, { headers: { accept } });
      return (await answer.json()) as {
        manifests?: { digest: string; annotations?: Record<string, string> }[];
        layers?: { digest: string; annotations?: Record<string, string> }[];
      };
    };
    await make('plain');
    expect((await read('plain')).manifests).toBeUndefined();
    await make('told', { attest: { sbom: false, provenance: 'max' } });
    const listed = (await read('told')).manifests ?? [];
    const attestation = listed.find(
      ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
    );
    const [layer] = (await read(attestation?.digest ?? '')).layers ?? [];
    expect(layer?.annotations).toEqual({
      'in-toto.io/predicate-type': expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\//),
    });
    const statement = await (await fetch(`http://${host}/v2/app/blobs/${layer?.digest}`)).text();
    expect(JSON.parse(statement)).toMatchObject({ subject: [{ digest: { sha256: listed[0]?.digest.slice(7) } }] });
    expect(statement).toContain(Buffer.from(dockerfile).toString('base64'));
  });

  it('packs new layers with zstd where that is asked for', async () => {
    const { host } = await own();
    await (await app(host))('z', { compression: 'zstd', f: 'not built before' });
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const answer = await fetch(`http://${host}/v2/app/manifests/z`, { headers: { accept } });
    const { layers } = (await answer.json()) as { layers: { mediaType: string }[] };
    expect(layers[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
  });

  it('is reached by its address as well as by a name, and leaves no builder behind', async () => {
    const { host } = await own();
    const { outcome } = await (await app(host, { builder: buildkit.address }))('1');
    expect(outcome).toMatchObject({ is: 'built', engine: 'buildx' });
    expect(Object.keys((await contentsOf(host, 'app', '1')).files).sort()).toEqual(['g', 'srv']);
    expect(existsSync(`${buildkit.env.DOCKER_CONFIG}/buildx/instances/tagboat`)).toBe(false);
  });
});
