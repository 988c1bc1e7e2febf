// Measures Tagboat side by side with what it replaces: `npm run bench [-- commit|hosts|memory|build|reuse|contention|queue|verdict|history] [--quick]`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
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
});
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
// Only where it is wanted: what it needs may first have to be built, for minutes.
const { folder, missing } = chosen.length === 0 || chosen.includes('verdict') ? await clusterPrograms() : {};
if (missing !== undefined) say(`The case verdict is skipped: it needs ${missing}.`);
const env = { ...process.env, ...(folder === undefined ? {} : { TAGBOAT_CLUSTER_PROGRAMS: folder }) };
const argv = ['--enable-source-maps', join(cache, 'bench', 'main.mjs'), ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit', env }).status ?? 1;
