import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { errorWords, helpUrl } from '../../src/errors.ts';
import { actionPage } from './action-page.ts';
import { commandsPage } from './commands-page.ts';
import { configPage } from './config-page.ts';
import { errorsPage } from './errors-page.ts';
import { eventsPage } from './events-page.ts';
import { eventsSchema } from './events-schema.ts';
import { noticesPage } from './notices-page.ts';

const folder = join(import.meta.dirname, '../../docs/reference');

it.each([
  ['errors.md', errorsPage],
  ['notices.md', noticesPage],
  ['commands.md', commandsPage],
  ['config.md', configPage],
  ['action.md', actionPage],
] as const)('the reference page %s says what the program does (`npm run reference` writes it)', async (name, page) => {
  // A page that isn't there would be written, which is no comparison.
  expect(existsSync(join(folder, name))).toBe(true);
  await expect(await page()).toMatchFileSnapshot(join(folder, name));
});

it('the schema of events and its page say what the types say (`npm run reference` writes them)', async () => {
  const schema = eventsSchema();
  const file = join(folder, '../../tagboat.events.schema.json');
  expect(existsSync(file)).toBe(true);
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
  await expect(eventsPage(schema as Parameters<typeof eventsPage>[0])).toMatchFileSnapshot(join(folder, 'events.md'));
});

it('every notice that the source tells is on its page, and none that it does not', () => {
  const root = join(import.meta.dirname, '../../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const source = files
    .filter((name) => name !== 'events/notices.ts')
    .map((name) => readFileSync(join(root, name), 'utf8'));
  const codes = [...noticesPage().matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
  expect(codes.length).toBeGreaterThan(35);
  expect(codes.filter((code) => !source.some((text) => text.includes(`'${code}'`)))).toEqual([]);
});

it('every error names its own section of the reference', async () => {
  const page = await errorsPage();
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, code = '']) => code);
  expect(sections.length).toBeGreaterThan(130);
  expect(sections.map((code) => helpUrl(code as never).split('#')[1])).toEqual(
    sections.map((code) => code.toLowerCase()),
  );
  expect(page).not.toMatch(/undefined|\[native code\]|\[object/);
});

/** Names that stand in the source for one of a user's own, or as a part of a phrase. */
const examples = new Set(['ARGOCD_WEBHOOK_SECRET', 'TAGBOAT_TOKEN_GITLAB_COM', 'ACTIONS_ID_TOKEN']);

it('the page of variables has all that the source reads', () => {
  const root = join(import.meta.dirname, '../../src');
  const page = readFileSync(join(folder, 'environment.md'), 'utf8');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const codes = new Set<string>([...errorWords()].map(([code]) => code));
  const names =
    /\b(?:(?:env|environment)\??\.([A-Z][A-Z0-9_]{2,})|((?:TAGBOAT|GITHUB|CI|AWS|ARGOCD|ACTIONS|RUNNER)_[A-Z][A-Z0-9_]*[A-Z0-9]))\b(?!_)/g;
  const read = files
    .filter((name) => !/^(?:sandbox|errors|entry\/(?:demo|init|migrate))\//.test(name))
    .flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(names)])
    .map(([, variable, name]) => String(variable ?? name))
    .filter((name) => !codes.has(name) && !examples.has(name));
  expect(read.length).toBeGreaterThan(50);
  expect([...new Set(read)].filter((variable) => !page.includes(`\`${variable}\``))).toEqual([]);
});
