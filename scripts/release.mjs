// `npm run release`: makes the tags of this version, whose commit holds dist/ as well. `uses:` runs what the tag holds,
// and main holds no built files. Pushes nothing; says which command does.
// `npm run release -- --check [FOLDER]`: makes all that a release consists of into a folder and tries each; no tag.
// `--only=package,executable` leaves out the others.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, buildTypes } from './build.mjs';
import { makeContext, tryContainer } from './release/container.mjs';
import { makeExecutable } from './release/executable.mjs';
import { expect, makePackage, tryPackage } from './release/package.mjs';
import { cache, checkNode, ensureModules, isInstalled, root, say } from './setup.mjs';

checkNode();
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const tag = `v${version}`;
// What most workflows name: the newest of a major version.
const moving = `v${version.split('.')[0]}`;

if (process.argv.includes('--check')) {
  await check();
  process.exit(0);
}
if (git('status', '--porcelain') !== '') refuse('There are changes that are not committed; a release is a commit.');
if (git('tag', '--list', tag) !== '') refuse(`${tag} exists already: raise the version in package.json first.`);
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
if (!changelog.includes(`\n## ${version}`)) refuse(`CHANGELOG.md says nothing of ${version}.`);

await ensureModules();
await build();
buildTypes();
const commit = releaseCommit();
git('tag', '--annotate', '--message', `Tagboat ${version}`, tag, commit);
git('tag', '--force', moving, commit);
say(
  `${tag} and ${moving} are at ${commit}. To publish them:\n\n  git push origin ${tag} && git push --force origin ${moving}\n`,
);

/** HEAD with dist/, the library's types included, as a commit on it that no branch has. */
function releaseCommit() {
  // An index of its own: the checkout stays as it is.
  const temp = mkdtempSync(join(tmpdir(), 'tagboat-release-'));
  try {
    const env = { ...process.env, GIT_INDEX_FILE: join(temp, 'index') };
    git('read-tree', 'HEAD', env);
    git('add', '--force', 'dist', env);
    const message = `Release ${tag}\n\nWith dist/, which the Action runs.`;
    return git('commit-tree', git('write-tree', env), '-p', 'HEAD', '-m', message);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** Everything made and tried; throws what fails. */
async function check() {
  await ensureModules();
  const given = process.argv[process.argv.indexOf('--check') + 1];
  const out = resolve(given === undefined || given.startsWith('--') ? join(cache, 'release') : given);
  const only = process.argv
    .find((argument) => argument.startsWith('--only='))
    ?.slice('--only='.length)
    .split(',');
  const wants = (...parts) => only === undefined || parts.some((part) => only.includes(part));
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'tagboat-release-check-'));
  try {
    const packed = wants('package', 'container') ? makePackage(out) : undefined;
    if (wants('package')) {
      tryPackage(packed, work, version);
      say(`✓ ${packed}: runs as a dependency and globally, with its types; publint and attw find nothing`);
    }
    if (wants('action')) await tryAction(work);
    if (wants('container')) await tryImage(out, packed);
    if (wants('executable')) await tryExecutable(out, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function tryAction(work) {
  if (!existsSync(join(root, 'dist', 'types'))) {
    await build();
    buildTypes();
  }
  const action = join(work, 'action');
  mkdirSync(action);
  const files = execFileSync('git', ['archive', releaseCommit()], { cwd: root, maxBuffer: 1 << 28 });
  execFileSync('tar', ['-x', '-C', action], { input: files });
  const env = { PATH: process.env.PATH, INPUT_COMMAND: 'ship', GITHUB_ACTIONS: 'true' };
  const ran = spawnSync(process.execPath, ['dist/action.js'], { cwd: action, env, encoding: 'utf8' });
  // Nothing is there to be shipped: that is the Action speaking.
  expect(ran.status, 2);
  if (!ran.stderr.includes('::error')) throw new Error(`The Action said nothing: ${ran.stderr}`);
  say(`✓ the Action runs from the files of ${tag} alone, without an install`);
}

async function tryImage(out, packed) {
  const missing = ['apt-get', 'dpkg-deb'].filter((program) => !isInstalled(program));
  if (missing.length === 0) {
    const image = join(out, 'image');
    makeContext(image, packed, version);
    say(`✓ the container image of ${image}, for amd64 and arm64: ${await tryContainer(image, version)}`);
    say(`- the image of the other architecture than this machine's is made and not run`);
  } else say(`- no container image: it is made of Debian's packages, and ${missing.join(' and ')} is not here`);
}

async function tryExecutable(out, work) {
  if (process.platform === 'linux') {
    const file = join(out, `tagboat-linux-${process.arch}`);
    await makeExecutable(file, version);
    const bare = { cwd: work, env: { PATH: '/nonexistent' }, encoding: 'utf8' };
    expect(execFileSync(file, ['--version'], bare).trim(), version);
    expect(JSON.parse(execFileSync(file, ['schema'], bare)).title, 'tagboat.yaml');
    say(`✓ ${file}: runs without Node`);
  } else say(`- no single executable: it is made and tried on Linux, and this is ${process.platform}`);
  say('- no executables for macOS and Windows: their node binaries are to be had, signed and tried on those systems');
}

function git(...args) {
  const env = typeof args.at(-1) === 'object' ? args.pop() : process.env;
  return execFileSync('git', args, { cwd: root, env, encoding: 'utf8' }).trim();
}

function refuse(why) {
  say(why);
  process.exit(2);
}
