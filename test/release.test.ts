import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it, onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const people = ['AUTHOR', 'COMMITTER'].flatMap((who) => [
  [`GIT_${who}_NAME`, 'Releaser'],
  [`GIT_${who}_EMAIL`, 'releaser@example.com'],
]);
const env = { ...process.env, ...Object.fromEntries(people) };

let version: string;
beforeAll(async () => {
  version = JSON.parse((await run('git', ['show', 'HEAD:package.json'], { cwd: root })).stdout).version;
});

/** A clone of what is committed here, whose changelog tells of this version. */
async function checkout(): Promise<{ dir: string; git: (...args: string[]) => Promise<string> }> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-release-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await run('git', ['clone', '--quiet', '--no-tags', root, dir]);
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  const git = async (...args: string[]) => (await run('git', args, { cwd: dir, env })).stdout.trim();
  await appendFile(join(dir, 'CHANGELOG.md'), `\n## ${version}\n`);
  // The link is not what .gitignore means by node_modules/.
  await appendFile(join(dir, '.git', 'info', 'exclude'), 'node_modules\n');
  await git('commit', '--quiet', '--all', '--message', 'Tell of this version');
  return { dir, git };
}

const release = (dir: string) => run(process.execPath, ['scripts/release.mjs'], { cwd: dir, env });

it("a release's tag holds what the Action runs, and main doesn't", async () => {
  const { dir, git } = await checkout();
  const before = await git('rev-parse', 'HEAD');
  await release(dir);
  const tag = `v${version}`;
  expect(await git('rev-parse', `${tag}^{commit}^`)).toBe(before);
  expect(await git('rev-parse', `v${version.split('.')[0]}^{commit}`)).toBe(await git('rev-parse', `${tag}^{commit}`));
  expect([await git('rev-parse', 'HEAD'), await git('status', '--porcelain')]).toEqual([before, '']);
  expect(await git('ls-tree', '--name-only', 'HEAD', 'dist')).toBe('');

  expect(await git('ls-tree', '--name-only', tag, 'dist/types/index.d.ts')).toBe('dist/types/index.d.ts');

  // As a runner does it: the tag's files and nothing else.
  const checked = join(dir, '.cache', 'checked-out');
  await run('git', ['clone', '--quiet', '--branch', tag, dir, checked]);
  const action = await run(process.execPath, ['dist/action.js'], {
    cwd: checked,
    env: { PATH: process.env.PATH ?? '', INPUT_COMMAND: 'ship', GITHUB_ACTIONS: 'true' },
  }).catch((error) => error);
  // No app repo's config is there: that is the Action speaking.
  expect(action.code).toBe(2);
  expect(`${action.stdout}${action.stderr}`).toContain('::error');
});

it('a version is released once, and only from what is committed', async () => {
  const { dir, git } = await checkout();
  await appendFile(join(dir, 'README.md'), '\nmore\n');
  await expect(release(dir)).rejects.toMatchObject({ code: 2 });
  expect(await git('tag', '--list')).toBe('');
  await git('checkout', '--quiet', 'README.md');
  await git('tag', `v${version}`);
  await expect(release(dir)).rejects.toMatchObject({ code: 2 });
  expect(await git('tag', '--list')).toBe(`v${version}`);
});

it('the newest heading of the changelog is the version that package.json has', async () => {
  const { stdout } = await run('git', ['show', 'HEAD:CHANGELOG.md'], { cwd: root });
  expect(/^## (\S+)/m.exec(stdout)?.[1]).toBe(version);
});

it('the README, the pages, the examples and the messages name the major version that is released', async () => {
  const { stdout } = await run(
    'git',
    ['grep', '-hoE', 'tagboat/tagboat(@|/|/blob/)v[0-9]+', '--', 'README.md', 'docs', 'examples', 'src'],
    { cwd: root },
  );
  const named = new Set(
    stdout
      .trim()
      .split('\n')
      .map((one) => one.replace(/^.*v/, '')),
  );
  expect([...named]).toEqual([version.split('.')[0]]);
});
