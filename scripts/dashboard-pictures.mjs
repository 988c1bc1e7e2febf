// Pictures of the dashboard on the demo's weeks of deliveries: `node scripts/dashboard-pictures.mjs [OUT]`.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { buildIfNeeded } from './build.mjs';
import { root } from './setup.mjs';

const [to = join(root, 'docs/pictures')] = process.argv.slice(2);
mkdirSync(to, { recursive: true });
await buildIfNeeded();
const demo = spawn(process.execPath, [join(root, 'dist/cli.js'), 'demo', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const problems = [];
try {
  const url = await new Promise((resolve, reject) => {
    demo.once('exit', () => reject(new Error('The demo ended.')));
    createInterface({ input: demo.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.code === 'DASHBOARD_READY') resolve(event.data.url);
    });
  });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  // Until Argo CD has all of it.
  await setTimeout(10_000);
  for (const [shown, colorScheme, height] of [
    ['now', 'light', 476],
    ['timeline', 'dark', 640],
    ['flow', 'light', 780],
    ['commit', 'dark', 480],
    ['run', 'light', 760],
  ]) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height } });
    const tab = await context.newPage();
    tab.on('console', (message) => problems.push(`${shown}: ${message.text()}`));
    tab.on('pageerror', (error) => problems.push(`${shown}: ${error.message}`));
    await tab.goto(url);
    await tab.locator('main > *').nth(1).waitFor();
    await tab.evaluate((page) => void Object.assign(location, { hash: `#/${page}` }), shown);
    await tab.getByText('Looking …').waitFor({ state: 'detached' });
    await setTimeout(5_000);
    await tab.screenshot({ path: join(to, `dashboard-${shown}.png`) });
    await context.close();
  }
  await browser.close();
} finally {
  demo.kill('SIGTERM');
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
