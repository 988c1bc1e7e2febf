import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Emit, Happening } from '../../../src/events.ts';
import type { BuilderTls } from '../../../src/plan/image.ts';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Command } from '../../../src/wire/exec.ts';
import type { Env } from '../../../src/wire/world.ts';
import { type Buildkit, buildkitIsBuilt, noBuildkit, startBuildkit } from '../../support/buildkit.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { ownCa, serveHttp } from '../../support/servers.ts';
import { testWorld } from '../../support/world.ts';
import { build, contentsOf, planFor, writeContext } from '../images.ts';

// The registry lives in this process: a call that blocks would wait for itself.
const call = promisify(execFile);

interface Manifest {
  readonly manifests?: { digest: string; annotations?: Record<string, string> }[];
  readonly layers?: { digest: string; mediaType: string }[];
}

async function read(host: string, reference: string): Promise<Manifest> {
  const accept = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ');
  return (await (
    await fetch(`http://${host}/v2/app/manifests/${reference}`, { headers: { accept } })
  ).json()) as Manifest;
}

/** What is attested of an image, and the digest of the image itself. */
async function attestationsOf(host: string, tag: string) {
  const listed = (await read(host, tag)).manifests ?? [];
  const kind = 'vnd.docker.reference.type';
  const about = listed.find(({ annotations }) => annotations?.[kind] === 'attestation-manifest');
  const layers = (await read(host, about?.digest ?? '')).layers ?? [];
  const statements: unknown[] = await Promise.all(
    layers.map(async ({ digest }) => (await fetch(`http://${host}/v2/app/blobs/${digest}`)).json()),
  );
  return { statements, image: listed.find(({ annotations }) => annotations?.[kind] === undefined)?.digest };
}

