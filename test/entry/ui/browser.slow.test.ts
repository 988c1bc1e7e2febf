import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { tempDir } from '../../support/git-host.ts';
import { scene } from '../commands/see/scene.ts';
import { axe, missing, openedTab, startedBrowser } from './chromium.ts';

const hostile = '<img src=x onerror=alert(1)>';

it.skipIf(missing !== undefined)(
  `every page can be used by everybody, light, dark and narrow, and says nothing to the console${missing === undefined ? '' : ` (${missing})`}`,
  async () => {
    const world = await scene();
    const delivered = await world.commit(`${hostile} Open the shop`);
    await world.run('commit', '--allow-nothing');
    await world.run('hold', 'production', '--why', 'the sale is on');
    const dir = join(await tempDir(), 'site');
    const run = join(dir, '../run.jsonl');
    await writeFile(run, (await world.run('hold', 'staging', '--why', hostile, '--json')).stdout);
    expect((await world.run('ui', '--export', dir, '--run', run)).code).toBe(0);
    const browser = await startedBrowser();
    const told: string[] = [];
    const address = pathToFileURL(join(dir, 'index.html')).href;
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 360],
    ] as const) {
      const page = await openedTab(browser, scheme, width, told);
      for (const name of ['now', 'timeline', 'flow', 'commit', 'run', 'queue']) {
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
    const page = await openedTab(browser, 'light', 1280, told);
    await page.goto(`${address}#/timeline`);
    await page.locator('.rows button').last().focus();
    await page.keyboard.press('Enter');
    const details = page.getByRole('complementary', { name: 'The delivery' });
    await details.getByText(`.front:${delivered.slice(0, 7)}`).waitFor();
    expect(await details.locator('.plus').first().textContent()).toContain(delivered);
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    expect(told).toEqual([]);
  },
);
