// Bundles the CLI, the Action and the library into dist/, each without run-time dependencies.
// `--types` adds the library's declarations, which only a published package needs.
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { keepRooms } from './rooms.mjs';
import { cache, checkNode, ensureModules, exclusively, root } from './setup.mjs';

const dist = join(root, 'dist');
const entryPoints = { cli: 'src/entry/cli/cli.ts', action: 'src/entry/action/action.ts', index: 'src/index.ts' };
const stamp = join(dist, '.built');
const version = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

/** Builds unless dist/ is newer than everything that goes into it. */
export async function buildIfNeeded() {
  if (isCurrent()) return;
  await exclusively('build', async () => {
    if (!isCurrent()) await build();
  });
}

/** True when nothing below src/ changed since the last build. A folder's own time tells of files that were removed. */
export function isCurrent() {
  const built = modified(stamp);
  const inputs = [
    'package.json',
    'scripts/build.mjs',
    'scripts/rooms.mjs',
    ...['src', 'web'].flatMap((folder) => [
      folder,
      ...readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
    ]),
  ];
  return inputs.every((input) => modified(join(root, input)) < built);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Builds into a folder of its own, then moves file by file: whoever is running dist/ meanwhile never sees half of it. */
export async function build() {
  const began = new Date();
  const esbuild = await import('esbuild');
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'build-'));
  try {
    const web = await buildWeb(made);
    const options = {
      absWorkingDir: root,
      entryPoints,
      outdir: made,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      chunkNames: 'chunks/[name]-[hash]',
      // Names stay: stacks in bug reports must be readable.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
      define: { __TAGBOAT_VERSION__: JSON.stringify(version()), __TAGBOAT_WEB__: JSON.stringify(web) },
      // CommonJS dependencies call require() for node's own modules, which an ES module has to make first.
      banner: { js: "import{createRequire as __require_}from'node:module';const require=__require_(import.meta.url);" },
    };
    const { metafile: whole } = await esbuild.build({ ...options, write: false });
    const plugins = [keepRooms(root, whole.inputs, Object.values(entryPoints))];
    const { metafile } = await esbuild.build({ ...options, plugins });
    writeFileSync(join(made, 'third-party-licenses.txt'), licenses(metafile));
    writeFileSync(join(made, 'web.json'), web);
    // Entries last: they name the chunks, and chunks are named by their content.
    const files = Object.keys(metafile.outputs).map((path) =>
      path.slice(path.indexOf('build-')).split('/').slice(1).join('/'),
    );
    const entries = new Set(['cli.js', 'action.js', 'index.js']);
    const ordered = [...files.filter((file) => !entries.has(file)), ...entries, 'third-party-licenses.txt', 'web.json'];
    mkdirSync(join(dist, 'chunks'), { recursive: true });
    for (const file of ordered) renameSync(join(made, file), join(dist, file));
    writeFileSync(stamp, '');
    utimesSync(stamp, began, began);
    removeOldChunks(new Set(files));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** The dashboard's page: its script and style, as JSON. One plain script, since a page read from a folder loads no modules. */
export async function buildWeb(made) {
  const vite = await import('vite');
  const folder = join(made, 'web');
  // Vite says `production` to this process and so to all that it starts: npm would install no devDependencies there.
  const { NODE_ENV } = process.env;
  await vite.build({
    root: join(root, 'web'),
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: {
        input: join(root, 'web/app.tsx'),
        output: { format: 'iife', entryFileNames: 'app.js', assetFileNames: 'app[extname]' },
      },
      modulePreload: false,
      cssCodeSplit: false,
    },
  });
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
  const [script, style] = ['app.js', 'app.css'].map((name) => readFileSync(join(folder, name), 'utf8'));
  return JSON.stringify({ script, style });
}

/** A process that started before this build may still want its chunks; after an hour none does. */
function removeOldChunks(current) {
  const hourAgo = Date.now() - 3_600_000;
  for (const name of readdirSync(join(dist, 'chunks'))) {
    const file = join(dist, 'chunks', name);
    if (!current.has(`chunks/${name}`) && modified(file) < hourAgo) rmSync(file, { force: true });
  }
}

/** The licence texts of everything that went into the bundles, as their licences ask. */
function licenses(metafile) {
  const folders = new Set();
  // The page's own, which its script holds.
  for (const name of ['preact', 'uplot']) folders.add(`node_modules/${name}`);
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found !== null) folders.add(found[1]);
  }
  return [...folders]
    .sort()
    .map((folder) => {
      const {
        name,
        version: itsVersion,
        license,
      } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? '' : `\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}`;
      return `${name} ${itsVersion} (${license})${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Declarations for the library's users. The package's own types need nothing but node's. */
export function buildTypes() {
  const project = join(cache, 'types.tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, 'src'),
    outDir: join(dist, 'types'),
  };
  writeFileSync(
    project,
    JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include: ['../src/index.ts'] }),
  );
  rmSync(join(dist, 'types'), { recursive: true, force: true });
  const tsc = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', project], { cwd: root, stdio: 'inherit' });
  if (tsc.status !== 0) process.exit(1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  checkNode();
  await ensureModules();
  if (process.argv.includes('--if-needed')) await buildIfNeeded();
  else await exclusively('build', build);
  if (process.argv.includes('--types')) buildTypes();
}
