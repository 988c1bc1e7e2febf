import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const program = '/usr/bin/chromium';

/** Why the page can't be looked at here, or undefined. */
export const noChromium: string | undefined = existsSync(program)
  ? undefined
  : 'Chromium is missing (Debian: chromium)';

/** What a browser made of the dashboard once. */
export interface PageLook {
  /** Seconds from the address to the first frame with what is deployed on it. */
  readonly paint: number;
  /** Frames a second while the timeline is scrolled, and the longest that one took, seconds. */
  readonly frames: number;
  readonly slowest: number;
}

/** Starts a Chromium of its own for the time of `work`. */
export async function withChromium<T>(work: (browser: BrowserContext) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'tagboat-bench-chromium-'));
  const browser = await chromium.launchPersistentContext(profile, {
    ...{ executablePath: program, viewport: { width: 1280, height: 800 } },
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** Opens the dashboard anew and scrolls its timeline. Rejects where the page says anything to its console. */
export async function lookAtPage(browser: BrowserContext, url: string): Promise<PageLook> {
  const page = await browser.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.addInitScript(whenPainted);
  await page.goto(url);
  const paint = (await page.evaluate('window.painted')) as number;
  await page.evaluate("location.hash = '#/timeline'");
  await page.locator('.rows button').first().waitFor();
  const { frames, slowest } = (await page.evaluate(scrolled)) as Omit<PageLook, 'paint'>;
  await page.close();
  if (said.length > 0) throw new Error(`The page says: ${said.join('; ')}`);
  return { paint, frames, slowest };
}

/** The frame behind the one in which a card is there for the first time has it on it. */
const whenPainted = `window.painted = new Promise((resolve) => {
  const look = () => document.querySelector('.card')
    ? requestAnimationFrame(() => resolve(performance.now() / 1000))
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
})`;

/** Three seconds of scrolling, a screen every third frame; what isn't drawn in a frame makes the next one late. */
const scrolled = `new Promise((resolve) => {
  const box = document.querySelector('.rows');
  let [frames, slowest, began, before] = [0, 0];
  const step = (now) => {
    if (began === undefined) began = now;
    else {
      frames += 1;
      slowest = Math.max(slowest, (now - before) / 1000);
    }
    before = now;
    box.scrollTop += 260;
    if (now - began < 3000) requestAnimationFrame(step);
    else if (box.scrollTop < 20000 || document.querySelectorAll('.rows li').length < 10) throw new Error('nothing scrolled');
    else resolve({ frames: (frames * 1000) / (now - began), slowest });
  };
  requestAnimationFrame(step);
})`;
