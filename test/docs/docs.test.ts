import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Every page that people read, by its path from the root. */
const pages = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => join('docs', String(name))),
  ...readdirSync(join(root, 'examples'), { recursive: true }).map((name) => join('examples', String(name))),
].filter((name) => name.endsWith('.md') && statSync(join(root, name)).isFile());

it('links and pictures lead to files that are there', () => {
  expect(pages.length).toBeGreaterThan(10);
  const lost = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    return links
      .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
      .map((link) => link.replace(/#.*$/, ''))
      .filter((link) => !existsSync(resolve(root, dirname(page), decodeURI(link))))
      .map((link) => `${page}: ${link}`);
  });
  expect(lost).toEqual([]);
});

it('decisions are numbered once each, without a gap', () => {
  const numbers = readdirSync(join(root, 'docs', 'decisions')).map((name) => Number(name.slice(0, 3)));
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
});

it('the page of the plan says of forty sentences of the README where they are made true', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8').replace(/\s+/g, ' ');
  const page = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
  const table = page.slice(page.indexOf('## Where is what'));
  const rows = [...table.matchAll(/^\| (.+?) +\| \[`(src\/[^`]+)`\]/gm)];
  expect(rows.length).toBeGreaterThanOrEqual(40);
  for (const [, words, file] of rows) {
    expect(readme).toContain(words);
    expect(existsSync(join(root, String(file))), String(file)).toBe(true);
  }
});
