// Writes docs/compatibility.md of what the tests find: `npm run compat [-- FILE…]`, all of the list's files or some of them.
// What other files found before stays as it was kept in docs/compatibility.json, each with its day.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { modulesIn } from './argocd-program.mjs';
import { buildIfNeeded } from './build.mjs';
import { clusterPrograms } from './cluster-programs.mjs';
import { compatTables } from './compat-cells.mjs';
import { compatPage, found, proofsIn, runOf } from './compat-page.mjs';
import { cache, checkNode, ensureModules, ensureRealPrograms, root, say } from './setup.mjs';
import { tempInMemory } from './temp.mjs';

checkNode();
await ensureModules();
ensureRealPrograms();
await buildIfNeeded();

const kept = join(root, 'docs', 'compatibility.json');
const proofs = proofsIn(compatTables).filter(({ file }) => file !== undefined);
const listed = [...new Set(proofs.map(({ file }) => file))];
const asked = process.argv.slice(2);
const unknown = asked.find((file) => !listed.includes(file));
if (unknown !== undefined) {
  say(`No cell is proved by ${unknown}; by these there are: ${listed.join(', ')}`);
  process.exit(2);
}
const wanted = asked.length === 0 ? listed : asked;
const isCluster = (file) => file.endsWith('.cluster.test.ts');
const onCluster = wanted.filter(isCluster);
const cluster = onCluster.length > 0 ? await clusterPrograms() : {};
if (cluster.missing !== undefined) say(`Tests that need a cluster are left out: they need ${cluster.missing}.`);

const today = new Date().toISOString().slice(0, 10);
const before = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : { versions: {}, files: {} };
const plain = wanted.filter((file) => !isCluster(file));
const ran = byRun({}, run(plain, [], { TAGBOAT_LONG: '1' }));
// What can't be built here, by its run; a report of a machine where it could is worth more.
const without = {};
const ofCluster = {};
if (cluster.env !== undefined) {
  // The one that is pinned, and each that a cell names; or one of those alone.
  const { TAGBOAT_ARGOCD_VERSION: only } = process.env;
  for (const argocd of only ? [only] : new Set([undefined, ...proofs.map((proof) => proof.argocd)])) {
    const { env, missing } = await clusterPrograms(argocd);
    if (env === undefined) {
      say(`Left out: ${missing}.`);
      for (const file of onCluster) without[runOf({ file, argocd })] = { date: today, tests: {}, missing };
      continue;
    }
    Object.assign(ofCluster, clusterVersions(argocd, env));
    Object.assign(ran, byRun({ argocd }, run(onCluster, ['--config', 'test/cluster/vitest.config.ts'], env)));
  }
}
const lost = proofs.filter((proof) => ran[runOf(proof)] !== undefined && found(proof, ran[runOf(proof)]).length === 0);
for (const proof of lost) say(`No test of ${runOf(proof)} has the words: ${proof.has.join(' … ')}`);
if (lost.length > 0) process.exit(1);

