import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { noHttpBackend, tempDir } from '../../support/git-host.ts';
import { scene } from '../commands/see/scene.ts';

const program = '/usr/bin/chromium';
const missing = existsSync(program) ? noHttpBackend : 'chromium is missing; apt-get install chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** By a port of its own: the starter of the tests' programs hands on no further pipes, which Playwright would want. */
async function started(): Promise<Browser> {
  const profile = await tempDir();
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0'];
  const child = spawn(program, [...args, `--user-data-dir=${profile}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const [, address] = /^DevTools listening on (\S+)/.exec(line) ?? [];
    if (address !== undefined) return chromium.connectOverCDP(address);
  }
  throw new Error('Chromium ended before it listened.');
}

async function opened(browser: Browser, colorScheme: 'light' | 'dark', width: number, told: string[]): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  page.on('console', (message) => told.push(message.text()));
  page.on('pageerror', (error) => told.push(error.message));
  return page;
}

it.skipIf(missing !== undefined)(
  `every page can be used by everybody, light, dark and narrow, and says nothing to the console${missing === undefined ? '' : ` (${missing})`}`,
  async () => {
    const world = await scene();
    await world.commit('<img src=x onerror=alert(1)> Open the shop');
    await world.run('commit', '--allow-nothing');
    await world.run('hold', 'production', '--why', 'the sale is on');
    const dir = join(await tempDir(), 'site');
    expect((await world.run('ui', '--export', dir)).code).toBe(0);
    const browser = await started();
    const told: string[] = [];
    const address = pathToFileURL(join(dir, 'index.html')).href;
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 360],
    ] as const) {
      const page = await opened(browser, scheme, width, told);
      for (const name of ['now', 'timeline', 'flow', 'commit', 'queue']) {
        await page.goto(`${address}#/${name}`);
        await page.locator('main > *').nth(1).waitFor();
        await page.evaluate(axe);
        const found = (await page.evaluate('axe.run({ preload: false })')) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        const told = found.violations.map(({ id, nodes }) => `${name} ${scheme} ${width}: ${id} ${nodes[0]?.html}`);
        expect(told).toEqual([]);
        // Nothing stands out beyond the window.
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      }
      expect(await page.locator('img').count()).toBe(0);
      await page.close();
    }
    // By the keyboard alone: to the first delivery, its details, and back.
    const page = await opened(browser, 'light', 1280, told);
    await page.goto(`${address}#/timeline`);
    await page.locator('.rows button').first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'The delivery' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    expect(told).toEqual([]);
  },
);