/** A C program that writes this text as BuildKit wants an SBOM; answers its file. */
async function program(dir: string, text: string): Promise<string> {
  const file = join(dir, 'scan.c');
  const literal = JSON.stringify(text);
  await writeFile(
    file,
    `#include <stdio.h>
#include <stdlib.h>
int main(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/sbom.spdx.json", getenv("BUILDKIT_SCAN_DESTINATION"));
  FILE *file = fopen(path, "w");
  if (file == NULL) return 1;
  fputs(${literal}, file);
  return fclose(file);
}
`,
  );
  return file;
}

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
    type About = Partial<ImagePlan> & { branch?: string; f?: string; text?: string; emit?: Emit };
    return async (tag: string, about: About = {}) => {
      const { branch = 'main', f = 'f', text = dockerfile, emit, ...image } = about;
      await writeContext(dir, { f, Dockerfile: text });
      const own = testWorld({ env: { ...buildkit.env, TMPDIR: temp } });
      const both = (event: Happening) => {
        own.emit(event);
        emit?.(event);
      };
      const world = { ...own, emit: both };
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
    // A quick builder ends a step before it tells of it: this one goes on until it was told.
    let tell: () => void = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const url = await serveHttp((_, response) => void told.then(() => response.end('slow')));
    const step = `[stage-1 2/3] ADD ${url}/slow /slow`;
    const emit: Emit = (event) => {
      if (event.type === 'image.progress' && event.step === step) tell();
    };
    const text = dockerfile.replace('WORKDIR', `ADD ${url}/slow /slow\nWORKDIR`);
    const { lines, events } = await (await app(host))('1', { text, emit });
    const progress = of(events, 'image.progress');
    expect(progress.map((one) => one.step)).toContain(step);
    expect(progress.every(({ done, total }) => done < total)).toBe(true);
    expect(lines.filter((line) => /^#\d+ \[one 1\/1\] COPY f \/f$/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('{'))).toEqual([]);
  });

  it('is started by its own program, save where a script is called docker, and makes the same', async () => {
    const [{ host }, dir, bin] = [await own(), await tempDir(), await tempDir()];
    await writeContext(dir, { f: 'f', Dockerfile: 'FROM scratch\nCOPY f /f\n' });
    await writeContext(bin, { docker: { text: '#!/bin/sh\nexec /usr/bin/docker "$@"\n', mode: 0o755 } });
    const made = async (env: Env) => {
      const { exec } = testWorld({ env });
      const builds: Command[] = [];
      const recording = (command: Command) => {
        if (command.args[1] === 'build') builds.push(command);
        return exec(command);
      };
      const plan = planFor(host, dir, { engine: 'buildx', builder: buildkit.builder });
      const { digest } = await build(testWorld({ env, exec: recording }), plan, {}, { rebuild: true });
      const { layers } = await read(host, digest);
      return { layers, programs: builds.map(({ program }) => basename(program)) };
    };
    const direct = await made(buildkit.env);
    expect(direct).toMatchObject({ layers: [{}], programs: ['docker-buildx'] });
    expect(await made({ ...buildkit.env, PATH: `${bin}:${buildkit.env.PATH}` })).toEqual({
      ...direct,
      programs: ['docker'],
    });
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

  it('is told from its push, which a registry with immutable tags refuses', async () => {
    const { host } = await own({ immutableTags: true });
    const make = await app(host);
    await make('1');
    const refused = { code: 'PUSH_FAILED', exitCode: 5, data: { engine: 'buildx' } };
    await expect(make('1', { f: 'yet another' })).rejects.toMatchObject(refused);
  });

  it('puts provenance beside the image where it is asked for, and else makes no index of it', async () => {
    const { host } = await own();
    const make = await app(host);
    await make('plain');
    expect((await read(host, 'plain')).manifests).toBeUndefined();
    await make('told', { attest: { sbom: false, provenance: 'max' } });
    const { statements, image } = await attestationsOf(host, 'told');
    expect(statements).toMatchObject([
      {
        predicateType: expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\//),
        subject: [{ digest: { sha256: image?.slice(7) } }],
      },
    ]);
    // `max` tells the Dockerfile too.
    expect(JSON.stringify(statements)).toContain(Buffer.from(dockerfile).toString('base64'));
  });

  it.skipIf(!hasProgram('gcc'))(
    `has a generator list what is in an image${hasProgram('gcc') ? '' : ' (skipped: gcc is missing)'}`,
    async () => {
      const { host } = await own();
      // A generator is an image that writes SPDX where BuildKit tells it (BuildKit, sbom-protocol.md).
      const dir = await tempDir();
      const statement = { _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://spdx.dev/Document' };
      const predicate = { spdxVersion: 'SPDX-2.3', name: 'made by the test' };
      const text = JSON.stringify({ ...statement, predicate });
      await call('gcc', ['-static', '-O1', '-o', join(dir, 'scan'), await program(dir, text)]);
      await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY scan /scan\nENTRYPOINT ["/scan"]\n' });
      const generator = planFor(host, dir, { repository: 'generator', tag: '1' });
      await build(testWorld(), generator);
      await (await app(host))('listed', { attest: { sbom: `${host}/generator:1`, provenance: false } });
      const { statements } = await attestationsOf(host, 'listed');
      expect(statements).toMatchObject([{ predicateType: 'https://spdx.dev/Document', predicate }]);
    },
  );

  it.skipIf(!hasProgram('gcc'))(
    `hands on every line that a RUN prints, however fast${hasProgram('gcc') ? '' : ' (skipped: gcc is missing)'}`,
    async () => {
      const { host } = await own();
      const dir = await tempDir();
      const file = join(dir, 'print.c');
      // BuildKit itself leaves out what is more than 200 KiB at once.
      await writeFile(
        file,
        '#include <stdio.h>\nint main(void) { for (int n = 0; n < 5000; n++) printf("line %d of a noisy program\\n", n); return 0; }\n',
      );
      await call('gcc', ['-static', '-O1', '-o', join(dir, 'print'), file]);
      await writeContext(dir, { Dockerfile: 'FROM scratch\nCOPY print /print\nRUN ["/print"]\n' });
      const world = testWorld({ env: buildkit.env });
      await build(world, planFor(host, dir, { engine: 'buildx', builder: buildkit.builder }));
      const lines = world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
      const printed = lines.filter((line) => /line \d+ of a noisy program$/.test(line));
      expect(printed).toHaveLength(5_000);
      expect(lines.filter((line) => line.length > 200)).toEqual([]);
    },
  );

  it('packs new layers with zstd where that is asked for', async () => {
    const { host } = await own();
    await (await app(host))('z', { compression: 'zstd', f: 'not built before' });
    const { layers } = await read(host, 'z');
    expect(layers?.[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
  });

  it('is reached by TLS with a certificate', async () => {
    const { dir: certificates, caFile: ca } = ownCa();
    // The CA signs for both sides; what a certificate is called only matters for the daemon's.
    const [cert, key] = [join(certificates, 'host.pem'), join(certificates, 'host.key')];
    const secured = await startBuildkit({ ca, cert, key });
    try {
      const { host } = await own();
      const client = { cert, key };
      const make = async (name: string, builderTls: BuilderTls) => {
        const dir = await tempDir();
        await writeContext(dir, { Dockerfile: dockerfile, f: 'f' });
        const builder = `tcp://${name}:${secured.port}`;
        const plan = planFor(host, dir, { engine: 'buildx', builder, builderTls, tag: name });
        return build(testWorld({ env: secured.env }), plan, {}, { rebuild: true });
      };
      expect(await make('localhost', { ca, client, serverName: undefined })).toMatchObject({ is: 'built' });
      // Its certificate is for localhost alone.
      expect(await make('127.0.0.1', { ca, client, serverName: 'localhost' })).toMatchObject({ is: 'built' });
    } finally {
      await secured.close();
    }
  });

  it('is reached by its address as well as by a name, and leaves no builder behind', async () => {
    const { host } = await own();
    const { outcome } = await (await app(host, { builder: buildkit.address }))('1');
    expect(outcome).toMatchObject({ is: 'built', engine: 'buildx' });
    expect(Object.keys((await contentsOf(host, 'app', '1')).files).sort()).toEqual(['g', 'srv']);
    expect(existsSync(`${buildkit.env.DOCKER_CONFIG}/buildx/instances/tagboat`)).toBe(false);
  });
});
