import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { Env } from '../src/wire/world.ts';
import { hasProgram } from './support/docker-registry.ts';
import { noDockerd, startDockerd } from './support/dockerd.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

// The Action is tried by release.test.ts.
it.each([
  ['package', 'package runs as a dependency and globally, and has its types'] as const,
  // Made on Linux alone.
  ...(process.platform === 'linux' ? [['executable', 'executable runs without Node'] as const] : []),
])('the %s of this commit is made and works: the %s', { timeout: 600_000 }, async (part) => {
  expect(await made(part)).toContain('✓');
});

const noContainer =
  noDockerd ?? (hasProgram('apt-get') && hasProgram('dpkg-deb') ? undefined : 'it is made of Debian packages: apt-get');

it.skipIf(noContainer)(
  `the container image runs in Docker, and assembles and delivers there without a daemon${noContainer === undefined ? '' : ` (${noContainer})`}`,
  { timeout: 900_000 },
  async () => {
    const docker = await startDockerd();
    onTestFinished(() => docker.close());
    // Not its home: npm is set up in the own one.
    const { PATH, DOCKER_HOST } = docker.env;
    expect(await made('container', { PATH, DOCKER_HOST })).toContain('in Docker it runs, assembles and delivers');
  },
);

/** What a release's check of one part says, in a clone of what is committed here. */
async function made(part: string, env: Env = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-release-slow-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await run('git', ['clone', '--quiet', '--no-tags', root, join(dir, 'tagboat')]);
  await symlink(join(root, 'node_modules'), join(dir, 'tagboat', 'node_modules'));
  const { stderr } = await run(
    process.execPath,
    ['scripts/release.mjs', '--check', join(dir, 'out'), `--only=${part}`],
    {
      cwd: join(dir, 'tagboat'),
      env: { ...process.env, ...env },
    },
  );
  return stderr;
}
