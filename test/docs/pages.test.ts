import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/config.ts';
import { createProgram } from '../../src/entry/cli/program.ts';

const root = join(import.meta.dirname, '../..');
const folders = ['docs/tutorial', 'docs/how-to', 'docs/explanation'];
const pages = [
  'README.md',
  ...folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
];
const env = new Proxy({}, { get: (_, name) => (name === 'AWS_ACCOUNT' ? '123456789012' : 'example'), has: () => true });

/** The fenced blocks of a page with their languages. */
const blocksOf = (page: string): { language: string; text: string }[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(
    ([, language = '', text = '']) => ({ language, text }),
  );

/** The words of a line of shell, as far as the pages use it: quotes, comments, lines that go on. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/\s#.*$/, '').matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)].map(
    (found) => found[1] ?? found[2] ?? found[0],
  );

const commandsIn = (text: string): string[] =>
  [...text.replaceAll('\\\n', ' ').matchAll(/^\s*(?:\$ |- )?(?:run: )?(?:npx |\.\/bin\/)?(tagboat(?: .*)?)$/gm)].map(
    ([, command = '']) => command.replace(/ [|>] .*$/, ''),
  );

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page);

  it('has commands that there are, with options that they take', async () => {
    for (const command of blocks.flatMap(({ text }) => commandsIn(text))) {
      const program = createProgram(async () => undefined).exitOverride();
      for (const one of program.commands) one.exitOverride().configureOutput({ writeErr: () => undefined });
      const asked = program.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
      const wrong = await asked.parseAsync(wordsOf(command).slice(1), { from: 'user' }).then(
        () => undefined,
        (error: unknown) => (error instanceof CommanderError && error.exitCode === 0 ? undefined : error),
      );
      expect(wrong, command).toBeUndefined();
    }
  });

  it('has configs that are valid', () => {
    for (const { language, text } of blocks) {
      if (language !== 'yaml' || !/^(?:deliveries|images):/m.test(text)) continue;
      // Patterns of folders and bake files find what the pages speak of.
      const folders = ['cart', 'legacy', 'web'].map((name) => ({ dir: `services/${name}`, is: 'service' as const }));
      const json = { group: { default: { targets: ['web'] } }, target: { web: {}, jobs: {} } };
      const lists = { folders: new Map([['services/*', { folders }]]), bake: { is: 'read' as const, json } };
      expect(() => parseConfig(text, 'tagboat.yaml', env, { lists }), text).not.toThrow();
    }
  });

  it('has workflows that give the Action what it takes', () => {
    const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as { inputs: Record<string, unknown> };
    for (const { language, text } of blocks) {
      if (language !== 'yaml' || !text.includes('tagboat/tagboat@')) continue;
      const all = JSON.stringify(parse(text));
      expect(all).toContain('tagboat/tagboat@v1');
      const given: string[] = [];
      JSON.parse(all, (_, value) => {
        if (String(value?.uses).startsWith('tagboat/')) given.push(...Object.keys(value.with ?? {}));
        return value;
      });
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
    }
  });
});

it('the workflow that publishes the dashboard every night may do so, and publishes what it wrote', () => {
  const text = blocksOf('docs/how-to/dashboard.md').find(
    ({ language, text: one }) => language === 'yaml' && /^jobs:/m.test(one),
  );
  const { on, permissions, jobs } = parse(text?.text ?? '');
  const steps: { uses?: string; run?: string; with?: { path?: string } }[] = jobs.dashboard.steps;
  expect(on).toMatchObject({ schedule: [{ cron: expect.stringMatching(/^\d+ \d+ \* \* \*$/) }] });
  expect(permissions).toEqual({ contents: 'read', pages: 'write', 'id-token': 'write' });
  expect(jobs.dashboard.environment).toBe('github-pages');
  expect(steps.every(({ uses, run }) => (uses === undefined) !== (run === undefined))).toBe(true);
  const written = steps.flatMap(({ run }) => /--export (\S+)/.exec(run ?? '')?.[1] ?? []);
  const sent = steps.flatMap(({ uses, with: given }) => (uses?.includes('upload') ? [given?.path] : []));
  expect(written).toEqual(['site']);
  expect(sent).toEqual(['site', 'site']);
});

it('every page is on the map', () => {
  const map = readFileSync(join(root, 'docs/README.md'), 'utf8');
  for (const page of pages.filter((one) => one.startsWith('docs/'))) {
    expect(existsSync(join(root, page))).toBe(true);
    expect(map).toContain(`(${page.slice('docs/'.length)})`);
  }
});
