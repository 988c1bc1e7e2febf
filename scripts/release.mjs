// `npm run release`: makes the tags of this version, whose commit holds dist/ as well. `uses:` runs what the tag holds,
// and main holds no built files. Pushes nothing; says which command does.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { checkNode, ensureModules, root, say } from './setup.mjs';

checkNode();
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const tag = `v${version}`;
// What most workflows name: the newest of a major version.
const moving = `v${version.split('.')[0]}`;

if (git('status', '--porcelain') !== '') refuse('There are changes that are not committed; a release is a commit.');
if (git('tag', '--list', tag) !== '') refuse(`${tag} exists already: raise the version in package.json first.`);
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
if (!changelog.includes(`\n## ${version}`)) refuse(`CHANGELOG.md says nothing of ${version}.`);

await ensureModules();
await build();

// An index of its own: the checkout stays as it is.
const temp = mkdtempSync(join(tmpdir(), 'tagboat-release-'));
try {
  const env = { ...process.env, GIT_INDEX_FILE: join(temp, 'index') };
  const staged = (...args) => git(...args, env);
  staged('read-tree', 'HEAD');
  staged('add', '--force', 'dist');
  const commit = git(
    'commit-tree',
    staged('write-tree'),
    '-p',
    'HEAD',
    '-m',
    `Release ${tag}\n\nWith dist/, which the Action runs.`,
  );
  git('tag', '--annotate', '--message', `Tagboat ${version}`, tag, commit);
  git('tag', '--force', moving, commit);
  say(
    `${tag} and ${moving} are at ${commit}. To publish them:\n\n  git push origin ${tag} && git push --force origin ${moving}\n`,
  );
} finally {
  rmSync(temp, { recursive: true, force: true });
}

function git(...args) {
  const env = typeof args.at(-1) === 'object' ? args.pop() : process.env;
  return execFileSync('git', args, { cwd: root, env, encoding: 'utf8' }).trim();
}

function refuse(why) {
  say(why);
  process.exit(2);
}
