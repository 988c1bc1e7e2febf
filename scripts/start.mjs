// `npm start`: sets up, builds and runs the demo. Arguments go to it: `npm start -- --app PATH`, `npm start -- --exit`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfNeeded } from './build.mjs';
import { checkNode, ensureModules, root } from './setup.mjs';

checkNode();
await ensureModules();
await buildIfNeeded();

const demo = spawn(process.execPath, [join(root, 'dist', 'cli.js'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to both; this one has to outlive the demo's cleaning up. What is sent to it alone is passed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => demo.kill(signal));
demo.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
