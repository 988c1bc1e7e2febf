// Measures Tagboat side by side with what it replaces: `npm run bench [-- commit|memory|build|contention] [--quick]`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildIfNeeded } from './build.mjs';
import { cache, checkNode, ensureModules, root } from './setup.mjs';

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
const argv = ['--enable-source-maps', join(cache, 'bench', 'main.mjs'), ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit' }).status ?? 1;
