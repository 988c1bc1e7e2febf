// Measures Tagboat side by side with what it replaces: `npm run bench [-- handoff|commit|hosts|memory|build|reuse|contention|queue|verdict|history|rivals] [--quick]`.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildIfNeeded } from './build.mjs';
import { clusterPrograms } from './cluster-programs.mjs';
import { cache, checkNode, ensureModules, root, say } from './setup.mjs';

checkNode();
await ensureModules();
await buildIfNeeded();
const { build } = await import('esbuild');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/main.ts', 'bench/contention-writer.ts'],
  outdir: join(cache, 'bench'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'inline',
  logLevel: 'warning',
  plugins: [{ name: 'places', setup: (bundling) => bundling.onLoad({ filter: /test\/support\/.*\.ts$/ }, inPlace) }],
});

/** The tests' own parts look for files beside them, which a bundle that lies elsewhere wouldn't find. */
function inPlace({ path }) {
  const place = JSON.stringify(dirname(path));
  return { loader: 'ts', contents: readFileSync(path, 'utf8').replaceAll('import.meta.dirname', place) };
}
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
// Only where it is wanted: what it needs may first have to be built, for minutes.
const wanted = chosen.length === 0 || ['verdict', 'handoff'].some((name) => chosen.includes(name));
const { env: programs = {}, missing } = wanted ? await clusterPrograms() : {};
if (missing !== undefined) say(`Cases that need a cluster are skipped: it needs ${missing}.`);
const env = { ...process.env, ...programs };
const argv = ['--enable-source-maps', join(cache, 'bench', 'main.mjs'), ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit', env }).status ?? 1;
