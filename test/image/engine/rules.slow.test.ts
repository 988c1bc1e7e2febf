import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImagePlan } from '../../../src/plan.ts';
import type { Env } from '../../../src/wire/world.ts';
import { pushBaseImage } from '../../support/base-image.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { type Dockerd, noDockerd, startDockerd } from '../../support/dockerd.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { pushShell } from '../fingerprint/shell-image.ts';
import { build, contentsOf, type Files, planFor, writeContext } from '../images.ts';

// The table of docs/fingerprint.md, "What other builders read otherwise": what each builder makes of a rule, and whether
// a second build of the same input reuses it. Docker's frontends come from Docker Hub, which no test reaches; a daemon
// without network rules runs no RUN.

let registry: Awaited<ReturnType<typeof startOwnRegistry>>;
beforeAll(async () => {
  registry = await startOwnRegistry();
});
afterAll(() => registry.close());

/** What is in the image besides its base's own. */
type Made = readonly string[];
type Row = readonly [
  rule: string,
  files: Files,
  buildah: Made,
  docker: Made | undefined,
  kept: readonly ImagePlan['engine'][],
];

const hides = { Dockerfile: 'FROM scratch\nCOPY . /\n', 'a.md': '', 'd/b.md': '', 'd/c': '' };
const rows: readonly Row[] = [
  [
    'the Dockerfile’s own ignore file goes before the context’s',
    { ...hides, 'Dockerfile.dockerignore': 'Dockerfile*\n.dockerignore\nd\n', '.dockerignore': 'a.md\n' },
    ['a.md'],
    ['a.md'],
    ['buildah', 'docker'],
  ],
  [
    'a .containerignore is buildah’s alone',
    { ...hides, '.containerignore': 'Dockerfile\n.*\na.md\n', '.dockerignore': 'Dockerfile\n.*\nd\n' },
    ['d', 'd/b.md', 'd/c'],
    ['a.md'],
    ['docker'],
  ],
  [
    'a pattern with more than one star in a name',
    { ...hides, '.dockerignore': 'Dockerfile\n.*\n**.md\n' },
    // Today's BuildKit takes it for any name, in any folder, and leaves both files out.
    ['a.md', 'd', 'd/b.md', 'd/c'],
    ['a.md', 'd', 'd/b.md', 'd/c'],
    [],
  ],
  [
    'a bind mount of the context',
    {
      Dockerfile:
        'FROM HOST/shell:1\nRUN --mount=target=/m if [ -e /m/hidden ]; then : > /seen; else : > /unseen; fi\n',
      '.dockerignore': 'hidden\n',
      hidden: '',
    },
    ['seen'],
    undefined,
    [],
  ],
  [
    'a VOLUME in a stage that is copied from',
    { Dockerfile: 'FROM HOST/shell:1 AS a\nVOLUME /v\nRUN : > /v/late\nFROM scratch\nCOPY --from=a /v /v\n' },
    ['v'],
    undefined,
    ['buildah'],
  ],
  [
    'a line # syntax=',
    { Dockerfile: '# syntax=docker/dockerfile:1\nFROM HOST/shell:1\nRUN : > /ran\n' },
    ['ran'],
    undefined,
    ['buildah'],
  ],
];

let count = 0;
let shell: Promise<void> | undefined;
async function builtTwice(engine: ImagePlan['engine'], env: Env, files: Files) {
  const dir = await tempDir();
  const text = String(files.Dockerfile).replaceAll('HOST', registry.host);
  await writeContext(dir, { ...files, Dockerfile: text });
  shell ??= pushShell(registry.host, true);
  await shell;
  const repository = `${engine}-${count++}`;
  const at = (tag: string) =>
    build(testWorld({ env }), planFor(registry.host, dir, { engine, repository, tag, platforms: [] }));
  await at('1');
  const { files: made } = await contentsOf(registry.host, repository, '1');
  const ofBase = /^(?:bin|lib|lib64|usr|tmp|dev|proc|sys|etc|run)(?:\/|$)/;
  return {
    made: Object.keys(made)
      .filter((path) => !ofBase.test(path))
      .sort(),
    again: (await at('2')).is,
  };
}

const noBuildah =
  hasProgram('buildah') && process.getuid?.() === 0 ? '' : ' (skipped: buildah as root; Debian: buildah)';

describe.skipIf(noBuildah !== '')(`buildah reads${noBuildah}`, () => {
  let env: Env;
  let dir: string;
  afterAll(() => rm(dir, { recursive: true, force: true }));
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tagboat-buildah-'));
    const CONTAINERS_STORAGE_CONF = join(dir, 'storage.conf');
    await writeFile(CONTAINERS_STORAGE_CONF, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
    env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF };
  });

  it.each(rows)('%s', async (_, files, buildah, __, kept) => {
    const { made, again } = await builtTwice('buildah', env, files);
    expect(made).toEqual(buildah);
    expect(again).toBe(kept.includes('buildah') ? 'reused' : 'built');
  });

  it('a name without its registry as Docker Hub’s, whatever this machine prefers', async () => {
    const { host } = registry;
    for (const repository of ['library/short', 'own/short']) {
      await pushBaseImage(host, { repository, tag: '1', layers: [[{ name: repository.replace('/', '-') }]] });
    }
    const CONTAINERS_REGISTRIES_CONF = join(dir, 'registries.conf');
    const hub = `[[registry]]\nprefix = "docker.io"\nlocation = "${host}"\ninsecure = true\n`;
    await writeFile(CONTAINERS_REGISTRIES_CONF, `${hub}[aliases]\nshort = "${host}/own/short"\n`);
    const here = { ...env, CONTAINERS_REGISTRIES_CONF, TAGBOAT_DOCKER_HUB_MIRROR: `http://${host}` };
    const { made, again } = await builtTwice('buildah', here, { Dockerfile: 'FROM short:1\nCOPY Dockerfile /own\n' });
    expect(made).toEqual(['library-short', 'own']);
    expect(again).toBe('reused');
  });
});

describe.skipIf(noDockerd !== undefined)(
  `docker’s own builder reads${noDockerd ? ` (skipped: ${noDockerd})` : ''}`,
  () => {
    let daemon: Dockerd;
    beforeAll(async () => {
      daemon = await startDockerd();
    });
    afterAll(() => daemon.close());

    it.each(rows.filter(([, , , docker]) => docker !== undefined))('%s', async (_, files, __, docker, kept) => {
      const { made, again } = await builtTwice('docker', daemon.env, files);
      expect(made).toEqual(docker);
      expect(again).toBe(kept.includes('docker') ? 'reused' : 'built');
    });
  },
);
