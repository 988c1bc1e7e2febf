import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createScrubber } from '../../../src/entry/show/scrub/scrub.ts';
import type { Mark } from '../../../src/plan/image.ts';
import type { Env } from '../../../src/wire/world.ts';
import { noBuildkit, startBuildkit } from '../../support/buildkit.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { tempDir } from '../../support/git-host.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { testWorld } from '../../support/world.ts';
import { pushShell } from '../fingerprint/shell-image.ts';
import { build, contentsOf, planFor, writeContext } from '../images.ts';

// Docker's own builder runs no RUN where the tests start its daemon, so what it makes of these is not tried here.

const token = 'token-3141592653589793';
const dockerfile = (host: string) => `FROM ${host}/shell:1
RUN --mount=type=secret,id=npm,required=true --mount=type=secret,id=ca,target=/ca \\
  read -r t < /run/secrets/npm || true; read -r c < /ca; echo "the token is $t"; : > "/npm-\${#t}"; : > "/ca-$c"
RUN --mount=type=ssh,required=true [ -S "$SSH_AUTH_SOCK" ] && : > /agent
RUN --mount=type=ssh,id=gh,required=true [ -S "$SSH_AUTH_SOCK" ] && : > /key
`;

/** An agent of the test's own, and a key without a passphrase. */
async function agent(): Promise<{ readonly socket: string; readonly key: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'ssh-'));
  const [socket, key] = [join(dir, 'agent'), join(dir, 'key')];
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill();
    await rm(dir, { recursive: true, force: true });
  });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await expect.poll(() => existsSync(socket), { timeout: 30_000 }).toBe(true);
  return { socket, key };
}

const mark = (name: string, value: string): Mark => ({ name, template: value, value });

/** Builds with all that a build may be given, and answers what came out. */
async function made(engine: 'buildx' | 'buildah', env: Env, builder?: string) {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const { host } = registry;
  await pushShell(host, true);
  const dir = await tempDir();
  await writeContext(dir, { Dockerfile: dockerfile(host), '.dockerignore': 'ca\n', ca: 'of-a-file\n' });
  const { socket, key } = await agent();
  const scrubber = createScrubber();
  const world = { ...testWorld({ env: { ...env, NPM_TOKEN: token, SSH_AUTH_SOCK: socket } }), mask: scrubber.add };
  const outcome = await build(world, {
    ...planFor(host, dir, { engine, builder, tags: ['latest'] }),
    secrets: [
      { id: 'npm', from: 'env', variable: 'NPM_TOKEN' },
      { id: 'ca', from: 'src', file: join(dir, 'ca') },
    ],
    ssh: [
      { id: 'default', key: undefined },
      { id: 'gh', key },
    ],
    labels: [mark('team', 'shop')],
    annotations: [mark('org.opencontainers.image.title', 'Shop')],
  });
  const get = async (path: string): Promise<Buffer> => {
    const accept = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ');
    return Buffer.from(await (await fetch(`http://${host}/v2/app/${path}`, { headers: { accept } })).arrayBuffer());
  };
  const manifest = JSON.parse(String(await get('manifests/latest')));
  const blobs: Buffer[] = await Promise.all(
    [manifest.config, ...manifest.layers].map(({ digest }: { digest: string }) => get(`blobs/${digest}`)),
  );
  const lines = world.events.flatMap((event) => (event.type === 'image.log' ? [event.line] : []));
  return {
    outcome,
    annotations: manifest.annotations,
    whole: blobs.map((blob) => (blob[0] === 0x1f ? gunzipSync(blob) : blob).toString('latin1')).join('\n'),
    contents: await contentsOf(host, 'app', 't'),
    shown: lines.map(scrubber.text),
  };
}

function expectAll({ outcome, annotations, whole, contents, shown }: Awaited<ReturnType<typeof made>>): void {
  expect(outcome).toMatchObject({ is: 'built', tags: ['latest'] });
  const wanted = [`npm-${token.length}`, 'ca-of-a-file', 'agent', 'key'];
  expect(Object.keys(contents.files)).toEqual(expect.arrayContaining(wanted));
  expect(contents.config.Labels).toMatchObject({ team: 'shop' });
  expect(annotations).toMatchObject({ 'org.opencontainers.image.title': 'Shop' });
  expect(whole).not.toContain(token);
  // The step printed it.
  expect(shown.some((line) => line.includes('the token is ***'))).toBe(true);
  expect(shown.join('\n')).not.toContain(token);
}

const noSsh =
  hasProgram('ssh-agent') && hasProgram('ssh-keygen') ? undefined : 'ssh is missing (Debian: openssh-client)';
const titled = (why: string | undefined) => (why === undefined ? '' : ` (skipped: ${why})`);

const noBuildx = noBuildkit ?? noSsh;
it.skipIf(noBuildx !== undefined)(
  `BuildKit is given secrets and SSH, and none of them stays${titled(noBuildx)}`,
  async () => {
    const buildkit = await startBuildkit();
    onTestFinished(() => buildkit.close());
    expectAll(await made('buildx', buildkit.env, buildkit.builder));
  },
  300_000,
);

const asRoot = process.getuid?.() === 0 && hasProgram('buildah');
const noBuildah = asRoot ? noSsh : 'buildah as root; Debian: buildah';
it.skipIf(noBuildah !== undefined)(
  `buildah is given secrets and SSH, and none of them stays${titled(noBuildah)}`,
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tagboat-buildah-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const conf = join(dir, 'storage.conf');
    await writeFile(conf, `[storage]\ndriver="vfs"\ngraphroot="${dir}/g"\nrunroot="${dir}/r"\n`);
    const env = { PATH: process.env.PATH, HOME: dir, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF: conf };
    expectAll(await made('buildah', env));
  },
  300_000,
);