// Of each file only what the page rests on.
const files = Object.fromEntries(
  Object.entries(ran).map(([name, tests]) => {
    const used = proofs.filter((proof) => runOf(proof) === name).flatMap((proof) => found(proof, tests));
    return [name, { date: today, tests: Object.fromEntries(used.toSorted(([a], [b]) => (a < b ? -1 : 1))) }];
  }),
);
const all = { ...without, ...before.files, ...files };
const runs = [...new Set(proofs.map(runOf))].toSorted();
const report = {
  versions: { ...before.versions, ...versions(), ...ofCluster },
  files: Object.fromEntries(runs.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))),
};
writeFileSync(kept, `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(join(root, 'docs', 'compatibility.md'), compatPage(compatTables, report));
const failed = Object.entries(files).flatMap(([file, { tests }]) =>
  Object.entries(tests).flatMap(([name, state]) => (state === 'failed' ? [`${file}: ${name}`] : [])),
);
for (const one of failed) say(`failed: ${one}`);
say(`Written: docs/compatibility.md, by ${Object.keys(files).length} files of tests; ${failed.length} failed.`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** What a run of files on something is kept by. */
function byRun(on, ran) {
  return Object.fromEntries(Object.entries(ran).map(([file, tests]) => [runOf({ file, ...on }), tests]));
}

/** The state of each test of each file, by its full name. */
function run(files, args, env) {
  if (files.length === 0) return {};
  const output = join(cache, `compat-${process.pid}.json`);
  mkdirSync(cache, { recursive: true });
  const limits = ['--testTimeout', '900000', '--hookTimeout', '300000'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const its = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...tempInMemory(), ...env };
  const argv = [vitest, 'run', ...reporters, ...limits, ...args, ...files];
  spawnSync(process.execPath, argv, { cwd: root, stdio: ['ignore', process.stderr, 'inherit'], env: its });
  try {
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
    return Object.fromEntries(
      testResults.map(({ name, assertionResults }) => [
        relative(root, name),
        Object.fromEntries(assertionResults.map(({ fullName, status }) => [fullName, stateOf(status)])),
      ]),
    );
  } finally {
    rmSync(output, { force: true });
  }
}

function stateOf(status) {
  return status === 'passed' || status === 'failed' ? status : 'skipped';
}

/** What the programs of a cluster say of themselves; `asked`: the Argo CD that was wanted where that isn't the pinned one. */
function clusterVersions(asked, { TAGBOAT_CLUSTER_PROGRAMS: folder, TAGBOAT_CLUSTER_ARGOCD: other = folder }) {
  const argocd = ['argocd', join(other, 'argocd'), /\/argo-cd\/v\d+$/];
  const kubernetes = ['kubernetes', join(folder, 'kube-apiserver'), /^k8s\.io\/kubernetes$/];
  const programs = [argocd, kubernetes, ['kwok', join(folder, 'kwok'), /\/kwok$/]];
  return Object.fromEntries(
    programs.map(([name, program, module]) => [
      name === 'argocd' && asked !== undefined ? `argocd ${asked}` : name,
      short(name, `v${Object.entries(modulesIn(program)).find(([path]) => module.test(path))?.[1]}`),
    ]),
  );
}

/** What each program says of itself, or is built of where its modules are pinned; one that isn't here has none. */
function versions() {
  const said = {
    node: [process.execPath, '--version'],
    git: ['git', '--version'],
    'docker-registry': ['docker-registry', '--version'],
    dockerd: ['dockerd', '--version'],
    buildah: ['buildah', '--version'],
    ...Object.fromEntries(
      ['20.19', '22', '24'].map((version) => [
        `node ${version}`,
        [join(cache, 'node', version, 'node_modules/node/bin/node'), '--version'],
      ]),
    ),
  };
  const asked = Object.entries(said).flatMap(([program, [file, ...args]]) => {
    try {
      const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
      const text = execFileSync(file, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
      return [[program, short(program, text)]];
    } catch {
      return [];
    }
  });
  const pins = readFileSync(join(root, 'test/support/buildkit/go.mod'), 'utf8');
  const [, buildkit = ''] = /^\tgithub.com\/moby\/buildkit (v\S+)/m.exec(pins) ?? [];
  const built = existsSync(join(cache, 'buildkit')) ? [['buildkitd', short('buildkitd', buildkit)]] : [];
  const kept = ['gitea', 'dulwich'].flatMap((program) => {
    const folders = existsSync(join(cache, program)) ? readdirSync(join(cache, program)) : [];
    const whole = folders.find((name) => !name.startsWith('half-'));
    return whole === undefined ? [] : [[program, short(program, whole)]];
  });
  const [, jgit = ''] = />org\.eclipse\.jgit\.http\.server<[^v]+version>([^<]+)/.exec(
    readFileSync(join(root, 'test/support/jgit/pom.xml'), 'utf8'),
  );
  if (existsSync(join(cache, 'jgit'))) kept.push(['jgit', short('jgit', jgit)]);
  return Object.fromEntries([...asked, ...built, ...kept]);
}

/** The program's name and its version, of whatever stands around it. */
function short(program, text) {
  const [, version = ''] = /(?:^|[\sv])(\d+\.\d+(?:\.\d+)?)(?![.\w]*\/)/.exec(text) ?? [];
  return `${program.startsWith('node') ? 'Node.js' : program} ${version}`;
}
