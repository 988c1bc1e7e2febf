// The npm package, and the trials of it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

const run = (cwd, program, ...args) =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

/** Packs what `npm publish` would send into `out`; answers the file. Its `prepack` builds dist/ and the types. */
export function makePackage(out) {
  const listed = run(root, 'npm', 'pack', '--silent', '--pack-destination', out).split('\n');
  return join(out, listed.at(-1));
}

/** Installs the package into empty projects, as a dependency and globally, and uses it there. Throws what fails. */
export function tryPackage(file, work, version) {
  const project = join(work, 'project');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n');
  const quiet = ['--silent', '--no-audit', '--no-fund', '--offline'];
  run(project, 'npm', 'install', '--save-dev', ...quiet, file);
  expect(run(project, 'npx', '--no-install', 'tagboat', '--version'), version);
  const global = join(work, 'global');
  run(project, 'npm', 'install', '--global', '--prefix', global, ...quiet, file);
  expect(run(project, join(global, 'bin', 'tagboat'), '--version'), version);

  // As a library, with its types: strict, and by the resolution of each kind of project.
  writeFileSync(
    join(project, 'use.ts'),
    "import { TagboatError, ship } from 'tagboat';\nexport const works: boolean = typeof ship === 'function' && new TagboatError('USAGE', { problem: 'x', command: undefined }).exitCode === 2;\n",
  );
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
    const kind = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2023', '--lib', 'es2023'];
    run(project, join(root, 'node_modules', '.bin', 'tsc'), '--strict', '--noEmit', ...kind, ...types, 'use.ts');
  }
  const used = "const { ship } = await import('tagboat'); console.log(typeof ship)";
  expect(run(project, process.execPath, '--input-type=module', '-e', used), 'function');
  const schema = JSON.parse(readFileSync(join(project, 'node_modules/tagboat/tagboat.schema.json'), 'utf8'));
  expect(schema.title, 'tagboat.yaml');

  run(root, 'npx', '--no-install', 'publint', 'run', file, '--strict');
  // It is no CommonJS, which `require` takes from Node 20.19 on all the same.
  run(root, 'npx', '--no-install', 'attw', file, '--profile', 'esm-only');
}

/** Throws where what was said isn't what should be. */
export function expect(said, should) {
  if (said !== should) throw new Error(`It said ${JSON.stringify(said)} instead of ${JSON.stringify(should)}.`);
}
