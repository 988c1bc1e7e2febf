// Pictures of the dashboard: `node scripts/dashboard-pictures.mjs EXPORTED [OUT]`, of what `tagboat ui --export` wrote.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { root } from './setup.mjs';

const [from, to = join(root, 'docs/pictures')] = process.argv.slice(2);
if (from === undefined) throw new Error('Of which folder?');
mkdirSync(to, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = pathToFileURL(join(resolve(from), 'index.html')).href;
const problems = [];
for (const [name, colorScheme, width] of [
  ['light', 'light', 1280],
  ['dark', 'dark', 1280],
  ['narrow', 'light', 360],
]) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const tab = await context.newPage();
  tab.on('console', (message) => problems.push(`${name}: ${message.text()}`));
  tab.on('pageerror', (error) => problems.push(`${name}: ${error.message}`));
  for (const shown of ['now', 'timeline', 'flow', 'commit', 'queue']) {
    await tab.goto(`${page}#/${shown}`);
    await tab.locator('main > *').nth(1).waitFor();
    await tab.screenshot({ path: join(to, `dashboard-${shown}-${name}.png`) });
  }
  await context.close();
}
await browser.close();
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
