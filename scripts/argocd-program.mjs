// Argo CD in another version than the one that cluster/go.mod pins: TAGBOAT_ARGOCD_VERSION for `npm run test:cluster`, and each
// that `npm run compat` tries. Built of its own module, with the modules that its go.mod and go.sum name, checked by Go's sums.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cache, exclusively, say } from './setup.mjs';

// A newer Go is fetched where the version wants one.
const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod -buildvcs=false', GOTOOLCHAIN: 'auto' };

/** The folder with `argocd` and `crds/` of a version such as 3.2.11, or why there is none. Builds it once: minutes. */
export async function argocdProgram(version) {
  const folder = join(cache, 'argocd', version);
  if (existsSync(folder)) return { folder };
  // One after the other, with the cluster's other programs too: each build takes the whole machine.
  return exclusively('cluster', () => (existsSync(folder) ? { folder } : build(version, folder)));
}

function build(version, folder) {
  say(`Building Argo CD ${version} from its module; once, and it takes minutes …`);
  mkdirSync(join(cache, 'argocd'), { recursive: true });
  const half = mkdtempSync(join(cache, 'argocd', 'half-'));
  try {
    const path = `github.com/argoproj/argo-cd/v${version.split('.')[0]}`;
    const source = fetchModule(path, version, half);
    if (source.missing !== undefined) return source;
    const own = ownModule(path, version, source.dir);
    if (own.missing !== undefined) return own;
    const module = join(half, 'module');
    mkdirSync(module);
    writeFileSync(join(module, 'go.mod'), own.text);
    cpSync(join(source.dir, 'go.sum'), join(module, 'go.sum'));
    // Beside them, the sum of Argo CD itself is wanted, which `mod` adds once Go's database of sums has told it.
    const args = ['build', '-trimpath', '-ldflags=-s -w', '-o', join(half, 'argocd'), `${path}/cmd`];
    const built = spawnSync('go', args, { cwd: module, env, stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
    if (built.status !== 0) return { missing: `its build fails: ${lastLine(built.stderr ?? built.error?.message)}` };
    rmSync(module, { recursive: true });
    copyDefinitions(source.dir, half);
    renameSync(half, folder);
    return { folder };
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/** Argo CD's custom resource definitions, from its module's folder into `crds/` of another one. */
export function copyDefinitions(module, to) {
  const from = join(module, 'manifests', 'crds');
  // Files of the module cache can't be written to, and a copied folder of that kind couldn't be removed.
  for (const name of readdirSync(from)) cpSync(join(from, name), join(to, 'crds', name));
}

/** The module as the proxy has it; its files are of the module cache. */
function fetchModule(path, version, cwd) {
  const args = ['mod', 'download', '-json', `${path}@v${version}`];
  const { stdout, error } = spawnSync('go', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (error !== undefined) return { missing: `Go can't be run: ${error.message}` };
  const { Dir, Error: why } = JSON.parse(stdout);
  return Dir === undefined ? { missing: `its module can't be fetched: ${lastLine(why)}` } : { dir: Dir };
}

/**
 * A go.mod that takes the same modules as Argo CD's own, and Argo CD as one of them, so that the program says itself of
 * which version it is. A folder of Argo CD's repository that is another module is not in Argo CD's: it is taken as
 * published where that is of the same version, and else any other would make an Argo CD that nobody has released.
 */
function ownModule(path, version, dir) {
  const text = readFileSync(join(dir, 'go.mod'), 'utf8');
  const words = text.replace(/\s/g, ' ');
  const folders = /^(?:replace )?\s*(\S+) => \.\/.*$/gm;
  for (const [, module] of text.matchAll(folders)) {
    if (!words.includes(` ${module} v${version} `))
      return { missing: `it takes ${module} from its repository, and no release of that is published` };
  }
  const own = text.replace(/^module .*$/m, 'module tagboat.test/argocd').replace(folders, '');
  return { text: `${own}\nrequire ${path} v${version}\n` };
}

/** What Go says last of an error, by paths below its module cache, wherever that is. */
function lastLine(text = '') {
  return text
    .trim()
    .split('\n')
    .at(-1)
    .replace(/\S*\/pkg\/mod\//, '');
}

/** The versions of modules of which a program is built, as it says itself: by the module's path. */
export function modulesIn(program) {
  const told = execFileSync('go', ['version', '-m', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Object.fromEntries(
    [...told.matchAll(/^\t(?:mod|dep)\t(\S+)\tv(\S+)/gm)].map(([, path, version]) => [path, version]),
  );
}
