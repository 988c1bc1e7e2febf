import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

// The Action is tried by release.test.ts; the container image needs the mirrors of Debian, and is tried by
// `npm run release -- --check` alone.
it.each([
  ['package', 'package runs as a dependency and globally, and has its types'] as const,
  // Made on Linux alone.
  ...(process.platform === 'linux' ? [['executable', 'executable runs without Node'] as const] : []),
])('the %s of this commit is made and works: the %s', { timeout: 600_000 }, async (part) => {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-release-slow-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await run('git', ['clone', '--quiet', '--no-tags', root, join(dir, 'tagboat')]);
  await symlink(join(root, 'node_modules'), join(dir, 'tagboat', 'node_modules'));
  const { stderr } = await run(
    process.execPath,
    ['scripts/release.mjs', '--check', join(dir, 'out'), `--only=${part}`],
    {
      cwd: join(dir, 'tagboat'),
    },
  );
  expect(stderr).toContain('✓');
});
