import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cli } from '../../support/cli.ts';
import { tempDir } from '../../support/git-host.ts';
import { type Scene, scene } from '../commands/see/scene.ts';
import { axe, missing, openedTab, startedBrowser } from './chromium.ts';

interface Served {
  readonly url: string;
  /** Ends it, as a lost terminal does. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

async function served(world: Scene, ...args: string[]): Promise<Served> {
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    ended = cli(['ui', '--json', '--no-open', ...args], {
      cwd: world.app,
      onStart: (end) => {
        kill = end;
      },
      onLine: (line) => {
        const event = JSON.parse(line);
        if (event.code === 'DASHBOARD_READY') resolve(event.data.url);
      },
    }).then(() => reject(new Error('the dashboard ended')), reject);
  });
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    kill(signal);
    await ended;
  };
  onTestFinished(() => end());
  return { url, end };
}

async function delivered(): Promise<Scene> {
  const world = await scene();
  for (const subject of ['Open the shop', 'Open a second counter']) {
    await world.commit(subject);
    await world.run('commit');
  }
  return world;
}

const note = missing === undefined ? '' : ` (${missing})`;

it.skipIf(missing !== undefined)(
  `a page shows what lands, and by the keyboard alone it is rolled back, once${note}`,
  async () => {
    const world = await delivered();
    const { url } = await served(world, '--allow-writes');
    const told: string[] = [];
    const browser = await startedBrowser();
    const page = await openedTab(browser, 'light', 1280, told);
    await page.goto(url);
    await page.getByText('Open a second counter').first().waitFor();
    // The key has left the address by now.
    expect(page.url()).not.toContain(new URL(url).hash.slice(1));
    await world.commit('Open a third counter');
    await world.run('commit');
    await page.getByText('Open a third counter').first().waitFor();
    // A second tab of the same address sees the same.
    const second = await openedTab(browser, 'dark', 1280, told);
    await second.goto(url);
    await second.getByText('Open a third counter').first().waitFor();
    // From here on by keys.
    await page.getByRole('button', { name: /^Roll back front in staging/ }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Roll back staging' });
    await dialog.waitFor();
    await page.evaluate(axe);
    expect(
      await page.evaluate('axe.run({ preload: false }).then(({ violations }) => violations.map(({ id }) => id))'),
    ).toEqual([]);
    // The focus stays in the dialog, however far one goes.
    for (let nth = 0; nth < 12; nth++) await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
      ),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Roll back front in staging/ }).focus();
    await page.keyboard.press('Enter');
    await dialog.getByLabel(/^Why/).focus();
    await page.keyboard.type('<b>orders</b> are lost');
    expect(await dialog.getByRole('button', { name: 'Write it' }).isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    await dialog.getByText('+  imageTag:').first().waitFor();
    const before = await world.host.git('config', 'rev-parse', 'main');
    await dialog.getByRole('button', { name: 'Write it' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByText('is done.').waitFor();
    expect(await world.host.git('config', 'rev-parse', 'main^')).toBe(before);
    await second.getByText('rolled back: <b>orders</b> are lost').first().waitFor();
    await page.getByRole('link', { name: 'See the run' }).click();
    await page.getByText(/^landed [0-9a-f]{7} on main/).waitFor();
    expect(told).toEqual([]);
  },
);

it.skipIf(missing !== undefined)(`what moved is shown anew, and a server that ends is told of${note}`, async () => {
  const world = await delivered();
  const first = await served(world, '--allow-writes');
  const browser = await startedBrowser();
  const page = await openedTab(browser, 'light', 360, []);
  await page.goto(first.url);
  await page.getByRole('button', { name: /^Hold front in staging/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Hold staging' });
  await dialog.getByLabel('Why').fill('the sale');
  await dialog.getByRole('button', { name: 'Show what would be written' }).click();
  await dialog.getByText('.tagboat/holds.json').first().waitFor();
  await world.commit('Meanwhile');
  await world.run('commit');
  const moved = await world.host.git('config', 'rev-parse', 'main');
  await dialog.getByRole('button', { name: 'Write it' }).click();
  await dialog.getByText('Something else is there by now').waitFor();
  expect(await world.host.git('config', 'rev-parse', 'main')).toBe(moved);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // The server goes without a word.
  await first.end('SIGKILL');
  await page.getByText('The server is gone').waitFor();
  // Another one on the same port has another key.
  await served(world, '--port', new URL(first.url).port);
  await page.getByText('key is not valid any more').waitFor();
  const keyless = await openedTab(browser, 'light', 1280, []);
  await keyless.goto(new URL(first.url).origin);
  await keyless.getByText('This tab has no key').waitFor();
});

it.skipIf(missing !== undefined)(`a run is followed as its file grows, and replayed by keys${note}`, async () => {
  const world = await scene();
  const file = join(await tempDir(), 'run.jsonl');
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const line = (event: object, second: number) => `${JSON.stringify({ ...event, at: at(second) })}\n`;
  await writeFile(
    file,
    line(
      { type: 'run.started', command: 'ship', version: '1.0.0', source: { commit: 'c', subject: '<i>Open</i>' } },
      0,
    ),
  );
  const { url } = await served(world, '--run', file);
  const told: string[] = [];
  const page = await openedTab(await startedBrowser(), 'dark', 1280, told);
  await page.goto(url);
  await page.getByRole('link', { name: 'Run' }).click();
  await page.getByRole('heading', { name: '<i>Open</i>' }).waitFor();
  await appendFile(
    file,
    `no event\n${line({ type: 'image.started', image: 'web', engine: 'assemble', why: 'no RUN' }, 1)}`,
  );
  await page.getByText('assemble: no RUN').waitFor();
  await page.getByText('Not all of this run could be read').waitFor();
  const reference = { is: 'reused', name: 'web', reference: 'r/web:1', digest: 'd', why: 'same', seconds: 0 };
  await appendFile(
    file,
    line({ type: 'image.finished', image: 'web', outcome: reference }, 2) +
      line({ type: 'result', command: 'ship', exitCode: 0, seconds: 2, errors: [], value: null }, 3),
  );
  await page.getByText('reused: same').waitFor();
  await page.getByText('done', { exact: true }).first().waitFor();
  await page.getByRole('slider').focus();
  await page.keyboard.press('Home');
  await page.getByText('Nothing has begun.').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByText('assemble: no RUN').waitFor();
  await page.getByRole('button', { name: 'Play' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('reused: same').waitFor();
  expect(told).toEqual([]);
});
