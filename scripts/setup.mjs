// Makes a fresh clone ready: the right Node, the dependencies, and for tests the real programs they run against.
// Only node's own modules: this runs before anything is installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const cache = join(root, '.cache');

/** One plain line on stderr: stdout belongs to the program that is being started. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends the process with a message unless this Node is new enough. */
export function checkNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace(/[^\d.]/g, '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  say(`Tagboat needs Node.js ${wanted} or newer; this is ${process.version}.`);
  process.exit(2);
}

/** Installs the dependencies where they are missing or not those of the lockfile. */
export async function ensureModules() {
  if (modulesAreCurrent()) return;
  await exclusively('setup', () => {
    if (modulesAreCurrent()) return;
    say('Installing dependencies (npm ci) …');
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (npm.status === 0) return;
    say(npm.error === undefined ? `npm ci ended with ${npm.status}.` : `npm could not be run: ${npm.error.message}`);
    process.exit(1);
  });
}

/** Compares the lockfile with npm's own record of what stands in node_modules, written at the end of an install. */
function modulesAreCurrent() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, { version, optional, peer }]) => {
    if (path === '') return true;
    // Other platforms' binaries are in the lockfile and never on disk.
    const there = installed[path]?.version;
    return there === version || ((optional === true || peer === true) && there === undefined);
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Runs the work while no other process of this checkout runs work of the same name. A dead holder's lock is taken. */
export async function exclusively(name, work) {
  mkdirSync(cache, { recursive: true });
  const lock = join(cache, `${name}.lock`);
  for (;;) {
    try {
      const file = openSync(lock, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isStale(lock)) rmSync(lock, { force: true });
      else await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isStale(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // Empty for the instant between its making and its writing.
    if (pid === 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

const realPrograms = [
  { program: 'docker-registry', package: 'docker-registry' },
  { program: 'buildah', package: 'buildah' },
  { program: 'skopeo', package: 'skopeo' },
  { program: 'dockerd', package: 'docker.io' },
];

/** Installs the programs that tests run against, where this machine lets us. A test without its program says so itself. */
export function ensureRealPrograms() {
  ensurePrograms(realPrograms);
}

/** Installs Debian packages whose programs are missing, where this machine lets us. Answers those still missing. */
export function ensurePrograms(wanted) {
  const missing = missingOf(wanted);
  if (missing.length === 0) return [];
  const manual = `apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    say(`Not installed: ${missing.join(', ')}. Their tests will be skipped; for all of them: ${manual}`);
    return missing;
  }
  say(`Installing ${missing.join(', ')} for the tests (apt-get) …`);
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  try {
    execFileSync('apt-get', ['-qq', 'update'], options);
    execFileSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...missing], options);
  } catch (error) {
    say(`apt-get failed (${error.message}). Tests that need ${missing.join(', ')} will be skipped.`);
  }
  return missingOf(wanted);
}

function missingOf(wanted) {
  return wanted.filter(({ program }) => !isInstalled(program)).map((entry) => entry.package);
}

/** Whether a program is on the PATH or where Debian keeps daemons. */
export function isInstalled(program) {
  // Debian keeps daemons in sbin, which is not in everybody's PATH.
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)));
}
