// Tagboat as one file: Node's own single executable application (nodejs.org/api/single-executable-applications.html).
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWeb } from '../build.mjs';
import { root } from '../setup.mjs';

// What Node's own documentation names for putting the code into its binary.
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Writes the executable to `file`, on the `node` binary given. The code is the same for every system, but node's binary
 * must be of the version that runs this: the form of what is put into it is its own.
 */
export async function makeExecutable(file, version, node = process.execPath) {
  const { build } = await import('esbuild');
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-sea-'));
  try {
    await build({
      absWorkingDir: root,
      // A single executable's code is CommonJS, which can't wait at its top as the CLI's own entry does.
      stdin: {
        contents: "import { main } from './src/entry/cli/main.ts'; void main(process.argv.slice(2));",
        resolveDir: root,
        loader: 'ts',
      },
      outfile: join(dir, 'tagboat.cjs'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: 'none',
      logLevel: 'error',
      define: { __TAGBOAT_VERSION__: JSON.stringify(version), __TAGBOAT_WEB__: JSON.stringify(await buildWeb(dir)) },
    });
    const config = join(dir, 'sea.json');
    const blob = join(dir, 'sea.blob');
    const settings = { main: join(dir, 'tagboat.cjs'), output: blob, disableExperimentalSEAWarning: true };
    writeFileSync(config, JSON.stringify(settings));
    execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
    copyFileSync(node, file);
    chmodSync(file, 0o755);
    const postject = join(root, 'node_modules', 'postject', 'dist', 'cli.js');
    const mac = file.endsWith('-macos') ? ['--macho-segment-name', 'NODE_SEA'] : [];
    execFileSync(process.execPath, [postject, file, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse, ...mac], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
